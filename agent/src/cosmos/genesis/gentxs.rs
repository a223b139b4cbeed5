//! Gentxs in a genesis.

use serde_json::Value;

use super::{Genesis, GenesisError, path};
use crate::cosmos::{
    address,
    coin::{Denom, parse_amount},
};

const GENTXS: &str = "app_state.genutil.gen_txs";
const MESSAGE: &str = "body.messages.0";

impl Genesis {
    /// Puts the gentxs into the genesis, in place of those that are there, as
    /// `genesis collect-gentxs` does with the files of `config/gentx/` in the order of their names.
    ///
    /// # Errors
    ///
    /// [`GenesisError`] for a gentx that the command would refuse: not one message that makes a
    /// validator, or an account that has not what it delegates; nothing is changed then.
    ///
    /// # Source
    ///
    /// `CollectTxs`, cosmos-sdk v0.53.4, x/genutil/collect.go:68.
    pub fn set_gentxs<'a>(
        &mut self,
        gentxs: impl IntoIterator<Item = &'a [u8]>,
    ) -> Result<(), GenesisError> {
        let gentxs = (1..)
            .zip(gentxs)
            .map(|(number, json)| self.checked(number, json))
            .collect::<Result<Vec<_>, _>>()?;
        *path::list_mut(&mut self.0, GENTXS)? = gentxs;
        Ok(())
    }

    fn checked(&self, number: usize, json: &[u8]) -> Result<Value, GenesisError> {
        let gentx: Value = serde_json::from_slice(json)
            .map_err(|source| GenesisError::GentxJson { number, source })?;
        let text = |key: &str| {
            path::text(&gentx, &format!("{MESSAGE}.{key}"))
                .map_err(|source| GenesisError::Gentx { number, source })
        };
        let coin_error = |source| GenesisError::Coin { path: format!("{MESSAGE}.value"), source };

        let validator = text("validator_address")?;
        let denom: Denom = text("value.denom")?.parse().map_err(coin_error)?;
        let delegated = parse_amount(text("value.amount")?).map_err(coin_error)?;
        let (_, account) = address::decode(validator)
            .map_err(|source| GenesisError::GentxValidator { number, source })?;
        let balance = self.balance(&account)?.amount_of(&denom);
        if balance < delegated {
            let validator = validator.to_owned();
            return Err(GenesisError::GentxBalance {
                number,
                validator,
                delegated,
                balance,
                denom,
            });
        }
        Ok(gentx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cosmos::testdata::text;

    fn accounts() -> Genesis {
        Genesis::parse(include_bytes!("../testdata/genesis-accounts.json")).unwrap()
    }

    fn error(gentx: &str) -> String {
        let mut genesis = accounts();
        let error = genesis.set_gentxs([gentx.as_bytes()]).unwrap_err();
        assert_eq!(genesis, accounts());
        error.to_string()
    }

    #[test]
    fn what_gwcd_writes_is_written() {
        let mut genesis = accounts();
        for _ in 0..2 {
            genesis.set_gentxs([include_bytes!("../testdata/gentx.json").as_slice()]).unwrap();
            assert!(genesis.to_bytes() == include_bytes!("../testdata/genesis.json"));
        }
    }

    #[test]
    fn a_validator_has_what_it_delegates() {
        let gentx = text("/gentx/file_json").replace("1000000000\"", "1000000000001\"");
        assert_eq!(
            error(&gentx),
            "gentx 1: `cosmosvaloper19rl4cm2hmr8afy4kldpxz3fka4jguq0ae5egnx` delegates \
             1000000000001uatom, but has 1000000000000uatom"
        );
        let gentx = text("/gentx/file_json").replace("\"uatom\"", "\"uosmo\"");
        assert!(error(&gentx).ends_with("delegates 1000000000uosmo, but has 0uosmo"));
    }

    #[test]
    fn what_is_no_gentx_is_refused() {
        assert_eq!(error("{"), "gentx 1 is not JSON");
        assert_eq!(error("{}"), "gentx 1");
        let gentx = text("/gentx/file_json").replace("5egnx", "5egnq");
        assert_eq!(error(&gentx), "gentx 1: `validator_address`");
    }
}
