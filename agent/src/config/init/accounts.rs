//! The accounts of a home: their keys, what they own at genesis, and who validates.

use std::{collections::BTreeSet, path::PathBuf, time::Duration};

use crate::{
    config::{
        env::Env,
        reader::{Field, Section},
        yaml::Kind,
    },
    cosmos::{
        chain_id::ChainId,
        coin::{Coin, Coins, Denom},
        gentx::DEFAULT_POWER_REDUCTION,
        hd::HdPath,
    },
};

/// How long a file of somebody else's may take to be there, unless configured.
const WAIT: Duration = Duration::from_mins(5);

/// The SLIP-44 coin type of ATOM, which most Cosmos chains use.
const COIN_TYPE: u32 = 118;

/// The largest index of a BIP-32 path that is not hardened.
const MAX_INDEX: u32 = 0x7fff_ffff;

/// The most lanes; each costs a key derivation.
const MAX_LANES: u32 = 10_000;

/// The accounts of the contract: name, balance and, for the validator, its delegation.
const DEFAULT_ACCOUNTS: [(&str, u128, Option<u128>); 3] = [
    ("validator", 1_000_000_000_000, Some(1_000_000_000)),
    ("relayer", 100_000_000_000, None),
    ("creator", 100_000_000_000, None),
];

/// What a lane owns unless configured: enough for thousands of handshakes.
const LANE_BALANCE: u128 = 1_000_000_000;

/// A file with a mnemonic, and how long to wait for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MnemonicFile {
    /// The file, usually in the mount of a Secret.
    pub path: PathBuf,
    /// How long the file may take to appear.
    pub wait: Duration,
}

/// One key of the keyring, and what its account owns at genesis.
#[derive(Clone, Debug, PartialEq)]
pub struct Account {
    /// The key's name in the keyring.
    pub name: String,
    /// The path from the mnemonic to the key.
    pub hd_path: HdPath,
    /// What the account owns; nothing makes a key without a genesis account.
    pub balance: Coins,
    /// What the account delegates to this node as its validator.
    pub gentx: Option<Coin>,
    /// A mnemonic of its own.
    pub mnemonic: Option<MnemonicFile>,
}

/// Accounts that only sign for one link each, funded at genesis.
#[derive(Clone, Debug, PartialEq)]
pub struct Lanes {
    /// The path of each, in order.
    pub hd_paths: Vec<HdPath>,
    /// What each owns.
    pub balance: Coins,
}

/// Reads where the mnemonic of all accounts is.
pub(super) fn mnemonic(
    section: &mut Section<'_>,
    env: &Env,
    chain_id: Option<&ChainId>,
) -> Option<MnemonicFile> {
    let mut file = section.take_section("mnemonic");
    let path = match file.take_or_env("file", env, "MNEMONIC_FILE") {
        Some(field) => field.path(),
        None => chain_id.map(|id| PathBuf::from(format!("/etc/mnemonics/{id}.mnemonic"))),
    };
    let wait = wait(&mut file);
    file.finish();
    Some(MnemonicFile { path: path?, wait })
}

/// Reads the accounts and lanes; what has a problem is left out.
pub(super) fn read(section: &mut Section<'_>, denom: Option<&Denom>) -> (Vec<Account>, Lanes) {
    let coin_type = section.take("coinType").and_then(|field| field.number(0, MAX_INDEX));
    let coin_type = coin_type.unwrap_or(COIN_TYPE);
    let accounts = match section.take("accounts") {
        Some(field) => configured(&field, coin_type),
        None => denom.map(|denom| defaults(denom, coin_type)).unwrap_or_default(),
    };
    let lanes = lanes(section, denom, coin_type, &accounts);
    (accounts, lanes)
}

/// `m/44'/<coin type>'/0'/0/<index>`.
fn account_path(coin_type: u32, index: u32) -> HdPath {
    HdPath::account(coin_type, index).expect("both numbers are below 2^31")
}

fn defaults(denom: &Denom, coin_type: u32) -> Vec<Account> {
    let coin = |amount| Coin { amount, denom: denom.clone() };
    let account = |(index, (name, balance, gentx)): (u32, (&str, u128, Option<u128>))| Account {
        name: name.to_owned(),
        hd_path: account_path(coin_type, index),
        balance: coin(balance).into(),
        gentx: gentx.map(coin),
        mnemonic: None,
    };
    (0..).zip(DEFAULT_ACCOUNTS).map(account).collect()
}

fn configured(field: &Field<'_>, coin_type: u32) -> Vec<Account> {
    let items = field.list().unwrap_or_default();
    let mut seen = Seen::default();
    let mut accounts = Vec::new();
    for (index, item) in (0..).zip(&items) {
        let Some(account) = account(item, account_path(coin_type, index)) else { continue };
        seen.check(item, &account);
        accounts.push(account);
    }
    if items.is_empty() {
        field.problem("must have at least one account");
    }
    accounts
}

fn account(field: &Field<'_>, default_path: HdPath) -> Option<Account> {
    let mut section = field.section()?;
    let name = section.take("name");
    if name.is_none() {
        section.missing("name", "must be set: the key's name in the keyring");
    }
    let name = name.and_then(|field| key_name(&field));
    let hd_path = match section.take("hdPath") {
        Some(field) => field.parse::<HdPath>(),
        None => Some(default_path),
    };
    let balance = section.take("balance").map(|field| coins(&field)).unwrap_or_default();
    let gentx = section.take("gentx").and_then(|field| {
        let coin = field.parse::<Coin>()?;
        self_delegation_fits(&field, &coin, &balance).then_some(coin)
    });
    let mnemonic = section.take("mnemonic").and_then(|field| own_mnemonic(&field));
    section.finish();
    Some(Account { name: name?, hd_path: hd_path?, balance, gentx, mnemonic })
}

