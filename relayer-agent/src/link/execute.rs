//! Does what [`decide`](super::decide) says, until there is nothing left to do.

use agent::{
    cosmos::{keys::PrivateKey, proto::Any, rpc::RpcError},
    pod::{backoff::Rolls, child::Command, end::End},
};
use tokio::time::{self, Instant, MissedTickBehavior, sleep};

use super::{
    LinkError, begin,
    decide::{Half, Kind, Link, Next, Which},
    observe::{Seen, glance, look},
};
use crate::{
    accounts::{self, Account},
    chain::Chain,
    config::LinkPath,
    lanes::{self, Signer},
    rly::{
        self, Config, Ends, HISTORY, RELAYER,
        process::{Process, Said},
        said::Fault,
    },
    wait,
    world::World,
};

/// Blocks that a handshake's beginning is looked for before where it was found.
const MARGIN: u64 = 5;

/// What was done for a path.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// How many steps were taken.
    pub steps: u32,
    /// How often a step was tried again.
    pub attempts: u32,
}

/// Links a path.
///
/// # Errors
///
/// [`LinkError`] if it cannot be.
pub async fn link(
    world: &World,
    path: &LinkPath,
    wait: Instant,
    counts: &mut Counts,
) -> Result<Link, LinkError> {
    let (ends, limits) = (world.ends(path), &world.config.limits);
    let (src, dst) = tokio::join!(
        wait::ready(ends.src, limits.height, wait),
        wait::ready(ends.dst, limits.height, wait),
    );
    src?;
    dst?;
    // A transaction of a predecessor that was killed may still be on its way.
    settle(world, path, ends).await?;
    if let Next::Done(link) = look(path, ends).await?.next {
        return Ok(link);
    }
    let _job = world.jobs.acquire().await; // the semaphore is never closed
    let payers = [payer(ends.src, None).await?, payer(ends.dst, None).await?];
    drop(payers);
    let signer = lanes::signer(world, path).await?;
    let _serial = match signer.name {
        RELAYER => Some(world.serial.lock().await),
        _ => None,
    };
    let mut run = Run { world, path, ends, signer, rolls: Rolls::random(), failed: 0, counts };
    run.converge().await
}

/// Waits until nothing that the path's accounts have sent is on its way.
async fn settle(world: &World, path: &LinkPath, ends: Ends<'_>) -> Result<(), LinkError> {
    let lane = lanes::key(world, path).await?.public_key().address();
    let src = ends.src.relayer().await?.public_key().address();
    let dst = ends.dst.relayer().await?.public_key().address();
    let src = [src, lane];
    let dst = [dst];
    tokio::try_join!(ends.src.settle(&src), ends.dst.settle(&dst))?;
    Ok(())
}

/// The relayer's key on a chain, after a look at whether its account can pay.
async fn payer(chain: &Chain, least: Option<u128>) -> Result<PrivateKey, LinkError> {
    let key = chain.relayer().await?;
    let address = chain.bech32(key.public_key().address());
    let problem = match chain.rpc.account(&address).await {
        Ok(None) => Some("is not known".to_owned()),
        Ok(Some(_)) => {
            let has = chain.rpc.balance(&address, &chain.config.denom).await?;
            let price = chain.config.gas_price.atomics();
            let short = price > 0 && has < least.unwrap_or(1);
            short.then(|| format!("has {has}{}", chain.config.denom.as_str()))
        }
        Err(error @ RpcError::Query { .. }) => Some(format!("is refused ({error})")),
        Err(error) => return Err(error.into()),
    };
    match problem {
        None => Ok(key),
        Some(problem) => Err(LinkError::Account {
            chain: chain.name().to_owned(),
            address,
            hd_path: chain.config.hd_path.to_string(),
            mnemonic: chain.config.mnemonic.path.display().to_string(),
            problem,
        }),
    }
}

/// The linking of one path.
struct Run<'a> {
    world: &'a World,
    path: &'a LinkPath,
    ends: Ends<'a>,
    signer: Signer,
    rolls: Rolls,
    /// How often in a row nothing has changed.
    failed: u32,
    counts: &'a mut Counts,
}

