//! One look at the node.

use std::time::{Instant, SystemTime};

use reqwest::{Client, Url};
use tokio::{net::TcpStream, time};

use super::{Kind, Probe, Report, Verdict, progress::Progress, substrate::Substrate};
use crate::{
    client,
    cosmos::rpc::Rpc,
    error,
    pod::{exec::Cmd, reaper::Reaper},
};

/// Looks at the node, and remembers the height.
#[derive(Debug)]
pub struct Prober {
    probe: Probe,
    client: Option<Client>,
    progress: Progress,
    substrate: Option<Substrate>,
}

/// What is found, but for the time.
struct Found {
    live: Verdict,
    ready: Verdict,
    height: Option<u64>,
    catching_up: Option<bool>,
}

impl Found {
    fn of(verdict: Verdict) -> Self {
        Self { live: verdict.clone(), ready: verdict, height: None, catching_up: None }
    }
}

impl Prober {
    /// A prober that has not looked yet.
    pub fn new(probe: Probe) -> Self {
        let substrate = Substrate::of(&probe);
        Self { probe, client: None, progress: Progress::default(), substrate }
    }

    /// Looks once, within the probe's time limit.
    pub async fn look(&mut self, reaper: &Reaper) -> Report {
        let begun = Instant::now();
        let timeout = self.probe.timing.timeout;
        // Dropping a look closes its connection or kills its program.
        let found = time::timeout(timeout, self.find(reaper)).await.unwrap_or_else(|_| {
            Found::of(Err(format!("no answer within {} s", timeout.as_secs_f64())))
        });
        let Found { live, ready, height, catching_up } = found;
        let (took, at) = (begun.elapsed(), SystemTime::now());
        Report { live, ready, height, catching_up, took, at }
    }

    async fn find(&mut self, reaper: &Reaper) -> Found {
        match self.probe.kind.clone() {
            Kind::CometBft { rpc, block_limit } => match Rpc::new(rpc).status().await {
                Err(error) => Found::of(Err(error::chain(&error))),
                Ok(info) => {
                    self.progress.note(info.height);
                    // While it fetches a snapshot there is no height yet.
                    let advances = if info.catching_up && info.height == 0 {
                        Ok(())
                    } else {
                        self.progress.check("height", block_limit)
                    };
                    let caught_up = if info.catching_up {
                        Err(format!("it is catching up, at height {}", info.height))
                    } else {
                        Ok(())
                    };
                    Found {
                        // A chain that stands still is not helped by killing its nodes.
                        live: Ok(()),
                        ready: advances.and(caught_up),
                        height: Some(info.height),
                        catching_up: Some(info.catching_up),
                    }
                }
            },
            Kind::Substrate { .. } => match &self.substrate {
                Some(substrate) => {
                    let (live, ready, height) = substrate.look().await;
                    Found { live, ready, height, catching_up: None }
                }
                None => Found::of(Err("there is no Substrate to look at".to_owned())),
            },
            Kind::Tcp { address } => Found::of(match TcpStream::connect(&address).await {
                Ok(_) => Ok(()),
                Err(error) => Err(format!("cannot connect to {address}: {error}")),
            }),
            Kind::Http { url, status } => Found::of(self.get(&url, status).await),
            Kind::Command { words } => Found::of(self.command(&words, reaper).await),
        }
    }

    async fn get(&mut self, url: &Url, status: Option<u16>) -> Verdict {
        let response = self.client(url)?.get(url.clone()).send().await;
        let found = response.map_err(|error| error::chain(&error))?.status();
        let well = match status {
            Some(status) => found.as_u16() == status,
            None => found.is_success() || found.is_redirection(),
        };
        if well { Ok(()) } else { Err(format!("{url} answers with {found}")) }
    }

    async fn command(&self, words: &[String], reaper: &Reaper) -> Verdict {
        let [program, args @ ..] = words else { return Err("no command".to_owned()) };
        let limit = self.probe.timing.timeout;
        let call = Cmd::new(program).args(args).limit(limit).output(reaper).await;
        call.map(drop).map_err(|error| error::chain(&error))
    }

    fn client(&mut self, url: &Url) -> Result<Client, String> {
        if let Some(client) = &self.client {
            return Ok(client.clone());
        }
        let client = client::for_url(url).map_err(|error| error::chain(&error))?;
        Ok(self.client.insert(client).clone())
    }
}
