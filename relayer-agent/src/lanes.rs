//! Signer lanes: an account for each path on its first chain, so that paths never wait for each
//! other's sequence.
//!
//! Lanes are keys of the relayer's own mnemonic, at HD indices from a configured base. They are
//! funded in the hub's genesis or, when one has too little and its path needs it, by a
//! transaction that the relayer signs: one for all paths that ask at the same time.

use std::{cell::RefCell, time::Duration};

use agent::cosmos::{
    coin::{Coin, Coins},
    hd::HdPath,
    keys::PrivateKey,
    tx::bank::MsgMultiSend,
};
use tokio::{sync::Mutex, time::sleep};

use crate::{
    accounts::{self, Account, SendError},
    chain::{Chain, SeedError},
    config::LinkPath,
    link::LinkError,
    rly::{LANE, RELAYER},
    world::World,
};

/// How long the first path that needs funds waits for others.
const GATHER: Duration = Duration::from_millis(300);

/// Who signs for a path on its first chain.
#[derive(Debug)]
pub struct Signer {
    /// The key's name in the path's keyring.
    pub name: &'static str,
    /// The key.
    pub key: PrivateKey,
}

/// Which lanes wait for funds.
#[derive(Debug, Default)]
pub struct LaneBook {
    wanted: RefCell<Vec<Want>>,
    gate: Mutex<()>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Want {
    chain: String,
    address: String,
}

/// The key of a path's lane.
///
/// # Errors
///
/// [`SeedError`] if there is no mnemonic.
pub async fn key(world: &World, path: &LinkPath) -> Result<PrivateKey, SeedError> {
    let chain = world.chain(&path.src);
    let paths = world.config.paths.iter().filter(|other| other.src == path.src);
    let index = paths.take_while(|other| other.name != path.name).count();
    let index = world.config.lanes.first_index + u32::try_from(index).unwrap_or(u32::MAX >> 2);
    let hd_path = sibling(&chain.config.hd_path, index);
    Ok(PrivateKey::derive(chain.seed().await?, &hd_path)?)
}

/// The path beside another one, with another last index.
fn sibling(path: &HdPath, index: u32) -> HdPath {
    let text = path.to_string();
    let base = text.rsplit_once('/').map_or("m", |(base, _)| base);
    format!("{base}/{index}").parse().expect("an HD path with another last index is one")
}

/// Finds who signs for a path: its lane, with funds; or the relayer, if there are no lanes or
/// they cannot be funded.
///
/// # Errors
///
/// [`LinkError`] if the chain or the mnemonic is not there.
pub async fn signer(world: &World, path: &LinkPath) -> Result<Signer, LinkError> {
    let chain = world.chain(&path.src);
    let relayer = chain.relayer().await?;
    let is_alone = world.config.paths.iter().filter(|other| other.src == path.src).count() == 1;
    // A single path needs no lane while `rly start` does not run, but one that is linked beside
    // a running relayer does.
    if !world.config.lanes.enabled || (is_alone && world.config.paths.len() == 1) {
        return Ok(Signer { name: RELAYER, key: relayer });
    }
    let lane = key(world, path).await?;
    let address = chain.bech32(lane.public_key().address());
    match fund(world, chain, &relayer, &address).await {
        Ok(()) => Ok(Signer { name: LANE, key: lane }),
        Err(error @ SendError::Rpc(_)) => Err(error.into()),
        Err(error) => {
            let error = agent::error::chain(&error);
            tracing::warn!(
                path = path.name,
                error,
                "no funds for a lane: paths are linked one by one with the relayer's account"
            );
            Ok(Signer { name: RELAYER, key: relayer })
        }
    }
}

async fn fund(
    world: &World,
    chain: &Chain,
    payer: &PrivateKey,
    address: &str,
) -> Result<(), SendError> {
    let lanes = &world.config.lanes;
    let denom = &chain.config.denom;
    if chain.rpc.balance(address, denom).await? >= lanes.minimum {
        return Ok(());
    }
    let want = Want { chain: chain.name().to_owned(), address: address.to_owned() };
    world.lanes.wanted.borrow_mut().push(want.clone());
    let _gate = world.lanes.gate.lock().await;
    if !world.lanes.wanted.borrow().contains(&want) {
        // Somebody else has paid for us, or tried to.
        return if chain.rpc.balance(address, denom).await? >= lanes.minimum {
            Ok(())
        } else {
            pay(world, chain, payer, vec![address.to_owned()]).await
        };
    }
    sleep(GATHER).await;
    let all = world.lanes.wanted.take();
    let (ours, others): (Vec<_>, Vec<_>) =
        all.into_iter().partition(|other| other.chain == want.chain);
    world.lanes.wanted.borrow_mut().extend(others);
    pay(world, chain, payer, ours.into_iter().map(|want| want.address).collect()).await
}

async fn pay(
    world: &World,
    chain: &Chain,
    payer: &PrivateKey,
    to: Vec<String>,
) -> Result<(), SendError> {
    let amount = world.config.lanes.amount;
    let coin = Coin { amount, denom: chain.config.denom.clone() };
    let to: Vec<_> = to.into_iter().map(|address| (address, Coins::from(coin.clone()))).collect();
    let from = chain.bech32(payer.public_key().address());
    let message = MsgMultiSend::new(&from, &to).map_err(|error| SendError::Refused {
        chain: chain.name().to_owned(),
        code: 0,
        log: error.to_string(),
    })?;
    let limit = world.config.limits.transaction;
    let payer = (payer, Account::Shared);
    let done = accounts::send(chain, payer, vec![message.to_any()], limit).await?;
    tracing::info!(
        chain = chain.name(),
        lanes = to.len(),
        amount = coin.to_string(),
        height = done.height,
        "lanes funded"
    );
    Ok(())
}
