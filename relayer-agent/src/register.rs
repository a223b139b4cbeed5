//! What is registered on the hub, what is missing, and the command that writes it.
//!
//! Registered means included: the transaction is in a block with code 0, and the query shows it.

use std::{collections::BTreeMap, time::Duration};

use agent::{
    cosmos::keys::PrivateKey,
    pod::{
        backoff::Rolls,
        exec::{Cmd, ExecError},
    },
};
use serde_json::Value;
use thiserror::Error;
use tokio::time::sleep;

use crate::{
    accounts::{self, SendError},
    chain::{Chain, SeedError},
    config::{self, Register, Template},
    link::Link,
    rly::{self, KeyError},
    world::World,
};

/// The word that stands for all ids and addresses.
const PAIRS: &str = "{pairs}";

/// How often what failed is tried again.
const TRIES: u32 = 5;

/// How often the query is asked whether it shows what is in a block, and the wait between.
const LOOKS: u32 = 5;
const BETWEEN: Duration = Duration::from_secs(1);

/// What is added to the gas adjustment where transactions are unordered: a simulation does not
/// count what it costs to remember one. Five endpoints were simulated at 34,800 and used 53,200
/// (cosmos-sdk v0.53.4).
const UNORDERED_GAS: f64 = 0.5;

/// By how much the gas adjustment grows with each attempt.
const MORE_GAS: f64 = 1.5;

/// Something that is to be registered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// What it is called.
    pub id: String,
    /// Its address.
    pub url: String,
    chain: String,
    api: String,
    channel: String,
    port: String,
}

