//! The `init` section: what a home is made of.

mod accounts;
mod documents;
mod genesis_from;

use std::path::PathBuf;

pub use accounts::{Account, Lanes, MnemonicFile};
pub use documents::Documents;
pub use genesis_from::{GenesisFrom, GenesisSource};

use super::{
    env::Env,
    reader::{Field, Problems, Section},
};
use crate::cosmos::{address::Bech32Prefix, chain_id::ChainId, coin::Denom};

/// The longest moniker, in bytes.
///
/// # Source
///
/// `MaxMonikerLength`, cosmos-sdk v0.53.4, x/staking/types/validator.go.
const MAX_MONIKER: usize = 70;

/// How a home is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// By us, if the node's SDK version is one whose formats we know, else by its own commands.
    Auto,
    /// By us; one start of the node's binary.
    Native,
    /// By the node's own commands.
    Cli,
}

/// Where the node's consensus key comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConsensusKey {
    /// The node's `init` makes a random one.
    Random,
    /// It is derived from the mnemonic, as `init --recover` does.
    Mnemonic,
}

/// What a home is made of.
#[derive(Clone, Debug, PartialEq)]
pub struct InitConfig {
    /// The chain's id.
    pub chain_id: ChainId,
    /// The node's name among its peers.
    pub moniker: String,
    /// The node's program: a name to look up in PATH, or a path.
    pub binary: PathBuf,
    /// The node's home.
    pub home: PathBuf,
    /// The folder that holds `keyring-test/`; the home unless configured.
    pub keyring_dir: PathBuf,
    /// The denom that is bonded and that the default balances are in.
    pub denom: Denom,
    /// The prefix of account addresses.
    pub prefix: Bech32Prefix,
    /// The mnemonic of all accounts that have none of their own.
    pub mnemonic: MnemonicFile,
    /// The accounts, in the order of their account numbers.
    pub accounts: Vec<Account>,
    /// Accounts for parallel linking.
    pub lanes: Lanes,
    /// How the home is made.
    pub engine: Engine,
    /// Whether the node's own `genesis validate` must pass before the home counts.
    pub validate: bool,
    /// Where the consensus key comes from.
    pub consensus_key: ConsensusKey,
    /// The host or IP address in the gentx's memo; the machine's own address if not configured.
    pub peer_host: Option<String>,
    /// A genesis that another pod has made; none means that this node makes it.
    pub genesis_from: Option<GenesisFrom>,
    /// The genesis time; the moment of the init if not configured. RFC 3339.
    pub genesis_time: Option<String>,
    /// Extra `<app>d genesis …` commands, each a list of words.
    pub genesis_commands: Vec<Vec<String>>,
    /// Edits of the node's documents.
    pub documents: Documents,
}

impl InitConfig {
    /// Reads the section, with the environment over it and the contract's defaults under it.
    ///
    /// Every problem goes to `problems`; `None` means that there was one.
    pub fn read(mut section: Section<'_>, env: &Env, problems: &Problems) -> Option<Self> {
        let identity = Identity::read(&mut section, env);
        let denom = match section.take_or_env("denom", env, "DENOM") {
            Some(field) => field.parse::<Denom>(),
            None => "uatom".parse().ok(),
        };
        let prefix = match section.take("prefix") {
            Some(field) => field.parse::<Bech32Prefix>(),
            None => "cosmos".parse().ok(),
        };
        let mnemonic = accounts::mnemonic(&mut section, env, identity.chain_id.as_ref());
        let (accounts, lanes) = accounts::read(&mut section, denom.as_ref());
        let documents = Documents::read(&mut section);
        let options = Options::read(&mut section);
        section.finish();

        problems.is_empty().then_some(())?;
        Some(Self {
            keyring_dir: identity.keyring_dir.unwrap_or_else(|| identity.home.clone()),
            chain_id: identity.chain_id?,
            moniker: identity.moniker?,
            binary: identity.binary,
            home: identity.home,
            denom: denom?,
            prefix: prefix?,
            mnemonic: mnemonic?,
            accounts,
            lanes,
            engine: options.engine,
            validate: options.validate,
            consensus_key: options.consensus_key,
            peer_host: options.peer_host,
            genesis_from: options.genesis_from,
            genesis_time: options.genesis_time,
            genesis_commands: options.genesis_commands,
            documents,
        })
    }
}

/// Who the node is and where it lives.
struct Identity {
    chain_id: Option<ChainId>,
    moniker: Option<String>,
    binary: PathBuf,
    home: PathBuf,
    keyring_dir: Option<PathBuf>,
}

