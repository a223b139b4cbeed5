//! Makes keys, accounts, gentx and genesis by the node's own commands, in the staging folder.

use super::{InitError, World, keys::Keys, node::Node};

/// Adds the keys, each with one start of the node's program.
///
/// # Errors
///
/// [`InitError::Exec`] if a command fails.
pub(super) async fn add_keys(world: &World, keys: &Keys, node: &Node<'_>) -> Result<(), InitError> {
    for key in &keys.accounts {
        let account = &key.account;
        let added = node.add_key(&account.name, &key.mnemonic, &account.hd_path);
        world.timed("add-key", added).await?;
    }
    Ok(())
}

/// Adds the accounts and the validator, each with one start of the node's program.
///
/// # Errors
///
/// [`InitError::Exec`] if a command fails.
pub(super) async fn add_validator(
    world: &World,
    keys: &Keys,
    node: &Node<'_>,
) -> Result<(), InitError> {
    let config = &world.config;
    let accounts = keys.accounts.iter().map(|key| (key.address, &key.account.balance));
    let lanes = keys.lanes.iter().map(|address| (*address, &config.lanes.balance));
    for (address, balance) in accounts.chain(lanes) {
        if !balance.is_empty() {
            let address = address.bech32(&config.prefix);
            world.timed("add-genesis-account", node.add_genesis_account(&address, balance)).await?;
        }
    }
    for account in &config.accounts {
        if let Some(amount) = &account.gentx {
            world.timed("gentx", node.gentx(&account.name, amount, config)).await?;
            world.timed("collect-gentxs", node.collect_gentxs()).await?;
        }
    }
    Ok(())
}
