//! The keys of a home, derived from its mnemonics.

use std::{rc::Rc, time::Duration};

use zeroize::Zeroizing;

use super::{
    InitError,
    mnemonic::{self, MnemonicFileError},
};
use crate::{
    config::init::{Account, InitConfig, MnemonicFile},
    cosmos::{
        address::Address,
        hd::HdPath,
        keys::{KeyError, PrivateKey},
        mnemonic::{Mnemonic, Seed},
    },
};

/// An account and its key.
#[derive(Debug)]
pub struct AccountKey {
    /// What is configured.
    pub account: Account,
    /// The key.
    pub key: PrivateKey,
    /// The key's address.
    pub address: Address,
    /// The words it comes from, for the node's own `keys add --recover`.
    pub mnemonic: Rc<Mnemonic>,
}

/// All that comes from the mnemonics.
#[derive(Debug)]
pub struct Keys {
    /// The accounts, in the order of the configuration.
    pub accounts: Vec<AccountKey>,
    /// The addresses of the lanes, in order.
    pub lanes: Vec<Address>,
    /// The seed of a consensus key that comes from the mnemonic.
    pub consensus_seed: Zeroizing<[u8; 32]>,
}

impl Keys {
    /// Waits for the mnemonic files and derives all keys.
    ///
    /// # Errors
    ///
    /// [`InitError::Mnemonic`] if a file does not come or is not valid.
    pub async fn wait_for(config: &InitConfig) -> Result<Self, InitError> {
        forbid_core_dumps();
        let mut sources = Sources::default();
        for file in files(config) {
            let mnemonic = mnemonic::wait_for(file).await?;
            sources.add(file, mnemonic);
        }
        sources.derive(config)
    }

    /// Derives all keys if the mnemonic files are there; does not wait.
    ///
    /// # Errors
    ///
    /// [`InitError::Mnemonic`] if one is there and not valid.
    pub fn if_there(config: &InitConfig) -> Result<Option<Self>, InitError> {
        forbid_core_dumps();
        let mut sources = Sources::default();
        for file in files(config) {
            let Some(mnemonic) = mnemonic::read(file)? else { return Ok(None) };
            sources.add(file, mnemonic);
        }
        sources.derive(config).map(Some)
    }
}

/// Keeps what comes from the mnemonics out of core dumps and from debuggers of this user. Programs
/// that are started later are not concerned: `exec` ends it (prctl(2), `PR_SET_DUMPABLE`).
fn forbid_core_dumps() {
    let _ = nix::sys::prctl::set_dumpable(false); // the call has no other error than a bad argument
}

/// The files that are needed, each once.
fn files(config: &InitConfig) -> Vec<&MnemonicFile> {
    let own = config.accounts.iter().filter_map(|account| account.mnemonic.as_ref());
    let mut files = vec![&config.mnemonic];
    for file in own {
        if files.iter().all(|other| other.path != file.path) {
            files.push(file);
        }
    }
    files
}

/// The mnemonics by file, each with its seed, which is slow to compute.
#[derive(Default)]
struct Sources<'a>(Vec<(&'a MnemonicFile, Rc<Mnemonic>, Seed)>);

impl<'a> Sources<'a> {
    fn add(&mut self, file: &'a MnemonicFile, mnemonic: Mnemonic) {
        let seed = mnemonic.seed();
        self.0.push((file, mnemonic.into(), seed));
    }

    fn derive(&self, config: &InitConfig) -> Result<Keys, InitError> {
        let of = |file: &MnemonicFile| self.0.iter().find(|(other, ..)| other.path == file.path);
        let (_, mnemonic, seed) = of(&config.mnemonic).ok_or_else(|| absent(&config.mnemonic))?;
        let mut accounts = Vec::new();
        for account in &config.accounts {
            let file = account.mnemonic.as_ref().unwrap_or(&config.mnemonic);
            let (_, mnemonic, seed) = of(file).ok_or_else(|| absent(file))?;
            let key = derive(seed, &account.hd_path)?;
            let address = key.public_key().address();
            accounts.push(AccountKey {
                account: account.clone(),
                key,
                address,
                mnemonic: mnemonic.clone(),
            });
        }
        distinct(&accounts)?;
        let lane = |path| derive(seed, path).map(|key| key.public_key().address());
        let lanes = config.lanes.hd_paths.iter().map(lane).collect::<Result<_, _>>()?;
        Ok(Keys { accounts, lanes, consensus_seed: mnemonic.consensus_seed() })
    }
}

/// The same key under two names would be one account with two balances.
fn distinct(accounts: &[AccountKey]) -> Result<(), InitError> {
    for (index, one) in accounts.iter().enumerate() {
        if let Some(other) = accounts.iter().skip(index + 1).find(|o| o.address == one.address) {
            let (first, second) = (one.account.name.clone(), other.account.name.clone());
            return Err(InitError::SameAddress { first, second });
        }
    }
    Ok(())
}

fn derive(seed: &Seed, path: &HdPath) -> Result<PrivateKey, KeyError> {
    PrivateKey::derive(seed, path)
}

fn absent(file: &MnemonicFile) -> MnemonicFileError {
    MnemonicFileError::Absent { path: file.path.clone(), waited: Duration::ZERO }
}
