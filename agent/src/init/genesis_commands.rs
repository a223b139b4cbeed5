//! The extra `<app>d genesis …` commands that the configuration asks for.

use super::{InitError, World, keys::Keys, node::Node};

/// Runs them in order.
///
/// A word may be `{{ address "NAME" }}`: the address of that account.
///
/// # Errors
///
/// [`InitError::Exec`] if one fails, [`InitError::NoSuchAccount`] for an unknown name.
pub async fn run(world: &World, keys: &Keys, node: &Node<'_>) -> Result<(), InitError> {
    for words in &world.config.genesis_commands {
        let words: Result<Vec<_>, _> = words.iter().map(|word| filled(world, keys, word)).collect();
        let words = words?;
        world.timed("genesis-command", node.genesis_command(&words)).await?;
    }
    Ok(())
}

fn filled(world: &World, keys: &Keys, text: &str) -> Result<String, InitError> {
    let Some(name) = placeholder(text) else { return Ok(text.to_owned()) };
    let key = keys.accounts.iter().find(|key| key.account.name == name);
    let key = key.ok_or_else(|| InitError::NoSuchAccount(name.to_owned()))?;
    Ok(key.address.bech32(&world.config.prefix))
}

/// Reads `{{ address "NAME" }}`.
pub(crate) fn placeholder(word: &str) -> Option<&str> {
    let inner = word.strip_prefix("{{")?.strip_suffix("}}")?.trim();
    inner.strip_prefix("address")?.trim().strip_prefix('"')?.strip_suffix('"')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_whole_placeholder_is_one() {
        assert_eq!(placeholder("{{ address \"local-admin\" }}"), Some("local-admin"));
        assert_eq!(placeholder("{{address \"a\"}}"), Some("a"));
        assert_eq!(placeholder("cosmos1abc"), None);
        assert_eq!(placeholder("{{ index }}"), None);
    }
}
