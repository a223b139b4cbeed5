//! A chain of the configuration: its RPC, and who signs there.

use std::time::Duration;

use agent::{
    cosmos::{
        address::Address,
        keys::{KeyError, PrivateKey, PublicKey},
        mnemonic::{Mnemonic, MnemonicError, Seed},
        proto::KeyBytes,
        rpc::{Rpc, RpcError},
        tx::{AuthInfo, TxRaw},
    },
    files::{self, FileError},
};
use prost::Message as _;
use thiserror::Error;
use tokio::{
    sync::{Mutex, OnceCell},
    time::{Instant, sleep},
};

use crate::{chain_state::Snapshot, config, wait::NotReady};

/// How often a missing mnemonic is looked for.
const MNEMONIC_EVERY: Duration = Duration::from_millis(200);

/// How far apart the two looks at a mempool are: longer than a node takes to check a transaction
/// that it has just been sent.
const MEMPOOL_GAP: Duration = Duration::from_millis(250);

/// How often a mempool is looked at that is not free.
const MEMPOOL_EVERY: Duration = Duration::from_millis(200);

/// A chain of the configuration.
#[derive(Debug)]
pub struct Chain {
    /// What is configured.
    pub config: config::Chain,
    /// The node.
    pub rpc: Rpc,
    seed: OnceCell<Seed>,
    snapshot: Mutex<Option<std::rc::Rc<Snapshot>>>,
    pub(crate) ready: Mutex<Option<NotReady>>,
}

/// Why there is no key.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SeedError {
    /// The mnemonic's file did not come.
    #[error(
        "there is no mnemonic file `{path}` for chain `{chain}` after {waited:?}; mount the Secret \
         there, or set `defaults.mnemonic` or `chains[].mnemonic`"
    )]
    Absent {
        /// The chain.
        chain: String,
        /// The file.
        path: String,
        /// How long we waited.
        waited: Duration,
    },
    /// The mnemonic's file has none.
    #[error("the mnemonic file `{path}` of chain `{chain}` is not usable")]
    Invalid {
        /// The chain.
        chain: String,
        /// The file.
        path: String,
        /// What is wrong, without the words.
        #[source]
        source: MnemonicError,
    },
    /// The file cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// A path leads to no key.
    #[error(transparent)]
    Key(#[from] KeyError),
}

impl Chain {
    /// A chain that nobody has talked to yet.
    pub fn new(config: config::Chain) -> Self {
        let rpc = Rpc::new(config.rpc.clone());
        Self {
            config,
            rpc,
            seed: OnceCell::new(),
            snapshot: Mutex::new(None),
            ready: Mutex::new(None),
        }
    }

    /// The chain's name.
    pub fn name(&self) -> &str {
        &self.config.name
    }

    /// The seed of the chain's mnemonic; waits for its file.
    ///
    /// # Errors
    ///
    /// [`SeedError`] if the file does not come, or has no mnemonic.
    pub async fn seed(&self) -> Result<&Seed, SeedError> {
        self.seed.get_or_try_init(|| self.read_seed()).await
    }

    async fn read_seed(&self) -> Result<Seed, SeedError> {
        let file = &self.config.mnemonic;
        let (chain, path) = (|| self.config.name.clone(), || file.path.display().to_string());
        let began = Instant::now();
        let mut told = false;
        loop {
            if let Some(bytes) = files::read(&file.path)? {
                let words = String::from_utf8_lossy(&bytes);
                let invalid = |source| SeedError::Invalid { chain: chain(), path: path(), source };
                return Ok(Mnemonic::parse(&words).map_err(invalid)?.seed());
            }
            if began.elapsed() >= file.wait {
                let waited = file.wait;
                return Err(SeedError::Absent { chain: chain(), path: path(), waited });
            }
            if !told {
                tracing::info!(chain = chain(), path = path(), "waiting for the mnemonic file");
                told = true;
            }
            sleep(MNEMONIC_EVERY).await;
        }
    }

    /// The key of the relayer on this chain; waits for the mnemonic.
    ///
    /// # Errors
    ///
    /// As [`Chain::seed`].
    pub async fn relayer(&self) -> Result<PrivateKey, SeedError> {
        Ok(PrivateKey::derive(self.seed().await?, &self.config.hd_path)?)
    }

    /// An address as this chain writes it.
    pub fn bech32(&self, address: Address) -> String {
        address.bech32(&self.config.prefix)
    }

    /// Clients, connections and channels, as they are at `since` or later. Several callers at the
    /// same time share one look.
    ///
    /// # Errors
    ///
    /// [`RpcError`] if the node does not answer.
    pub async fn snapshot(&self, since: Instant) -> Result<std::rc::Rc<Snapshot>, RpcError> {
        let mut last = self.snapshot.lock().await;
        if let Some(snapshot) = last.as_ref().filter(|snapshot| snapshot.taken >= since) {
            return Ok(snapshot.clone());
        }
        let snapshot = std::rc::Rc::new(Snapshot::take(&self.rpc).await?);
        *last = Some(snapshot.clone());
        Ok(snapshot)
    }

    /// Waits until no transaction of these accounts waits for a block, or two blocks have passed:
    /// what was sent before is then in a block, or will be in none.
    ///
    /// # Errors
    ///
    /// [`RpcError`] if the node does not answer.
    pub async fn settle(&self, signers: &[Address]) -> Result<(), RpcError> {
        let begun = self.rpc.status().await?.height;
        let mut free = false;
        loop {
            let busy = self.has_waiting(signers).await?;
            match (busy, free) {
                (false, true) => return Ok(()),
                (false, false) => {
                    free = true;
                    sleep(MEMPOOL_GAP).await;
                }
                (true, _) => {
                    free = false;
                    if self.rpc.status().await?.height >= begun + 2 {
                        return Ok(());
                    }
                    sleep(MEMPOOL_EVERY).await;
                }
            }
        }
    }

    async fn has_waiting(&self, accounts: &[Address]) -> Result<bool, RpcError> {
        let mempool = self.rpc.mempool().await?;
        let shown = mempool.transactions.len() as u64;
        // What is not shown may be ours.
        let hidden = mempool.total > shown;
        let ours = |tx: &Vec<u8>| signers(tx).iter().any(|signer| accounts.contains(signer));
        Ok(hidden || mempool.transactions.iter().any(ours))
    }
}

/// The accounts that signed a transaction, as far as they have one key each.
fn signers(tx: &[u8]) -> Vec<Address> {
    let Ok(raw) = TxRaw::decode(tx) else { return Vec::new() };
    let Ok(auth) = AuthInfo::decode(&*raw.auth_info_bytes) else { return Vec::new() };
    let address = |key: Vec<u8>| {
        let bytes = KeyBytes::decode(&*key).ok()?;
        PublicKey::from_bytes(&bytes.key).ok().map(|key| key.address())
    };
    let infos = auth.signer_infos.into_iter();
    infos.filter_map(|info| address(info.public_key?.value)).collect()
}
