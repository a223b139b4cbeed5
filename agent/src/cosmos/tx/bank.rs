//! The messages that move coins: `cosmos/bank/v1beta1/{tx,bank}.proto`, cosmos-sdk v0.53.4.

use prost::Message;

use super::CoinMessage;
use crate::cosmos::{
    coin::{CoinError, Coins},
    proto::Any,
};

/// Sends coins from one account to another.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct MsgSend {
    /// The signer.
    #[prost(string, tag = "1")]
    pub from_address: String,
    /// Who gets the coins.
    #[prost(string, tag = "2")]
    pub to_address: String,
    /// What is sent, sorted.
    #[prost(message, repeated, tag = "3")]
    pub amount: Vec<CoinMessage>,
}

/// Sends coins from one account to several.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct MsgMultiSend {
    /// The signer and the sum; the chain takes only one.
    #[prost(message, repeated, tag = "1")]
    pub inputs: Vec<AddressCoins>,
    /// Who gets what.
    #[prost(message, repeated, tag = "2")]
    pub outputs: Vec<AddressCoins>,
}

/// An account and coins: `Input` and `Output`, which are alike.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct AddressCoins {
    /// The account.
    #[prost(string, tag = "1")]
    pub address: String,
    /// The coins, sorted.
    #[prost(message, repeated, tag = "2")]
    pub coins: Vec<CoinMessage>,
}

impl MsgSend {
    /// The type of the message.
    pub const TYPE_URL: &str = "/cosmos.bank.v1beta1.MsgSend";

    /// The message as a transaction has it.
    pub fn to_any(&self) -> Any {
        Any::pack(Self::TYPE_URL, self)
    }
}

impl MsgMultiSend {
    /// The type of the message.
    pub const TYPE_URL: &str = "/cosmos.bank.v1beta1.MsgMultiSend";

    /// Makes the message that gives each of `to` its coins, and takes the sum from `from`.
    ///
    /// # Errors
    ///
    /// [`CoinError::Overflow`] if the sum is above 128 bits.
    pub fn new(from: &str, to: &[(String, Coins)]) -> Result<Self, CoinError> {
        let all: Vec<_> = to.iter().flat_map(|(_, coins)| coins.iter()).collect();
        let entry = |address: &str, coins: &Coins| AddressCoins {
            address: address.to_owned(),
            coins: CoinMessage::list(coins),
        };
        Ok(Self {
            inputs: vec![entry(from, &Coins::sum(&all)?)],
            outputs: to.iter().map(|(address, coins)| entry(address, coins)).collect(),
        })
    }

    /// The message as a transaction has it.
    pub fn to_any(&self) -> Any {
        Any::pack(Self::TYPE_URL, self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_input_is_the_sum_of_the_outputs() {
        let to = [("a", "1uatom,2uosmo"), ("b", "3uatom")]
            .map(|(address, coins)| (address.to_owned(), coins.parse().unwrap()));
        let message = MsgMultiSend::new("from", &to).unwrap();
        let coins: Coins = "4uatom,2uosmo".parse().unwrap();
        assert_eq!(message.inputs.len(), 1);
        assert_eq!(message.inputs[0].coins, CoinMessage::list(&coins));
        assert_eq!(message.outputs.len(), 2);
    }
}
