//! Makes keys, accounts, balances, gentx and genesis as the node's own commands would.

use std::net::Ipv4Addr;

use super::{InitError, World, home::Home, keys::Keys};
use crate::{
    cosmos::{
        external_ip::{external_ip, gentx_memo},
        genesis::{Genesis, Presence},
        gentx::{Commission, Gentx, GentxFormat, Profile, SignedGentx},
        keyring::Keyring,
        node_key::{NodeId, NodeKey, PrivValidatorKey},
    },
    files::{self, FileError, PRIVATE, PRIVATE_DIR, PUBLIC},
};

/// Writes the keyring of the staged home.
///
/// # Errors
///
/// [`InitError`] if the volume refuses.
pub(super) fn add_keys(world: &World, keys: &Keys, staged: &Home) -> Result<(), InitError> {
    world.timed_now("keyring", || write_keys(&Keyring::test(staged.root()), keys))
}

/// Adds the accounts and the validator to the genesis of the staged home.
///
/// # Errors
///
/// [`InitError`] if the node's genesis is not of the shape that we know, or the volume refuses.
pub(super) fn add_validator(
    world: &World,
    keys: &Keys,
    staged: &Home,
    format: GentxFormat,
) -> Result<(), InitError> {
    let mut genesis = read_genesis(staged)?;
    world.timed_now("accounts", || add_accounts(world, keys, &mut genesis))?;
    world.timed_now("gentx", || add_gentx(world, keys, staged, format, &mut genesis))?;
    write_genesis(staged, &genesis)
}

/// Makes the edits of the genesis that the configuration asks for.
///
/// # Errors
///
/// [`InitError::Genesis`] if a key is not there.
pub(super) fn edit_genesis(world: &World, staged: &Home) -> Result<(), InitError> {
    let config = &world.config;
    if config.documents.genesis.is_empty() && config.genesis_time.is_none() {
        return Ok(());
    }
    let mut genesis = read_genesis(staged)?;
    for edit in &config.documents.genesis {
        let presence = if edit.new { Presence::New } else { Presence::MustExist };
        genesis.set(&edit.key(), edit.value.to_json(), presence)?;
    }
    if let Some(time) = &config.genesis_time {
        genesis.set("genesis_time", time.as_str().into(), Presence::MustExist)?;
    }
    write_genesis(staged, &genesis)
}

/// Refuses a keyring that has another key under the name of one of ours.
///
/// # Errors
///
/// [`InitError::OtherKey`] for the first such name.
pub(super) fn check_keyring(world: &World, keys: &Keys) -> Result<(), InitError> {
    let keyring = Keyring::test(&world.config.keyring_dir);
    for key in &keys.accounts {
        let name = &key.account.name;
        let Some(found) = keyring.find(name)? else { continue };
        if found.address() == Some(key.address) {
            continue;
        }
        let prefix = &world.config.prefix;
        let found = found.address().map(|address| address.bech32(prefix));
        return Err(InitError::OtherKey {
            dir: keyring.dir().to_owned(),
            name: name.clone(),
            found: found.unwrap_or_else(|| "not of an account".to_owned()),
            wanted: key.address.bech32(prefix),
        });
    }
    Ok(())
}

/// Adds the keys that the keyring of a whole home lacks, if the mnemonic is there.
///
/// # Errors
///
/// [`InitError::OtherKey`] if it has others, or the volume refuses.
pub(super) fn complete_keyring(world: &World) -> Result<(), InitError> {
    let Some(keys) = Keys::if_there(&world.config)? else { return Ok(()) };
    check_keyring(world, &keys)?;
    write_keys(&Keyring::test(&world.config.keyring_dir), &keys)
}

/// Writes the keys that a keyring does not have yet; never over one that is there.
fn write_keys(keyring: &Keyring, keys: &Keys) -> Result<(), InitError> {
    files::make_dir(keyring.dir(), PRIVATE_DIR)?;
    for key in &keys.accounts {
        for entry in keyring.entries(&key.account.name, &key.key)? {
            let path = keyring.dir().join(&entry.file_name);
            if files::read(&path)?.is_none_or(|bytes| bytes.is_empty()) {
                files::replace(&path, &entry.contents, PRIVATE)?;
            }
        }
    }
    Ok(())
}

fn add_accounts(world: &World, keys: &Keys, genesis: &mut Genesis) -> Result<(), InitError> {
    let config = &world.config;
    let accounts = keys.accounts.iter().map(|key| (key.address, &key.account.balance));
    let lanes = keys.lanes.iter().map(|address| (*address, &config.lanes.balance));
    for (address, balance) in accounts.chain(lanes) {
        if !balance.is_empty() {
            genesis.add_account(address, &config.prefix, balance)?;
        }
    }
    Ok(())
}

fn add_gentx(
    world: &World,
    keys: &Keys,
    staged: &Home,
    format: GentxFormat,
    genesis: &mut Genesis,
) -> Result<(), InitError> {
    let config = &world.config;
    let validator = keys.accounts.iter().find_map(|key| Some((key, key.account.gentx.clone()?)));
    let Some((validator, amount)) = validator else { return Ok(()) };
    let node = NodeKey::parse(&must_read(&staged.node_key())?)?.id();
    let consensus_key = PrivValidatorKey::parse(&must_read(&staged.consensus_key())?)?.public_key();
    let gentx = Gentx {
        chain_id: config.chain_id.clone(),
        prefix: config.prefix.clone(),
        profile: Profile { moniker: config.moniker.clone(), ..Profile::default() },
        commission: Commission::default(),
        amount,
        min_self_delegation: 1,
        consensus_key,
        memo: memo(world, &node)?,
    };
    let signed = gentx.sign(&validator.key, format)?;
    let dir = staged.config().join("gentx");
    files::make_dir(&dir, PRIVATE_DIR)?;
    let file = dir.join(SignedGentx::file_name(&node));
    files::write_synced(&file, &signed.to_file(), PUBLIC)?;
    Ok(genesis.set_gentxs([signed.json()])?)
}

/// Where other nodes find this one: what is configured, else what `gentx` would find out.
fn memo(world: &World, node: &NodeId) -> Result<String, InitError> {
    if let Some(host) = &world.config.peer_host {
        return Ok(format!("{node}@{host}:26656"));
    }
    let ip: Option<Ipv4Addr> = external_ip().map_err(InitError::Interfaces)?;
    Ok(gentx_memo(node, ip))
}

fn read_genesis(staged: &Home) -> Result<Genesis, InitError> {
    Ok(Genesis::parse(&must_read(&staged.genesis())?)?)
}

fn write_genesis(staged: &Home, genesis: &Genesis) -> Result<(), InitError> {
    let mode = files::mode(&staged.genesis())?;
    Ok(files::write_synced(&staged.genesis(), &genesis.to_bytes(), mode)?)
}

/// Reads a file that the node's `init` makes.
fn must_read(path: &std::path::Path) -> Result<Vec<u8>, InitError> {
    let absent = || FileError::new("read", path)(std::io::ErrorKind::NotFound.into());
    Ok(files::read(path)?.ok_or_else(absent)?)
}