/// Why something is not registered.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum RegisterError {
    /// The command or the query failed.
    #[error(transparent)]
    Exec(#[from] ExecError),
    /// The query answered something else.
    #[error("the query's answer has no list at `{pointer}`: {answer}")]
    Query {
        /// Where it should be.
        pointer: String,
        /// The beginning of the answer.
        answer: String,
    },
    /// The command answered something else than a transaction.
    #[error("`{command}` printed no transaction hash: {answer}")]
    Answer {
        /// The command.
        command: String,
        /// The beginning of the answer.
        answer: String,
    },
    /// The transaction was refused, failed or was lost.
    #[error(transparent)]
    Send(#[from] SendError),
    /// There is no key.
    #[error(transparent)]
    Seed(#[from] SeedError),
    /// The key cannot be written.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// All was done, and still something is missing.
    #[error("the transactions were done, and the query still does not show {0}")]
    NotShown(String),
}

/// What is to be registered for these links.
pub fn wanted(world: &World, register: &Register, links: &BTreeMap<String, Link>) -> Vec<Wanted> {
    let mut all = Vec::new();
    let hub = world.config.hub().map(|hub| hub.name.as_str());
    for path in world.config.paths.iter().filter(|path| Some(path.src.as_str()) == hub) {
        let Some(link) = links.get(&path.name) else { continue };
        let chain = &world.chain(&path.dst).config;
        for entry in &register.entries {
            let fits = |role| entry.roles.contains(&role);
            if !entry.roles.is_empty() && !chain.role.is_some_and(fits) {
                continue;
            }
            let meaning = |word: &str| match word {
                "chain" => Some(chain.name.clone()),
                "channel" => Some(link.channel.src.clone()),
                "api" => Some(chain.api.clone()),
                "port" => Some(path.ports.dst.clone()),
                _ => None,
            };
            all.push(Wanted {
                id: entry.id.render(&meaning),
                url: entry.url.render(&meaning),
                chain: chain.name.clone(),
                api: chain.api.clone(),
                channel: link.channel.src.clone(),
                port: path.ports.dst.clone(),
            });
        }
    }
    all
}

/// Registers what is missing; returns how many there were.
///
/// # Errors
///
/// [`RegisterError`] if something is still missing in the end.
pub async fn register(
    world: &World,
    register: &Register,
    links: &BTreeMap<String, Link>,
) -> Result<usize, RegisterError> {
    let Some(hub) = world.config.hub() else { return Ok(0) };
    let hub = world.chain(&hub.name);
    let wanted = wanted(world, register, links);
    let first = missing(world, register, hub, &wanted).await?;
    if first.is_empty() {
        tracing::debug!(endpoints = wanted.len(), "all endpoints are registered already");
        return Ok(0);
    }
    let key = signer(hub, register).await?;
    rly::write_key(&register.client_home, &register.signer.name, &key)?;
    let mut rolls = Rolls::random();
    for attempt in 0..TRIES {
        // What an earlier start, or the last attempt, has sent may still be on its way.
        hub.settle(&[key.public_key().address()]).await.map_err(SendError::from)?;
        let left = missing(world, register, hub, &wanted).await?;
        if left.is_empty() {
            break;
        }
        match write(world, register, hub, &key, &left, attempt).await {
            // What is in a block is not sent again: at most, the query does not show it yet.
            Ok(()) => break,
            Err(error) if attempt + 1 == TRIES => return Err(error),
            Err(error) => {
                let error = agent::error::chain(&error);
                tracing::warn!(attempt = attempt + 1, error, "the registration failed");
                sleep(world.config.limits.retry.wait(attempt, rolls.roll())).await;
            }
        }
    }
    shown(world, register, hub, &wanted).await?;
    tracing::info!(endpoints = first.len(), "endpoints registered");
    Ok(first.len())
}

/// Waits until the query shows all that is wanted: behind one address there may be several nodes,
/// one a little late.
async fn shown(
    world: &World,
    register: &Register,
    hub: &Chain,
    wanted: &[Wanted],
) -> Result<(), RegisterError> {
    let mut left = missing(world, register, hub, wanted).await?;
    for _ in 1..LOOKS {
        if left.is_empty() {
            break;
        }
        sleep(BETWEEN).await;
        left = missing(world, register, hub, wanted).await?;
    }
    if left.is_empty() { Ok(()) } else { Err(RegisterError::NotShown(ids(&left))) }
}

/// Whether something is missing whose transaction would use a sequence of the account that
/// `rly start` signs with.
///
/// # Errors
///
/// [`RegisterError`] if that cannot be found out.
pub async fn clashes(
    world: &World,
    register: &Register,
    links: &BTreeMap<String, Link>,
) -> Result<bool, RegisterError> {
    let Some(hub) = world.config.hub() else { return Ok(false) };
    let hub = world.chain(&hub.name);
    let key = signer(hub, register).await?;
    let is_its_own = key.public_key() != hub.relayer().await?.public_key();
    if is_its_own
        || missing(world, register, hub, &wanted(world, register, links)).await?.is_empty()
    {
        return Ok(false);
    }
    Ok(!accounts::takes_unordered(hub, &key).await.map_err(SendError::from)?)
}

/// What is not registered, or with another address.
///
/// # Errors
///
/// [`RegisterError`] if the query fails.
pub async fn missing(
    world: &World,
    register: &Register,
    hub: &Chain,
    wanted: &[Wanted],
) -> Result<Vec<Wanted>, RegisterError> {
    let there = registered(world, register, hub).await?;
    let is_missing = |wanted: &&Wanted| there.get(&wanted.id) != Some(&wanted.url);
    Ok(wanted.iter().filter(is_missing).cloned().collect())
}

/// What is registered: ids and addresses.
///
/// # Errors
///
/// [`RegisterError`] if the query fails.
pub async fn registered(
    world: &World,
    register: &Register,
    hub: &Chain,
) -> Result<BTreeMap<String, String>, RegisterError> {
    let query = &register.query;
    let cmd = cmd(words(&query.command, &|word| hub_word(hub, register, None, word)));
    let answer = cmd.output(&world.reaper).await?;
    let list = serde_json::from_slice::<Value>(&answer).ok();
    let list = list.as_ref().and_then(|answer| answer.pointer(&query.list));
    let text = |element: &Value, key: &str| element.get(key)?.as_str().map(str::to_owned);
    match list {
        Some(Value::Array(list)) => Ok(list
            .iter()
            .filter_map(|element| Some((text(element, &query.id)?, text(element, &query.url)?)))
            .collect()),
        // An empty list may be left out, or null.
        Some(Value::Null) => Ok(BTreeMap::new()),
        _ => Err(RegisterError::Query { pointer: query.list.clone(), answer: head(&answer) }),
    }
}

/// How the transaction is made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Manner {
    /// Whether without a sequence.
    pub unordered: bool,
    /// How often it was tried before.
    pub attempt: u32,
}

/// The commands that would write what is missing.
pub fn commands(
    register: &Register,
    hub: &Chain,
    missing: &[Wanted],
    manner: Manner,
) -> Vec<Vec<String>> {
    let extra = if manner.unordered { register.unordered_args.as_slice() } else { &[] };
    let template: Vec<_> = register.command.iter().chain(extra).cloned().collect();
    let is_one = template.iter().any(|word| word.as_str() == PAIRS);
    let groups: Vec<&[Wanted]> = if is_one { vec![missing] } else { missing.chunks(1).collect() };
    groups.into_iter().map(|group| render(&template, register, hub, group, manner)).collect()
}

fn render(
    template: &[Template],
    register: &Register,
    hub: &Chain,
    group: &[Wanted],
    manner: Manner,
) -> Vec<String> {
    let mut all = Vec::new();
    for word in template {
        if word.as_str() == PAIRS {
            all.extend(group.iter().flat_map(|one| [one.id.clone(), one.url.clone()]));
            continue;
        }
        let one = group.first();
        all.push(word.render(&|word| match word {
            "id" => one.map(|one| one.id.clone()),
            "url" => one.map(|one| one.url.clone()),
            "api" => one.map(|one| one.api.clone()),
            "chain" => one.map(|one| one.chain.clone()),
            "channel" => one.map(|one| one.channel.clone()),
            "port" => one.map(|one| one.port.clone()),
            word => hub_word(hub, register, Some(manner), word),
        }));
    }
    all
}

async fn write(
    world: &World,
    register: &Register,
    hub: &Chain,
    key: &PrivateKey,
    missing: &[Wanted],
    attempt: u32,
) -> Result<(), RegisterError> {
    let unordered = accounts::takes_unordered(hub, key).await.map_err(SendError::from)?;
    for words in commands(register, hub, missing, Manner { unordered, attempt }) {
        let cmd = cmd(words);
        tracing::info!(cmd = %cmd, missing = ids(missing), "registering");
        let answer = cmd.output(&world.reaper).await?;
        let json: Option<Value> = serde_json::from_slice(&answer).ok();
        let json = json.unwrap_or_default();
        let code = json.get("code").and_then(Value::as_u64);
        let hash = json.get("txhash").and_then(Value::as_str);
        match (code, hash) {
            (Some(0), Some(hash)) => {
                let limit = world.config.limits.transaction;
                let done = accounts::included(hub, hash, limit).await?;
                tracing::info!(hash, height = done.height, "the registration is in a block");
            }
            (Some(code), _) => {
                let log = json.get("raw_log").and_then(Value::as_str).unwrap_or_default();
                let (chain, log) = (hub.name().to_owned(), log.to_owned());
                return Err(SendError::Refused { chain, code, log }.into());
            }
            _ => {
                let (command, answer) = (cmd.to_string(), head(&answer));
                return Err(RegisterError::Answer { command, answer });
            }
        }
    }
    Ok(())
}

/// The key that signs: the relayer's, or one beside it.
async fn signer(hub: &Chain, register: &Register) -> Result<PrivateKey, RegisterError> {
    match &register.signer.hd_path {
        None => Ok(hub.relayer().await?),
        Some(path) => Ok(PrivateKey::derive(hub.seed().await?, path).map_err(SeedError::from)?),
    }
}

fn words(templates: &[Template], meaning: &dyn Fn(&str) -> Option<String>) -> Vec<String> {
    templates.iter().map(|word| word.render(meaning)).collect()
}

fn hub_word(
    hub: &Chain,
    register: &Register,
    manner: Option<Manner>,
    word: &str,
) -> Option<String> {
    let config = &hub.config;
    Some(match word {
        "hub" => config.name.clone(),
        "hubId" => config.chain_id.to_string(),
        "hubRpc" => config.rpc.to_string(),
        "hubApi" => config.api.clone(),
        "clientHome" => register.client_home.display().to_string(),
        "key" => register.signer.name.clone(),
        "gasPrices" => config.gas_prices(),
        "gasAdjustment" => gas_adjustment(config, manner.unwrap_or_default()),
        _ => return None,
    })
}

fn gas_adjustment(chain: &config::Chain, manner: Manner) -> String {
    let base: f64 = chain.gas_adjustment.to_string().parse().unwrap_or(MORE_GAS);
    let more = if manner.unordered { UNORDERED_GAS } else { 0.0 };
    let times = MORE_GAS.powi(i32::try_from(manner.attempt).unwrap_or(i32::MAX));
    format!("{:.2}", (base + more) * times)
}

fn cmd(words: Vec<String>) -> Cmd {
    let mut words = words.into_iter();
    Cmd::new(words.next().unwrap_or_default()).args(words)
}

fn ids(wanted: &[Wanted]) -> String {
    wanted.iter().map(|one| one.id.as_str()).collect::<Vec<_>>().join(", ")
}

/// The beginning of what a program printed.
fn head(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes.get(..bytes.len().min(300)).unwrap_or_default()).into_owned()
}
