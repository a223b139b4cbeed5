//! A Cosmos chain from outside: mnemonic, keys, keyring, coin, address, transaction, genesis document.
