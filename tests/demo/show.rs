//! What the demo shows: a table that redraws itself on a terminal, plain lines elsewhere.

use std::{collections::BTreeMap, error::Error, time::Duration};

use super::chain::Chain;

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
    pub fn draw(&mut self, chains: &[Chain], elapsed: Duration) {
        if self.terminal {
            if self.drawn {
                print!("\x1b[{}A", chains.len() + 1);
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
            self.drawn = true;
            return;
        }
        for chain in chains {
            let state = format!("height {}, {}", chain.height(), chain.doing());
            if self.said.get(chain.name) != Some(&state) {
                println!("{:6.1} s  {:<8} {state}", elapsed.as_secs_f64(), chain.name);
                self.said.insert(chain.name, state);
            }
        }
    }

    /// Shows heights, addresses and durations.
    pub fn result(&mut self, chains: &[Chain]) -> Result<(), Box<dyn Error>> {
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
        Ok(())
    }
}
