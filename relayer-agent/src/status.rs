//! `relayer-agent status`: what is there, as the chains have it.

use std::{collections::BTreeMap, fmt::Write as _, time::Duration};

use agent::cli::Output;
use jiff::Timestamp;
use serde::Serialize;
use tokio::time::timeout;

use crate::{
    chain_state::live::{Judged, Verdict},
    config::LinkPath,
    link::{self, Link, Seen, decide::Next},
    register,
    world::World,
};

/// How long a chain, or the chains of a path, may take to answer.
const LIMIT: Duration = Duration::from_secs(8);

/// What is there.
#[derive(Clone, Debug, Serialize)]
pub struct Status {
    chains: Vec<ChainStatus>,
    paths: Vec<PathStatus>,
    endpoints: Vec<Endpoint>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
struct ChainStatus {
    name: String,
    rpc: String,
    height: Option<u64>,
    catching_up: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
struct PathStatus {
    name: String,
    linked: bool,
    state: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    link: Option<Link>,
    src_clients: Vec<ClientStatus>,
    dst_clients: Vec<ClientStatus>,
}

#[derive(Clone, Debug, Serialize)]
struct ClientStatus {
    id: String,
    verdict: Verdict,
    expires: Option<Timestamp>,
}

#[derive(Clone, Debug, Serialize)]
struct Endpoint {
    id: String,
    wanted: String,
    registered: Option<String>,
}

/// Looks at everything.
pub async fn look(world: &World) -> Status {
    let mut status =
        Status { chains: Vec::new(), paths: Vec::new(), endpoints: Vec::new(), error: None };
    for chain in world.chains() {
        let answer = timeout(LIMIT, chain.rpc.status()).await;
        let (node, error) = match answer {
            Ok(Ok(node)) => (Some(node), None),
            Ok(Err(error)) => (None, Some(agent::error::chain(&error))),
            Err(_) => (None, Some("does not answer".to_owned())),
        };
        status.chains.push(ChainStatus {
            name: chain.name().to_owned(),
            rpc: chain.config.rpc.to_string(),
            height: node.as_ref().map(|node| node.height),
            catching_up: node.map(|node| node.catching_up),
            error,
        });
    }
    let mut links = BTreeMap::new();
    for path in &world.config.paths {
        let (found, link) = path_status(world, path).await;
        links.extend(link.map(|link| (path.name.clone(), link)));
        status.paths.push(found);
    }
    let (Some(section), Some(hub)) = (&world.config.register, world.config.hub()) else {
        return status;
    };
    let there = register::registered(world, section, world.chain(&hub.name)).await;
    let there = there.map_err(|error| status.error = Some(agent::error::chain(&error)));
    let there = there.unwrap_or_default();
    for wanted in register::wanted(world, section, &links) {
        let registered = there.get(&wanted.id).cloned();
        status.endpoints.push(Endpoint { id: wanted.id, wanted: wanted.url, registered });
    }
    status
}

async fn path_status(world: &World, path: &LinkPath) -> (PathStatus, Option<Link>) {
    let name = path.name.clone();
    let seen = match timeout(LIMIT, link::look(path, world.ends(path))).await {
        Ok(Ok(seen)) => seen,
        failed => {
            let state = match failed {
                Ok(Err(error)) => agent::error::chain(&error),
                _ => "a chain does not answer".to_owned(),
            };
            let (src_clients, dst_clients) = (Vec::new(), Vec::new());
            let none =
                PathStatus { name, linked: false, state, link: None, src_clients, dst_clients };
            return (none, None);
        }
    };
    let state = seen.next.found();
    let Seen { next, src_clients, dst_clients, .. } = seen;
    let link = match next {
        Next::Done(link) => Some(link),
        _ => None,
    };
    let status = PathStatus {
        name,
        linked: link.is_some(),
        state,
        link: link.clone(),
        src_clients: clients(src_clients),
        dst_clients: clients(dst_clients),
    };
    (status, link)
}

fn clients(judged: BTreeMap<String, Judged>) -> Vec<ClientStatus> {
    let status = |(id, judged): (String, Judged)| ClientStatus {
        id,
        verdict: judged.verdict,
        expires: judged.expires,
    };
    judged.into_iter().map(status).collect()
}

impl Status {
    /// What is not as it should be.
    pub fn missing(&self) -> Vec<String> {
        let chains = self
            .chains
            .iter()
            .filter_map(|chain| Some(format!("chain {}: {}", chain.name, chain.error.as_ref()?)));
        let paths = self.paths.iter().filter(|path| !path.linked);
        let paths = paths.map(|path| format!("{}: {}", path.name, path.state));
        let endpoints = self.endpoints.iter();
        let endpoints = endpoints.filter(|end| end.registered.as_deref() != Some(&end.wanted));
        let endpoints = endpoints.map(|end| format!("endpoint {} is not registered", end.id));
        chains.chain(paths).chain(endpoints).chain(self.error.clone()).collect()
    }

    /// The text of it.
    pub fn print(&self, output: Output) -> String {
        match output {
            Output::Json => serde_json::to_string_pretty(self).unwrap_or_default() + "\n",
            Output::Table => self.table(),
        }
    }

    fn table(&self) -> String {
        let mut out = format!("{:<14} {:>8}  RPC\n", "CHAIN", "HEIGHT");
        for chain in &self.chains {
            let height = chain.height.map_or_else(|| "-".to_owned(), |height| height.to_string());
            let note = chain.error.as_deref().unwrap_or_default();
            let _ = writeln!(out, "{:<14} {height:>8}  {} {note}", chain.name, chain.rpc);
        }
        let _ = writeln!(
            out,
            "\n{:<26} {:<7} {:<34} {:<28} {:<24} EXPIRES",
            "PATH", "LINKED", "CLIENTS", "CONNECTION", "CHANNEL"
        );
        for path in &self.paths {
            let linked = if path.linked { "yes" } else { "no" };
            let Some(link) = &path.link else {
                let _ = writeln!(out, "{:<26} {linked:<7} {}", path.name, path.state);
                continue;
            };
            let pair = |pair: &link::decide::Pair| format!("{} {}", pair.src, pair.dst);
            let ours = path.src_clients.iter().filter(|client| client.id == link.clients.src);
            let theirs = path.dst_clients.iter().filter(|client| client.id == link.clients.dst);
            let expires = ours.chain(theirs).filter_map(|client| client.expires).min();
            let expires =
                expires.map_or_else(|| "-".to_owned(), |at| at.strftime("%F %R").to_string());
            let _ = writeln!(
                out,
                "{:<26} {linked:<7} {:<34} {:<28} {:<24} {expires}",
                path.name,
                pair(&link.clients),
                pair(&link.connection),
                pair(&link.channel),
            );
        }
        let _ = writeln!(out, "\n{:<14} {:<11} URL", "ENDPOINT", "REGISTERED");
        for end in &self.endpoints {
            let state = match &end.registered {
                Some(url) if *url == end.wanted => "yes".to_owned(),
                Some(_) => "other".to_owned(),
                None => "no".to_owned(),
            };
            let _ = writeln!(out, "{:<14} {state:<11} {}", end.id, end.wanted);
        }
        out
    }
}
