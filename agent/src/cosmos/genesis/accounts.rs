//! Accounts in a genesis: who has what before the first block.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{Genesis, GenesisError, path};
use crate::cosmos::{
    address::{self, Address, Bech32Prefix},
    coin::{Coin, CoinError, Coins, parse_amount},
};

const ACCOUNTS: &str = "app_state.auth.accounts";
const BALANCES: &str = "app_state.bank.balances";
const SUPPLY: &str = "app_state.bank.supply";

/// Keys of what an account can be wrapped in: a module's account, and a vesting one.
const WRAPPERS: [&str; 2] = ["base_account", "base_vesting_account"];

impl Genesis {
    /// Adds an account with its coins, and leaves what `genesis add-genesis-account` leaves: the
    /// lowest free account number, balances in the order of their addresses, the new supply.
    ///
    /// Where the supply is empty, it becomes the sum of all balances. (The command then writes
    /// the new coins only, which the chain refuses if there were balances before.)
    ///
    /// # Errors
    ///
    /// [`GenesisError::AccountExists`] if the account is there or has coins, and
    /// [`GenesisError`] for anything that is not where it was expected; nothing is changed then.
    ///
    /// # Source
    ///
    /// `AddGenesisAccount`, cosmos-sdk v0.53.4, x/genutil/genaccounts.go:25.
    pub fn add_account(
        &mut self,
        account: Address,
        prefix: &Bech32Prefix,
        coins: &Coins,
    ) -> Result<(), GenesisError> {
        let text = account.bech32(prefix);
        let is_known = |entry: &Value| field(entry, "address") == Some(text.as_str());
        let mut accounts = path::list(&self.0, ACCOUNTS)?.to_vec();
        let mut balances = path::list(&self.0, BALANCES)?.to_vec();
        if accounts.iter().chain(&balances).any(is_known) {
            return Err(GenesisError::AccountExists(text));
        }
        let mut supply = coins_at(&self.0, SUPPLY)?;
        if supply.is_empty() {
            for number in 0..balances.len() {
                let balance = coins_at(&self.0, &format!("{BALANCES}.{number}.coins"))?;
                add_all(&mut supply, &balance)?;
            }
        }
        add_all(&mut supply, coins)?;

        accounts.push(json!({
            "@type": "/cosmos.auth.v1beta1.BaseAccount",
            "address": text,
            "pub_key": null,
            "account_number": "0",
            "sequence": "0",
        }));
        number_accounts(&mut accounts)?;
        balances.push(json!({"address": text, "coins": to_json(coins)}));
        balances.sort_by_cached_key(address_bytes);

        *path::list_mut(&mut self.0, ACCOUNTS)? = accounts;
        *path::list_mut(&mut self.0, BALANCES)? = balances;
        *path::list_mut(&mut self.0, SUPPLY)? = to_json(&supply);
        Ok(())
    }

    /// What the account with these address bytes has.
    pub(super) fn balance(&self, account: &[u8]) -> Result<Coins, GenesisError> {
        let balances = path::list(&self.0, BALANCES)?;
        let number = balances.iter().position(|balance| address_bytes(balance) == account);
        match number {
            Some(number) => coins_at(&self.0, &format!("{BALANCES}.{number}.coins")),
            None => Ok(Coins::default()),
        }
    }
}

/// Gives accounts whose number another one has the lowest free one, and sorts all by number.
///
/// # Source
///
/// `SanitizeGenesisAccounts`, cosmos-sdk v0.53.4, x/auth/types/genesis.go:79.
fn number_accounts(accounts: &mut [Value]) -> Result<(), GenesisError> {
    let mut taken = BTreeSet::new();
    let mut doubles: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
    for (index, account) in accounts.iter().enumerate() {
        let number = account_number(account).ok_or_else(|| no_number(index))?;
        if !taken.insert(number) {
            doubles.entry(number).or_default().push(index);
        }
    }
    let mut free = 0..;
    for index in doubles.into_values().flatten() {
        let number = free.find(|number| taken.insert(*number)).ok_or_else(|| no_number(index))?;
        let entry = accounts
            .get_mut(index)
            .and_then(|account| base_mut(account)?.get_mut("account_number"));
        *entry.ok_or_else(|| no_number(index))? = json!(number.to_string());
    }
    accounts.sort_by_key(account_number);
    Ok(())
}

