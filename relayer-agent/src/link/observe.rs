//! Looks at both chains of a path.

use std::{collections::BTreeMap, rc::Rc};

use agent::cosmos::rpc::RpcError;
use tokio::time::Instant;

use super::decide::{Next, Observation, Side, decide};
use crate::{
    chain::Chain,
    chain_state::{
        Snapshot,
        live::{self, Judged, Verdict},
    },
    config::LinkPath,
    rly::Ends,
};

/// What was seen of a path.
#[derive(Clone, Debug)]
pub struct Seen {
    /// What the first chain has.
    pub src: Rc<Snapshot>,
    /// What the second chain has.
    pub dst: Rc<Snapshot>,
    /// What each client of the second chain on the first is worth.
    pub src_clients: BTreeMap<String, Judged>,
    /// What each client of the first chain on the second is worth.
    pub dst_clients: BTreeMap<String, Judged>,
    /// What the path needs.
    pub next: Next,
}

/// Looks at both chains, and judges every client between them.
///
/// # Errors
///
/// [`RpcError`] if one does not answer.
pub async fn look(path: &LinkPath, ends: Ends<'_>) -> Result<Seen, RpcError> {
    let since = Instant::now();
    let (src, dst) = tokio::try_join!(ends.src.snapshot(since), ends.dst.snapshot(since))?;
    let (src_clients, dst_clients) = tokio::try_join!(
        judge_all(&src, ends.src, ends.dst),
        judge_all(&dst, ends.dst, ends.src),
    )?;
    let next = decided(path, ends, &src, &dst, &src_clients, &dst_clients);
    Ok(Seen { src, dst, src_clients, dst_clients, next })
}

/// Looks again while a step runs: clients that are new are taken to be good, and those that were
/// not are not asked for again.
///
/// # Errors
///
/// [`RpcError`] if one does not answer.
pub async fn glance(path: &LinkPath, ends: Ends<'_>, seen: &Seen) -> Result<Next, RpcError> {
    let since = Instant::now();
    let (src, dst) = tokio::try_join!(ends.src.snapshot(since), ends.dst.snapshot(since))?;
    Ok(decided(path, ends, &src, &dst, &seen.src_clients, &seen.dst_clients))
}

fn decided(
    path: &LinkPath,
    ends: Ends<'_>,
    src: &Snapshot,
    dst: &Snapshot,
    src_clients: &BTreeMap<String, Judged>,
    dst_clients: &BTreeMap<String, Judged>,
) -> Next {
    let seen = Observation {
        src: side(src, src_clients, ends.dst),
        dst: side(dst, dst_clients, ends.src),
    };
    decide(&seen, path)
}

fn side(snapshot: &Snapshot, judged: &BTreeMap<String, Judged>, other: &Chain) -> Side {
    let is_usable =
        |id: &String| judged.get(id).is_none_or(|judged| judged.verdict == Verdict::Usable);
    let clients = snapshot.clients.iter().filter(|client| follows(client, other));
    Side {
        clients: clients.map(|client| client.id.clone()).filter(is_usable).collect(),
        connections: snapshot.connections.clone(),
        channels: snapshot.channels.clone(),
    }
}

fn follows(client: &crate::chain_state::Client, chain: &Chain) -> bool {
    client.chain_id == chain.config.chain_id.as_str()
}

async fn judge_all(
    snapshot: &Snapshot,
    host: &Chain,
    target: &Chain,
) -> Result<BTreeMap<String, Judged>, RpcError> {
    let mut judged = BTreeMap::new();
    for client in snapshot.clients.iter().filter(|client| follows(client, target)) {
        let verdict = live::judge(client, &host.rpc, snapshot.time, &target.rpc).await?;
        if verdict.verdict != Verdict::Usable {
            let (chain, client) = (host.name(), client.id.as_str());
            tracing::debug!(chain, client, verdict = ?verdict.verdict, "a client cannot be used");
        }
        judged.insert(client.id.clone(), verdict);
    }
    Ok(judged)
}