/// Why a step was over.
enum Over {
    /// It is done, or `rly` ended.
    Ended(Option<End>),
    /// Nothing changed for too long.
    Stalled,
    /// `rly` said something that will not get better.
    Lasting,
}

impl Run<'_> {
    async fn converge(&mut self) -> Result<Link, LinkError> {
        loop {
            settle(self.world, self.path, self.ends).await?;
            let seen = look(self.path, self.ends).await?;
            if let Next::Done(link) = seen.next {
                return Ok(link);
            }
            let (began, step) = (Instant::now(), seen.next.name());
            let (path, attempt) = (self.path.name.as_str(), self.failed + 1);
            tracing::info!(path, step, attempt, found = seen.next.found(), "linking");
            self.world.board.step(path, step, attempt, &seen.next.found());
            self.counts.steps += 1;
            let (over, said) = self.take(&seen).await?;
            let now = glance(self.path, self.ends, &seen).await?;
            let seconds = began.elapsed().as_secs_f64();
            tracing::info!(path, step, seconds, found = now.found(), "step ended");
            if now != seen.next {
                self.failed = 0;
                continue;
            }
            self.failed(&over, &said, &now).await?;
        }
    }

    /// Counts a step that changed nothing, and waits before the next, unless it is in vain.
    async fn failed(&mut self, over: &Over, said: &Said, now: &Next) -> Result<(), LinkError> {
        self.failed += 1;
        self.counts.attempts += 1;
        let why = match over {
            Over::Ended(end) => end.map_or_else(String::new, |end| end.to_string()),
            Over::Stalled => "nothing changed for too long".to_owned(),
            Over::Lasting => "rly reported a fault".to_owned(),
        };
        let fault = said.fault.unwrap_or(Fault::Other);
        let (path, step, text) = (self.path.name.as_str(), now.name(), said.text());
        let attempt = self.failed;
        tracing::warn!(path, step, attempt, why, %fault, said = text, "a step changed nothing");
        let retry = &self.world.config.limits.retry;
        let spent = retry.attempts.is_some_and(|most| self.failed >= most.get());
        if spent || matches!(over, Over::Lasting) {
            let found = now.found();
            return Err(LinkError::Step { step, attempts: attempt, found, fault, said: text });
        }
        sleep(retry.wait(self.failed - 1, self.rolls.roll())).await;
        Ok(())
    }

    /// Takes the step: begins a handshake by a transaction of ours, or has `rly` do the rest.
    async fn take(&mut self, seen: &Seen) -> Result<(Over, Said), LinkError> {
        match begin::message(self.path, self.ends, &self.signer, &seen.next) {
            Some(message) => self.begin(message).await,
            None => self.rly(seen).await,
        }
    }

    /// Begins a handshake. That proves nothing to the other chain, so it need not wait for blocks
    /// there, as `rly` does.
    async fn begin(&self, message: Any) -> Result<(Over, Said), LinkError> {
        let limit = self.world.config.limits.transaction;
        // The relayer that runs may sign with its account at any moment; a lane is ours alone.
        let account = if self.signer.name == RELAYER { Account::Shared } else { Account::Own };
        let signer = (&self.signer.key, account);
        let sent = accounts::send(self.ends.src, signer, vec![message], limit).await;
        let said = match sent {
            Ok(_) => return Ok((Over::Ended(None), Said::default())),
            Err(error) => Said::of(&agent::error::chain(&error)),
        };
        let is_lasting = said.fault.is_some_and(Fault::is_lasting);
        Ok((if is_lasting { Over::Lasting } else { Over::Ended(None) }, said))
    }

    /// Writes the path's home and runs `rly` in it.
    async fn rly(&mut self, seen: &Seen) -> Result<(Over, Said), LinkError> {
        let home = self.world.link_home(self.path);
        let dst = self.ends.dst.relayer().await?;
        home.write_key(self.ends.src, self.signer.name, &self.signer.key)?;
        home.write_key(self.ends.dst, RELAYER, &dst)?;
        let (clients, connection) = match &seen.next {
            Next::FinishChannel { clients, connection, .. }
            | Next::OpenChannel { clients, connection } => (Some(clients), Some(connection)),
            Next::FinishConnection { clients, .. } | Next::OpenConnection { clients } => {
                (Some(clients), None)
            }
            Next::CreateClient { .. } | Next::CreateClients | Next::Done(_) => (None, None),
        };
        let name = self.signer.name;
        home.write_config(&Config::to_link(self.path, self.ends, name, clients, connection))?;
        let command = self.command(&home, seen).await?;
        tracing::debug!(path = self.path.name, cmd = %command, "starting rly");
        let process = Process::spawn(&command, &self.world.reaper)?;
        self.watch(process, seen).await
    }

    async fn command(&self, home: &rly::Home, seen: &Seen) -> Result<Command, RpcError> {
        let (program, path, ends) = (self.world.rly(), self.path, self.ends);
        Ok(match &seen.next {
            Next::CreateClients => rly::create_clients(program, home, &path.name),
            Next::CreateClient { on: Which::Src } => {
                rly::create_client(program, home, &path.name, ends.src, ends.dst)
            }
            Next::CreateClient { on: Which::Dst } => {
                rly::create_client(program, home, &path.name, ends.dst, ends.src)
            }
            Next::FinishConnection { half, .. } => {
                let history = history(seen, ends, Kind::Connection, half).await?;
                rly::finish(program, home, &path.name, history)
            }
            Next::FinishChannel { half, .. } => {
                let history = history(seen, ends, Kind::Channel, half).await?;
                rly::finish(program, home, &path.name, history)
            }
            // Begun by ourselves, or nothing to do: there is nothing to look back for.
            Next::OpenConnection { .. } | Next::OpenChannel { .. } | Next::Done(_) => {
                rly::finish(program, home, &path.name, 0)
            }
        })
    }

    /// Watches `rly` and both chains until the step is over.
    async fn watch(&self, mut process: Process, seen: &Seen) -> Result<(Over, Said), LinkError> {
        let finishes =
            matches!(seen.next, Next::FinishConnection { .. } | Next::FinishChannel { .. });
        let mut poll = time::interval(self.world.config.limits.poll);
        poll.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut now = seen.next.clone();
        let mut moved = Instant::now();
        loop {
            tokio::select! {
                // Cancel-safe: `next` by its documentation; a tick that is lost comes again.
                end = process.next() => {
                    if process.said().fault.is_some_and(Fault::is_lasting) {
                        return Ok((Over::Lasting, process.end().await));
                    }
                    if let Some(end) = end {
                        return Ok((Over::Ended(Some(end)), process.end().await));
                    }
                    continue;
                }
                _ = poll.tick() => {}
            }
            // A node that does not answer now may do so at the next look.
            let Ok(next) = glance(self.path, self.ends, seen).await else { continue };
            let is_over = matches!(next, Next::Done(_)) || (finishes && next.name() != now.name());
            if next != now {
                let (path, found) = (self.path.name.as_str(), next.found());
                let step = seen.next.name();
                self.world.board.step(path, step, self.failed + 1, &found);
                tracing::info!(path, step, found, "progress");
                (now, moved) = (next, Instant::now());
            }
            if is_over {
                return Ok((Over::Ended(None), process.end().await));
            }
            if moved.elapsed() > self.world.config.limits.stall {
                return Ok((Over::Stalled, process.end().await));
            }
        }
    }
}

/// How many blocks back a handshake began: `rly` finds it by the events of its transactions.
async fn history(seen: &Seen, ends: Ends<'_>, kind: Kind, half: &Half) -> Result<u64, RpcError> {
    let mut history = 0;
    for (chain, snapshot, end) in
        [(ends.src, &seen.src, &half.src), (ends.dst, &seen.dst, &half.dst)]
    {
        let Some((id, _)) = end else { continue };
        let mut first = None;
        for step in ["open_init", "open_try"] {
            first = first.or(chain.rpc.first_height_of(&kind.event(step, id)).await?);
        }
        let back = first.map_or(HISTORY, |first| snapshot.height.saturating_sub(first) + MARGIN);
        history = history.max(back);
    }
    let youngest = seen.src.height.min(seen.dst.height).saturating_sub(1);
    Ok(history.min(youngest.max(1)))
}