fn no_number(index: usize) -> GenesisError {
    GenesisError::Path(path::PathError::NoKey {
        parent: format!("{ACCOUNTS}.{index}"),
        key: "account_number".to_owned(),
        nearest: None,
    })
}

fn account_number(account: &Value) -> Option<u64> {
    field(account, "account_number")?.parse().ok()
}

/// A text of an account, or of the account that it wraps.
fn field<'v>(account: &'v Value, key: &str) -> Option<&'v str> {
    match account.get(key) {
        Some(text) => text.as_str(),
        None => WRAPPERS.iter().find_map(|wrapper| field(account.get(wrapper)?, key)),
    }
}

/// The account that has the number: itself, or the one that it wraps.
fn base_mut(account: &mut Value) -> Option<&mut Value> {
    let Some(wrapper) = WRAPPERS.iter().find(|wrapper| account.get(wrapper).is_some()) else {
        return Some(account);
    };
    base_mut(account.get_mut(wrapper)?)
}

/// The bytes of the address of a balance; none where it cannot be read, as in the SDK.
fn address_bytes(balance: &Value) -> Vec<u8> {
    let address = field(balance, "address").and_then(|text| address::decode(text).ok());
    address.map(|(_, bytes)| bytes).unwrap_or_default()
}

/// The coins in the list at `path`.
fn coins_at(document: &Value, path: &str) -> Result<Coins, GenesisError> {
    let mut coins = Coins::default();
    for number in 0..path::list(document, path)?.len() {
        let path = format!("{path}.{number}");
        let error = |source| GenesisError::Coin { path: path.clone(), source };
        let coin = |coin: &Value| -> Result<Coin, GenesisError> {
            let denom = path::text(coin, "denom")?.parse().map_err(error)?;
            let amount = parse_amount(path::text(coin, "amount")?).map_err(error)?;
            Ok(Coin { amount, denom })
        };
        coins.add(&coin(path::get(document, &path)?)?).map_err(error)?;
    }
    Ok(coins)
}

fn add_all(supply: &mut Coins, coins: &Coins) -> Result<(), GenesisError> {
    let error = |source: CoinError| GenesisError::Coin { path: SUPPLY.to_owned(), source };
    coins.iter().try_for_each(|coin| supply.add(&coin).map_err(error))
}

