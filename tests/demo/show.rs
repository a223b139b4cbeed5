//! What the demo shows: a table that redraws itself on a terminal, plain lines elsewhere.

use std::{collections::BTreeMap, error::Error, time::Duration};

use super::{HEIGHT, chain::Chain, relay::Relay};

/// Shows how far the chains are.
#[derive(Debug)]
pub struct Show {
    terminal: bool,
    drawn: bool,
    said: BTreeMap<&'static str, String>,
}

impl Show {
    /// Shows a table on a terminal, lines elsewhere.
    pub fn new(terminal: bool) -> Self {
        Self { terminal, drawn: false, said: BTreeMap::new() }
    }

    /// Shows the state of all chains, or what changed.
    pub fn draw(&mut self, chains: &[Chain], relay: &Relay, elapsed: Duration) {
        if self.terminal {
            if self.drawn {
                print!("\x1b[{}A", chains.len() + 2);
            }
            println!(
                "\x1b[2K{:<8} {:<12} {:>6}  {:.1} s",
                "CHAIN",
                "ADDRESS",
                "HEIGHT",
                elapsed.as_secs_f64()
            );
            for chain in chains {
                let (name, ip) = (chain.name, chain.ip.to_string());
                println!("\x1b[2K{name:<8} {ip:<12} {:>6}  {}", chain.height(), chain.doing());
            }
            println!("\x1b[2K{:<28} {}", "relayer", relay.doing());
            self.drawn = true;
            return;
        }
        self.say("relayer", relay.doing().to_owned(), elapsed);
        for chain in chains {
            // A line a block would drown the rest once the chain is up.
            let state = match chain.height() {
                height if height < HEIGHT => format!("height {height}, {}", chain.doing()),
                _ => format!("height {HEIGHT} and more, {}", chain.doing()),
            };
            self.say(chain.name, state, elapsed);
        }
    }

    /// Says what changed, in a line.
    fn say(&mut self, name: &'static str, state: String, elapsed: Duration) {
        if self.said.get(name) != Some(&state) {
            println!("{:6.1} s  {name:<8} {state}", elapsed.as_secs_f64());
            self.said.insert(name, state);
        }
    }

    /// Shows heights, addresses and durations.
    pub fn result(&mut self, chains: &[Chain], relay: &Relay) -> Result<(), Box<dyn Error>> {
        self.drawn = false;
        println!();
        for chain in chains {
            println!("{} at height {}, http://{}:26657", chain.name, chain.height(), chain.ip);
            for (name, address) in chain.addresses()? {
                println!("    {name:<10} {address}");
            }
            let phases = chain.phases();
            let phases: Vec<_> = phases
                .iter()
                .map(|(phase, took)| format!("{phase} {:.2} s", took.as_secs_f64()))
                .collect();
            println!("    {}", phases.join(", "));
        }
        println!("\n{}", relay.status()?);
        for (phase, at) in relay.ends() {
            println!("{phase:?} after {:.1} s", at.as_secs_f64());
        }
        Ok(())
    }
}
