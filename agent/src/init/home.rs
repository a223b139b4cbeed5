//! Looks at a node's home and says in which of its states it is. Changes nothing.

use std::{
    ffi::OsString,
    fs::File,
    io::BufReader,
    path::{Path, PathBuf},
};

use crate::{
    cosmos::{
        chain_id::ChainId,
        genesis::{GenesisSummary, SummaryError},
        gentx::SignedGentx,
        node_key::{NodeKey, PrivValidatorState},
    },
    files::{self, FileError},
};

/// The places in a node's home.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Home(PathBuf);

impl Home {
    /// Names the home in this folder.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self(root.into())
    }

    /// The folder itself.
    pub fn root(&self) -> &Path {
        &self.0
    }

    /// The folder of the configuration, the genesis and the node's own keys.
    pub fn config(&self) -> PathBuf {
        self.0.join("config")
    }

    /// The folder of the databases and of what the validator has signed.
    pub fn data(&self) -> PathBuf {
        self.0.join("data")
    }

    /// The genesis document.
    pub fn genesis(&self) -> PathBuf {
        self.config().join("genesis.json")
    }

    /// The validator's consensus key.
    pub fn consensus_key(&self) -> PathBuf {
        self.config().join("priv_validator_key.json")
    }

    /// The key of the node among its peers.
    pub fn node_key(&self) -> PathBuf {
        self.config().join("node_key.json")
    }

    /// What the validator has signed last; never to be rolled back.
    pub fn sign_state(&self) -> PathBuf {
        self.data().join("priv_validator_state.json")
    }

    /// The folder in which a new home is built; on the same volume, so that renames work.
    pub fn staging(&self) -> PathBuf {
        self.0.join(".staging")
    }
}

/// In which state a home is.
#[derive(Debug)]
pub enum State {
    /// It has a genesis with validators, of our chain, and the node can start.
    Whole,
    /// There is nothing in it that a new home would lose.
    Empty,
    /// Another program began it and did not finish: its genesis has no validator.
    ///
    /// What its databases hold is that empty genesis, so they are to be dropped.
    HalfMade,
    /// It is not ours to change.
    Refused(Refusal),
}

/// Why a home is neither used nor changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It belongs to another chain.
    #[error(
        "its genesis is of chain `{found}`, not `{wanted}`; set the chain-id or use another volume"
    )]
    OtherChain {
        /// The chain of the genesis.
        found: ChainId,
        /// Our chain.
        wanted: ChainId,
    },
    /// The databases of a chain are there, its configuration is not.
    #[error(
        "data/ has `{database}`, but config/ has no genesis.json; restore config/ from a backup, or \
         empty data/ to begin a new chain"
    )]
    DataWithoutConfig {
        /// The first database.
        database: String,
    },
    /// The configuration is there, what the validator has signed is not.
    #[error(
        "config/ is whole, but data/priv_validator_state.json is not there; restore data/ from a \
         backup, or empty config/ to begin a new chain"
    )]
    ConfigWithoutData,
    /// The genesis is whole, the consensus key is not there: the node would make a new one.
    #[error(
        "config/priv_validator_key.json is not there; restore it, or set `priv_validator_laddr` in \
         config.toml if a remote signer has it"
    )]
    NoConsensusKey,
    /// The genesis is cut off, and there are databases that it belongs to.
    #[error(
        "config/genesis.json cannot be read ({why}), and data/ has `{database}`; restore \
         genesis.json, the databases belong to it"
    )]
    BrokenGenesis {
        /// What is wrong with it.
        why: String,
        /// The first database.
        database: String,
    },
    /// The genesis has no validator, but the chain has run.
    #[error("its genesis has neither gen_txs nor validators, but {why}; it is left alone")]
    HasRun {
        /// What shows that it has run.
        why: String,
    },
    /// Somebody else's gentx waits to be collected.
    #[error("config/gentx/ has `{file}`, which is not this node's; collect or remove it")]
    ForeignGentx {
        /// The file.
        file: String,
    },
}

/// Looks at a home and says in which state it is.
///
/// # Errors
///
/// [`FileError`] if it cannot be looked at.
pub fn inspect(home: &Home, chain_id: &ChainId) -> Result<State, FileError> {
    let data = Data::look(home)?;
    let Some(genesis) = read_genesis(home)? else {
        return Ok(match data.proof_of_run() {
            _ if !data.databases.is_empty() => {
                refused(Refusal::DataWithoutConfig { database: data.first_database() })
            }
            Some(why) => refused(Refusal::HasRun { why }),
            None => State::Empty,
        });
    };
    let summary = match genesis {
        Ok(summary) => summary,
        Err(error) => return Ok(broken(&data, &error)),
    };
    if summary.chain_id != *chain_id {
        let (found, wanted) = (summary.chain_id, chain_id.clone());
        return Ok(refused(Refusal::OtherChain { found, wanted }));
    }
    if summary.gentxs > 0 || summary.has_validators {
        return whole(home, &data);
    }
    if let Some(why) = data.proof_of_run() {
        return Ok(refused(Refusal::HasRun { why }));
    }
    Ok(foreign_gentx(home)?.map_or(State::HalfMade, refused))
}