fn to_json(coins: &Coins) -> Vec<Value> {
    let coin =
        |coin: Coin| json!({"denom": coin.denom.to_string(), "amount": coin.amount.to_string()});
    coins.iter().map(coin).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::cosmos::testdata::text;

    fn prefix() -> Bech32Prefix {
        "cosmos".parse().unwrap()
    }

    fn account(byte: u8) -> Address {
        Address::new([byte; 20])
    }

    fn genesis(accounts: &Value, balances: &Value, supply: &Value) -> Genesis {
        let auth = json!({"accounts": accounts});
        let bank = json!({"balances": balances, "supply": supply});
        Genesis(json!({"app_state": {"auth": auth, "bank": bank}}))
    }

    fn empty() -> Genesis {
        genesis(&json!([]), &json!([]), &json!([]))
    }

    fn add(genesis: &mut Genesis, byte: u8, coins: &str) -> Result<(), GenesisError> {
        genesis.add_account(account(byte), &prefix(), &coins.parse().unwrap())
    }

    fn numbers(genesis: &Genesis) -> Vec<u64> {
        let accounts = path::list(&genesis.0, ACCOUNTS).unwrap();
        accounts.iter().map(|account| account_number(account).unwrap()).collect()
    }

    #[test]
    fn what_gwcd_writes_is_written() {
        let mut genesis = Genesis::parse(include_bytes!("../testdata/genesis-init.json")).unwrap();
        let coins = ["1000000000000uatom", "100000000000uatom", "100000000000uatom"];
        for (index, coins) in coins.iter().enumerate() {
            let address = Address::parse(&text(&format!("/keys/{index}/acc")), &prefix()).unwrap();
            genesis.add_account(address, &prefix(), &coins.parse().unwrap()).unwrap();
        }
        let expected = include_bytes!("../testdata/genesis-accounts.json");
        assert!(genesis.to_bytes() == expected);
    }

    #[test]
    fn balances_are_sorted_by_address_and_accounts_by_number() {
        let mut genesis = empty();
        for byte in [3, 1, 2] {
            add(&mut genesis, byte, "1uatom").unwrap();
        }
        let balances = path::list(&genesis.0, BALANCES).unwrap();
        let order: Vec<_> = balances.iter().map(|balance| address_bytes(balance)[0]).collect();
        assert_eq!(order, [1, 2, 3]);
        assert_eq!(numbers(&genesis), [0, 1, 2]);
        let first = path::text(&genesis.0, "app_state.auth.accounts.0.address").unwrap();
        assert_eq!(first, account(3).bech32(&prefix()));
    }

    #[test]
    fn the_lowest_free_number_is_taken() {
        let module = json!({"@type": "module", "base_account": {"account_number": "0"}});
        let vesting = json!({"base_vesting_account": {"base_account": {"account_number": "2"}}});
        let mut genesis = genesis(&json!([vesting, module]), &json!([]), &json!([]));
        add(&mut genesis, 1, "1uatom").unwrap();
        add(&mut genesis, 2, "1uatom").unwrap();
        assert_eq!(numbers(&genesis), [0, 1, 2, 3]);
    }

    #[test]
    fn doubles_that_were_there_before_are_renumbered() {
        let nested = |number: &str| json!({"base_account": {"account_number": number}});
        let accounts = json!([nested("0"), nested("0"), nested("5"), nested("5")]);
        let mut genesis = genesis(&accounts, &json!([]), &json!([]));
        add(&mut genesis, 1, "1uatom").unwrap();
        assert_eq!(numbers(&genesis), [0, 1, 2, 3, 5]);
    }

    #[test]
    fn an_account_is_added_once() {
        let mut genesis = empty();
        add(&mut genesis, 1, "1uatom").unwrap();
        let before = genesis.clone();
        let error = add(&mut genesis, 1, "1uatom").unwrap_err();
        assert!(matches!(error, GenesisError::AccountExists(_)));
        assert_eq!(genesis, before);
    }

    #[test]
    fn an_empty_supply_becomes_the_sum_of_all_balances() {
        let balance = json!({"address": "x", "coins": [{"denom": "uosmo", "amount": "5"}]});
        let mut genesis = genesis(&json!([]), &json!([balance]), &json!([]));
        add(&mut genesis, 1, "1uatom").unwrap();
        assert_eq!(coins_at(&genesis.0, SUPPLY).unwrap().to_string(), "1uatom,5uosmo");
    }

    #[test]
    fn what_is_not_where_it_was_expected_is_named() {
        let error = |mut genesis: Genesis| {
            let before = genesis.clone();
            let error = add(&mut genesis, 1, "1uatom").unwrap_err();
            assert_eq!(genesis, before);
            error
        };
        let message = error(genesis(&json!({}), &json!([]), &json!([]))).to_string();
        assert_eq!(message, "`app_state.auth.accounts` has an object, not a list");
        let message = error(genesis(&json!([{}]), &json!([]), &json!([]))).to_string();
        assert_eq!(message, "`app_state.auth.accounts.0` has no key `account_number`");
        let supply = json!([{"denom": "uatom", "amount": "-1"}]);
        let message = error(genesis(&json!([]), &json!([]), &supply)).to_string();
        assert_eq!(message, "`app_state.bank.supply.0` of the genesis");
        let most = json!([{"denom": "uatom", "amount": u128::MAX.to_string()}]);
        let message = error(genesis(&json!([]), &json!([]), &most)).to_string();
        assert_eq!(message, "`app_state.bank.supply` of the genesis");
    }

    proptest! {
        #[test]
        fn the_supply_is_the_sum_of_all_balances(
            accounts in prop::collection::btree_map(any::<u8>(), 0..1000_u128, 1..20),
        ) {
            let mut genesis = empty();
            for (byte, amount) in &accounts {
                add(&mut genesis, *byte, &format!("{amount}uatom")).unwrap();
            }
            let supply = coins_at(&genesis.0, SUPPLY).unwrap();
            let denom = "uatom".parse().unwrap();
            prop_assert_eq!(supply.amount_of(&denom), accounts.values().sum::<u128>());
            let expected: Vec<u64> = (0..).take(accounts.len()).collect();
            prop_assert_eq!(numbers(&genesis), expected);
            for (byte, amount) in accounts {
                let balance = genesis.balance(account(byte).as_bytes()).unwrap();
                prop_assert_eq!(balance.amount_of(&denom), amount);
            }
        }
    }
}
