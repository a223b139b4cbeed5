//! Transactions that we sign ourselves.

use std::time::{Duration, SystemTime};

use agent::cosmos::{
    coin::{Coin, Coins},
    keys::PrivateKey,
    proto::Any,
    rpc::{Included, RpcError},
    tx::{CoinMessage, Order, Tx, bank::MsgSend},
};
use thiserror::Error;
use tokio::time::{Instant, sleep};

use crate::chain::Chain;

/// How long an unordered transaction is valid, from the time of the last block.
const UNORDERED_FOR: Duration = Duration::from_mins(2);

/// How often it is looked for a transaction in the blocks.
const EVERY: Duration = Duration::from_millis(200);

/// How often a transaction is made anew whose sequence somebody else has used.
const TRIES: u32 = 5;

/// What it costs to remember an unordered transaction, which a simulation does not count: one was
/// simulated at 34,800 and used 53,200 (cosmos-sdk v0.53.4).
const UNORDERED_GAS: u64 = 25_000;

/// The SDK's code for a transaction that used more gas than it paid for.
const OUT_OF_GAS: u64 = 11;

/// The SDK's code for another sequence than the next one.
const WRONG_SEQUENCE: u64 = 32;

/// Why a transaction was not done.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SendError {
    /// The node does not answer, or refuses.
    #[error(transparent)]
    Rpc(#[from] RpcError),
    /// The chain does not know the account.
    #[error(
        "account `{address}` is not known to chain `{chain}`: fund it, or see whether the mnemonic is the right one"
    )]
    NoAccount {
        /// The chain.
        chain: String,
        /// The account.
        address: String,
    },
    /// The mempool does not take it.
    #[error("chain `{chain}` refused the transaction with code {code}: {log}")]
    Refused {
        /// The chain.
        chain: String,
        /// The application's code.
        code: u64,
        /// What it said.
        log: String,
    },
    /// It is in a block, and failed there.
    #[error(
        "transaction {hash} failed in block {height} of chain `{chain}` with code {code}: {log}"
    )]
    Failed {
        /// The chain.
        chain: String,
        /// The transaction.
        hash: String,
        /// The block.
        height: u64,
        /// The application's code.
        code: u64,
        /// What it said.
        log: String,
    },
    /// It did not come into a block.
    #[error("transaction {hash} was in no block of chain `{chain}` within {waited:?}")]
    Lost {
        /// The chain.
        chain: String,
        /// The transaction.
        hash: String,
        /// How long we waited.
        waited: Duration,
    },
}

/// Whether somebody else signs with the account too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Account {
    /// Nobody does: its next sequence is known.
    Own,
    /// Somebody may: no sequence is used, where the chain takes that.
    Shared,
}

/// Signs messages, sends them, and waits until they are in a block.
///
/// # Errors
///
/// [`SendError`] if they are in none, or failed there.
pub async fn send(
    chain: &Chain,
    (key, account): (&PrivateKey, Account),
    messages: Vec<Any>,
    limit: Duration,
) -> Result<Included, SendError> {
    let address = chain.bech32(key.public_key().address());
    let unordered = account == Account::Shared && takes_unordered(chain, key).await?;
    let mut attempt = 0;
    loop {
        attempt += 1;
        let Some(account) = chain.rpc.account(&address).await? else {
            return Err(SendError::NoAccount { chain: chain.name().to_owned(), address });
        };
        let order = if unordered { self::unordered() } else { Order::Sequence(account.sequence) };
        let tx = priced(chain, key, messages.clone(), order, attempt).await?;
        let signed = tx.sign(key, &chain.config.chain_id, account.account_number);
        let answer = chain.rpc.broadcast(signed.as_bytes()).await?;
        match answer.code {
            0 => match included(chain, &signed.hash(), limit).await {
                // A simulation counts less than is used: the next attempt pays for more.
                Err(SendError::Failed { code: OUT_OF_GAS, .. }) if attempt < TRIES => {}
                result => return result,
            },
            WRONG_SEQUENCE if attempt < TRIES => sleep(EVERY * attempt).await,
            code => {
                let (chain, log) = (chain.name().to_owned(), answer.log);
                return Err(SendError::Refused { chain, code, log });
            }
        }
    }
}

/// Waits until a transaction is in a block, and looks at what became of it.
///
/// # Errors
///
/// [`SendError::Failed`] and [`SendError::Lost`].
pub async fn included(chain: &Chain, hash: &str, limit: Duration) -> Result<Included, SendError> {
    let deadline = Instant::now() + limit;
    loop {
        if let Some(found) = chain.rpc.find(hash).await? {
            if found.code == 0 {
                return Ok(found);
            }
            let Included { height, code, log } = found;
            let (chain, hash) = (chain.name().to_owned(), hash.to_owned());
            return Err(SendError::Failed { chain, hash, height, code, log });
        }
        if Instant::now() >= deadline {
            let (chain, hash) = (chain.name().to_owned(), hash.to_owned());
            return Err(SendError::Lost { chain, hash, waited: limit });
        }
        sleep(EVERY).await;
    }
}

/// Whether the chain takes transactions without a sequence, found out by a simulation.
///
/// # Errors
///
/// [`RpcError`] if the node does not answer.
pub async fn takes_unordered(chain: &Chain, key: &PrivateKey) -> Result<bool, RpcError> {
    let address = chain.bech32(key.public_key().address());
    let coin = Coins::from(Coin { amount: 1, denom: chain.config.denom.clone() });
    let message = MsgSend {
        from_address: address.clone(),
        to_address: address,
        amount: CoinMessage::list(&coin),
    };
    let tx = Tx {
        messages: vec![message.to_any()],
        memo: String::new(),
        fee: Coins::default(),
        gas_limit: 0,
        order: unordered(),
    };
    match chain.rpc.simulate(tx.to_simulate(&key.public_key())).await {
        Ok(_) => Ok(true),
        Err(error) if error.is_unreachable() => Err(error),
        Err(_) => Ok(false),
    }
}

fn unordered() -> Order {
    Order::Unordered { until: SystemTime::now() + UNORDERED_FOR }
}

/// The transaction with the gas that a simulation used, and the fee for it.
async fn priced(
    chain: &Chain,
    key: &PrivateKey,
    messages: Vec<Any>,
    order: Order,
    attempt: u32,
) -> Result<Tx, RpcError> {
    const ONE: u128 = 1_000_000_000_000_000_000;
    let mut tx = Tx { messages, memo: String::new(), fee: Coins::default(), gas_limit: 0, order };
    let used = chain.rpc.simulate(tx.to_simulate(&key.public_key())).await?;
    let more = if matches!(tx.order, Order::Unordered { .. }) { UNORDERED_GAS } else { 0 };
    let used = u128::from(used.saturating_add(more)) * (1 + u128::from(attempt)) / 2;
    let gas = used.saturating_mul(chain.config.gas_adjustment.atomics()) / ONE;
    let fee = gas.saturating_mul(chain.config.gas_price.atomics()).div_ceil(ONE);
    tx.gas_limit = u64::try_from(gas).unwrap_or(u64::MAX);
    tx.fee = Coin { amount: fee, denom: chain.config.denom.clone() }.into();
    Ok(tx)
}