impl Identity {
    fn read(section: &mut Section<'_>, env: &Env) -> Self {
        let chain_id = section.take_or_env("chainId", env, "CHAIN_INSTANCE_NAME");
        if chain_id.is_none() {
            section.missing("chainId", "must be set, here or by CHAIN_INSTANCE_NAME");
        }
        let chain_id = chain_id.and_then(|field| field.parse::<ChainId>());
        let moniker = match section.take("moniker") {
            Some(field) => field.text().filter(|text| moniker_fits(text, |why| field.problem(why))),
            None => chain_id.as_ref().map(ToString::to_string).filter(|text| {
                moniker_fits(text, |why| section.missing("moniker", &format!("{why}; set one")))
            }),
        };
        let app = section.take_or_env("app", env, "CHAIN_APP_NAME");
        let app = app.and_then(|field| app_name(&field)).unwrap_or_else(|| "datachain".to_owned());
        let binary = section.take_or_env("binary", env, "CHAIN_BINARY");
        let home = section.take_or_env("home", env, "CHAIN_HOME");
        Self {
            chain_id,
            moniker,
            binary: binary
                .and_then(|field| field.text())
                .map_or_else(|| PathBuf::from(format!("{app}d")), PathBuf::from),
            home: home
                .and_then(|field| field.path())
                .unwrap_or_else(|| PathBuf::from(format!("/home/{app}/.{app}"))),
            keyring_dir: section.take("keyringDir").and_then(|field| field.path()),
        }
    }
}

/// The name of an app is part of a path and of a program's name.
fn app_name(field: &Field<'_>) -> Option<String> {
    let name = field.text()?;
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if name.chars().all(fits) && !name.starts_with(['.', '-']) {
        return Some(name);
    }
    field.problem(format!("is `{name}`; an app's name has letters, digits, `-`, `_` and `.`"));
    None
}

/// The SDK limits a moniker's length; CometBFT does not start with one that is not printable ASCII.
///
/// # Source
///
/// `NodeInfo.Validate`, cometbft v0.38.19, `p2p/node_info.go:155`.
fn moniker_fits(text: &str, problem: impl FnOnce(String)) -> bool {
    if text.len() > MAX_MONIKER {
        problem(format!("has {} bytes; the most is {MAX_MONIKER}", text.len()));
    } else if !text.chars().all(|c| c == ' ' || c.is_ascii_graphic()) || text.trim().is_empty() {
        problem(format!("is `{text}`; the node takes printable ASCII only"));
    } else {
        return true;
    }
    false
}

/// How the home is made.
struct Options {
    engine: Engine,
    validate: bool,
    consensus_key: ConsensusKey,
    peer_host: Option<String>,
    genesis_from: Option<GenesisFrom>,
    genesis_time: Option<String>,
    genesis_commands: Vec<Vec<String>>,
}

impl Options {
    fn read(section: &mut Section<'_>) -> Self {
        let engines = [("auto", Engine::Auto), ("native", Engine::Native), ("cli", Engine::Cli)];
        let engine = section.take("engine").and_then(|field| field.choice(&engines));
        let keys = [("random", ConsensusKey::Random), ("mnemonic", ConsensusKey::Mnemonic)];
        let consensus_key = section.take("consensusKey").and_then(|field| field.choice(&keys));
        let validate = section.take("validate").and_then(|field| field.boolean());
        let commands = section.take("genesisCommands").and_then(|field| field.list());
        Self {
            engine: engine.unwrap_or(Engine::Auto),
            validate: validate.unwrap_or(false),
            consensus_key: consensus_key.unwrap_or(ConsensusKey::Random),
            peer_host: section.take("peerHost").and_then(|field| field.text()),
            genesis_from: section.take("genesisFrom").and_then(|field| GenesisFrom::read(&field)),
            genesis_time: section.take("genesisTime").and_then(|field| rfc3339(&field)),
            genesis_commands: commands.unwrap_or_default().iter().filter_map(words).collect(),
        }
    }
}

fn words(field: &Field<'_>) -> Option<Vec<String>> {
    let items = field.list()?;
    if items.is_empty() {
        field.problem("must have at least one word, such as `[set-admin, …]`");
    }
    items.iter().map(Field::text).collect()
}

/// A time that every SDK reads: `2026-01-31T12:00:00Z`, with a fraction if wanted.
fn rfc3339(field: &Field<'_>) -> Option<String> {
    let text = field.text()?;
    if text.parse::<jiff::Timestamp>().is_ok() && text.ends_with('Z') && text.contains('T') {
        return Some(text);
    }
    field.problem(format!("is `{text}`; write it in UTC like `2026-01-31T12:00:00Z`"));
    None
}