fn refused(refusal: Refusal) -> State {
    State::Refused(refusal)
}

/// A genesis that is there but cut off: init was killed while it wrote, if nothing else was made.
fn broken(data: &Data, error: &SummaryError) -> State {
    match data.proof_of_run() {
        Some(why) => refused(Refusal::HasRun { why }),
        None if data.databases.is_empty() => State::HalfMade,
        None => refused(Refusal::BrokenGenesis {
            why: crate::error::chain(error),
            database: data.first_database(),
        }),
    }
}

fn whole(home: &Home, data: &Data) -> Result<State, FileError> {
    if matches!(data.sign_state, Signed::Absent) {
        return Ok(refused(Refusal::ConfigWithoutData));
    }
    if !home.consensus_key().exists() && !has_remote_signer(home)? {
        return Ok(refused(Refusal::NoConsensusKey));
    }
    Ok(State::Whole)
}

fn has_remote_signer(home: &Home) -> Result<bool, FileError> {
    let text = files::read(&home.config().join("config.toml"))?.unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let address = super::toml::string_at(&text, &["priv_validator_laddr"]);
    Ok(address.is_some_and(|address| !address.is_empty()))
}

/// Reads what we need of the genesis; an error inside is one of its content.
fn read_genesis(home: &Home) -> Result<Option<Result<GenesisSummary, SummaryError>>, FileError> {
    let path = home.genesis();
    match File::open(&path) {
        Ok(file) => Ok(Some(GenesisSummary::read(BufReader::new(file)))),
        Err(error) if files::is_absent(&error) => Ok(None),
        Err(error) => Err(FileError::new("read", &path)(error)),
    }
}

fn foreign_gentx(home: &Home) -> Result<Option<Refusal>, FileError> {
    let own = files::read(&home.node_key())?
        .and_then(|bytes| NodeKey::parse(&bytes).ok())
        .map(|key| OsString::from(SignedGentx::file_name(&key.id())));
    let foreign = files::names(&home.config().join("gentx"))?
        .into_iter()
        .find(|name| Some(name) != own.as_ref() && name.to_string_lossy().ends_with(".json"));
    Ok(foreign.map(|name| Refusal::ForeignGentx { file: name.to_string_lossy().into_owned() }))
}

/// What the validator has signed, as its file says.
enum Signed {
    Absent,
    Nothing,
    Height(u64),
    Unreadable(String),
}

/// What is in data/.
struct Data {
    databases: Vec<String>,
    sign_state: Signed,
    wal: bool,
}

impl Data {
    fn look(home: &Home) -> Result<Self, FileError> {
        let ignored = ["priv_validator_state.json", "lost+found"];
        let names = files::names(&home.data())?;
        let names = names.iter().map(|name| name.to_string_lossy().into_owned());
        let databases: Vec<_> = names.filter(|name| !ignored.contains(&name.as_str())).collect();
        let sign_state = match files::read(&home.sign_state())? {
            None => Signed::Absent,
            Some(bytes) => match PrivValidatorState::parse(&bytes) {
                Ok(state) if state.height == 0 => Signed::Nothing,
                Ok(state) => Signed::Height(state.height),
                Err(error) => Signed::Unreadable(error.to_string()),
            },
        };
        let wal = databases.iter().any(|name| name == "cs.wal");
        Ok(Self { databases, sign_state, wal })
    }

    /// Says what shows that blocks were made or received, if something does.
    ///
    /// Consensus opens its write-ahead log only after the handshake, which an empty validator set
    /// does not pass (cometbft v0.38.19, node/node.go and consensus/state.go `OnStart`); a full
    /// node has signed nothing, but it has that log.
    fn proof_of_run(&self) -> Option<String> {
        match &self.sign_state {
            Signed::Height(height) => Some(format!("its validator has signed height {height}")),
            Signed::Unreadable(why) => {
                Some(format!("data/priv_validator_state.json cannot be read ({why})"))
            }
            Signed::Absent | Signed::Nothing if self.wal => {
                Some("data/cs.wal shows that its consensus has run".to_owned())
            }
            Signed::Absent | Signed::Nothing => None,
        }
    }

    fn first_database(&self) -> String {
        self.databases.first().cloned().unwrap_or_default()
    }
}