fn own_mnemonic(field: &Field<'_>) -> Option<MnemonicFile> {
    let mut file = field.section()?;
    let path = file.take("file").and_then(|field| field.path());
    if path.is_none() {
        file.missing("file", "must be set: the file with this account's mnemonic");
    }
    let wait = wait(&mut file);
    file.finish();
    Some(MnemonicFile { path: path?, wait })
}

/// Reads how long a file of somebody else's may take to be there.
pub(super) fn wait(file: &mut Section<'_>) -> Duration {
    let most = Duration::from_hours(24);
    let wait = file.take("wait").and_then(|field| field.duration(Duration::ZERO, most));
    wait.unwrap_or(WAIT)
}

/// A key's name is part of a file's name.
fn key_name(field: &Field<'_>) -> Option<String> {
    let name = field.text()?;
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if name.chars().all(fits) && !name.starts_with(['.', '-']) {
        return Some(name);
    }
    field.problem(format!("is `{name}`; a key's name has letters, digits, `-`, `_` and `.`"));
    None
}

/// Reads `10uatom,5ustake`, or a list of such coins.
fn coins(field: &Field<'_>) -> Coins {
    let fields = match &field.node().kind {
        Kind::List(_) => field.list().unwrap_or_default(),
        _ => vec![field.clone()],
    };
    let mut coins = Coins::default();
    for field in &fields {
        for text in field.text().unwrap_or_default().split(',').filter(|text| !text.is_empty()) {
            match text.trim().parse::<Coin>() {
                Ok(coin) if coins.amount_of(&coin.denom) > 0 => {
                    field.problem(format!("names the denom `{}` twice", coin.denom));
                }
                Ok(coin) => {
                    let _ = coins.add(&coin); // one coin of a denom cannot overflow
                }
                Err(error) => field.problem(format!("is `{text}`: {error}")),
            }
        }
    }
    coins
}

fn self_delegation_fits(field: &Field<'_>, coin: &Coin, balance: &Coins) -> bool {
    let owned = balance.amount_of(&coin.denom);
    if owned < coin.amount {
        let denom = &coin.denom;
        field.problem(format!("is `{coin}`, but the account's balance is {owned}{denom}"));
    } else if coin.amount < DEFAULT_POWER_REDUCTION {
        field.problem(format!(
            "is `{coin}`; a validator needs at least {DEFAULT_POWER_REDUCTION} to be in the validator set"
        ));
    } else {
        return true;
    }
    false
}

/// Reads `lanes: 16`, or a map with `count`, `firstIndex` and `balance`.
fn lanes(
    section: &mut Section<'_>,
    denom: Option<&Denom>,
    coin_type: u32,
    accounts: &[Account],
) -> Lanes {
    let after = u32::try_from(accounts.len()).unwrap_or(MAX_INDEX);
    let written = section.take("lanes");
    let short = written.as_ref().filter(|f| matches!(f.node().kind, Kind::Scalar { .. }));
    let mut lanes = match written.as_ref().filter(|_| short.is_none()) {
        Some(field) => field.section().unwrap_or_else(|| section.empty_child("lanes")),
        None => section.empty_child("lanes"),
    };
    let count = short.cloned().or_else(|| lanes.take("count"));
    let count = count.and_then(|field| field.number(0, MAX_LANES)).unwrap_or(0);
    let first = lanes.take("firstIndex");
    let first_index =
        first.as_ref().and_then(|field| field.number(0, MAX_INDEX - MAX_LANES)).unwrap_or(after);
    let balance = match lanes.take("balance") {
        Some(field) => coins(&field),
        None => denom
            .map(|denom| Coins::from(Coin { amount: LANE_BALANCE, denom: denom.clone() }))
            .unwrap_or_default(),
    };
    lanes.finish();
    let paths = (first_index..first_index + count).map(|index| account_path(coin_type, index));
    let hd_paths: Vec<_> = paths.collect();
    let taken =
        |account: &&Account| account.mnemonic.is_none() && hd_paths.contains(&account.hd_path);
    if let Some(account) = accounts.iter().find(taken) {
        let message = format!(
            "makes a lane of {}, which is the account `{}`; set `firstIndex` higher",
            account.hd_path, account.name
        );
        match first {
            Some(field) => field.problem(message),
            None => section.missing("lanes.firstIndex", &message),
        }
    }
    Lanes { hd_paths, balance }
}

/// What may stand only once among the accounts.
#[derive(Default)]
struct Seen {
    names: BTreeSet<String>,
    keys: Vec<(HdPath, Option<MnemonicFile>)>,
    validator: Option<String>,
}

impl Seen {
    fn check(&mut self, field: &Field<'_>, account: &Account) {
        if !self.names.insert(account.name.clone()) {
            field.problem(format!("has the name `{}`, as another account", account.name));
        }
        let key = (account.hd_path.clone(), account.mnemonic.clone());
        if self.keys.contains(&key) {
            let path = &account.hd_path;
            field.problem(format!("has the HD path {path}, as another account: the same key"));
        }
        self.keys.push(key);
        if account.gentx.is_none() {
            return;
        }
        if let Some(other) = &self.validator {
            field.problem(format!("has a `gentx`, but `{other}` is the validator already"));
        }
        self.validator = Some(account.name.clone());
    }
}
