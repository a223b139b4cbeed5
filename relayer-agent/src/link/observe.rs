//! Looks at both chains of a path.

use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use agent::cosmos::{ibc::State, rpc::RpcError};
use tokio::time::Instant;

use super::decide::{Half, Kind, Next, Observation, Side, decide};
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
    /// What is there and of no use for a link that is not whole.
    pub lost: Lost,
    /// What the path needs.
    pub next: Next,
}

/// Clients that `rly` cannot update, and half-open ends that it cannot finish, by id: a node no
/// longer keeps the blocks that it would need. A whole link may have such clients; it is not made
/// anew for that.
#[derive(Clone, Debug, Default)]
pub struct Lost {
    /// On the first chain.
    pub src: BTreeSet<String>,
    /// On the second chain.
    pub dst: BTreeSet<String>,
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
    let (lost, next) = (Lost::default(), Next::CreateClients);
    let mut seen = Seen { src, dst, src_clients, dst_clients, lost, next };
    seen.next = decided(path, ends, &seen.src, &seen.dst, &seen);
    if matches!(seen.next, Next::Done(_)) {
        return Ok(seen);
    }
    seen.lost.src = outdated(&seen.src, ends.dst, &seen.dst);
    seen.lost.dst = outdated(&seen.dst, ends.src, &seen.src);
    loop {
        seen.next = decided(path, ends, &seen.src, &seen.dst, &seen);
        let Some((kind, half)) = seen.next.half() else { return Ok(seen) };
        if !is_lost(kind, half, ends, &seen).await? {
            return Ok(seen);
        }
        let pair = half.pair();
        tracing::warn!(
            path = path.name,
            end = pair.src,
            other = pair.dst,
            "a half-open end is left: a chain does not keep the blocks of its handshake"
        );
        seen.lost.src.insert(pair.src);
        seen.lost.dst.insert(pair.dst);
    }
}

/// The clients of a chain that `rly` cannot update: it needs the block after the one that they
/// know.
///
/// # Source
///
/// rly v2.6.0, `relayer/processor/message_processor.go:274`.
fn outdated(host: &Snapshot, target: &Chain, at: &Snapshot) -> BTreeSet<String> {
    let clients = host.clients.iter().filter(|client| follows(client, target));
    let outdated = clients.filter(|client| client.height + 1 < at.earliest);
    outdated.map(|client| client.id.clone()).collect()
}

/// Whether a handshake stands in a block that the chain does not keep: `rly` finds it by the
/// events of its last step. One that is not indexed may be found.
async fn is_lost(kind: Kind, half: &Half, ends: Ends<'_>, seen: &Seen) -> Result<bool, RpcError> {
    let sides = [(&half.src, ends.src, &seen.src), (&half.dst, ends.dst, &seen.dst)];
    let there = sides.into_iter().filter_map(|(end, chain, at)| Some((end.as_ref()?, chain, at)));
    // The end that is further is the one that was moved last.
    let Some(((id, state), chain, at)) = there.max_by_key(|((_, state), ..)| *state) else {
        return Ok(false);
    };
    if at.earliest <= 1 {
        return Ok(false);
    }
    let step = match state {
        State::Init => "open_init",
        State::TryOpen => "open_try",
        State::Open | State::Closed | State::Other => "open_ack",
    };
    let height = chain.rpc.first_height_of(&kind.event(step, id)).await?;
    Ok(height.is_some_and(|height| height < at.earliest))
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
    Ok(decided(path, ends, &src, &dst, seen))
}

fn decided(path: &LinkPath, ends: Ends<'_>, src: &Snapshot, dst: &Snapshot, seen: &Seen) -> Next {
    let seen = Observation {
        src: side(src, &seen.src_clients, &seen.lost.src, ends.dst),
        dst: side(dst, &seen.dst_clients, &seen.lost.dst, ends.src),
    };
    decide(&seen, path)
}

fn side(
    snapshot: &Snapshot,
    judged: &BTreeMap<String, Judged>,
    lost: &BTreeSet<String>,
    other: &Chain,
) -> Side {
    let is_usable =
        |id: &String| judged.get(id).is_none_or(|judged| judged.verdict == Verdict::Usable);
    let clients = snapshot.clients.iter().filter(|client| follows(client, other));
    Side {
        clients: clients
            .map(|client| client.id.clone())
            .filter(|id| is_usable(id) && !lost.contains(id))
            .collect(),
        connections: kept(&snapshot.connections, |connection| !lost.contains(&connection.id)),
        channels: kept(&snapshot.channels, |channel| !lost.contains(&channel.id)),
    }
}

fn kept<T: Clone>(all: &[T], keep: impl Fn(&&T) -> bool) -> Vec<T> {
    all.iter().filter(keep).cloned().collect()
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
