//! What `rly` says when something is wrong, sorted by what to do about it.

use std::fmt;

use serde_json::Value;

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Somebody else signs with the account, or a transaction is still on its way.
    Sequence,
    /// The account cannot pay, or is not known to the chain.
    Funds,
    /// A node does not answer.
    Unreachable,
    /// There is such a channel.
    AlreadyExists,
    /// The client is not there, or not any more.
    ClientNotFound,
    /// The addresses of the chain begin with something else.
    Prefix,
    /// The other application refuses the channel's version.
    Version,
    /// No application has the port.
    Port,
    /// Something else.
    Other,
}

impl Fault {
    /// Whether trying again is in vain until somebody changes something.
    pub fn is_lasting(self) -> bool {
        matches!(self, Self::Funds | Self::Prefix | Self::Version | Self::Port)
    }

    /// What to do, for people.
    pub fn advice(self) -> &'static str {
        match self {
            Self::Sequence => "somebody else signs with the same account",
            Self::Funds => "fund the account",
            Self::Unreachable => "see whether the node answers",
            Self::AlreadyExists => "there is such a channel already",
            Self::ClientNotFound => "the light client is gone: was the chain wiped?",
            Self::Prefix => "set the chain's `prefix`",
            Self::Version => {
                "an application refuses the channel's version: set `version` of the path"
            }
            Self::Port => "no module has that port: set `srcPort` and `dstPort` of the path",
            Self::Other => "see the output of rly",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sequence => "account sequence",
            Self::Funds => "funds",
            Self::Unreachable => "unreachable",
            Self::AlreadyExists => "already exists",
            Self::ClientNotFound => "light client not found",
            Self::Prefix => "address prefix",
            Self::Version => "channel version",
            Self::Port => "port",
            Self::Other => "other",
        })
    }
}

/// What each fault is known by, in lower case. The first that fits counts.
const MARKS: [(&str, Fault); 20] = [
    ("account sequence mismatch", Fault::Sequence),
    ("incorrect account sequence", Fault::Sequence),
    ("insufficient fee", Fault::Funds),
    ("insufficient funds", Fault::Funds),
    ("spendable balance", Fault::Funds),
    ("fee payer address", Fault::Funds),
    ("account does not exist", Fault::Funds),
    ("invalid bech32 prefix", Fault::Prefix),
    ("light client not found", Fault::ClientNotFound),
    ("invalid version", Fault::Version),
    ("invalid channel version", Fault::Version),
    ("invalid counterparty version", Fault::Version),
    ("version mismatch", Fault::Version),
    ("could not retrieve module from port", Fault::Port),
    ("route not found", Fault::Port),
    ("port not found", Fault::Port),
    ("invalid port", Fault::Port),
    ("already exists", Fault::AlreadyExists),
    ("connection refused", Fault::Unreachable),
    ("no such host", Fault::Unreachable),
];

/// A line of `rly`'s log as a sentence, and what is wrong if it says that.
pub fn read(line: &str) -> (String, Option<Fault>) {
    let (text, is_error) = sentence(line);
    let lower = text.to_lowercase();
    let known = MARKS.iter().find(|(mark, _)| lower.contains(mark)).map(|(_, fault)| *fault);
    // "rly" explains itself at length in debug lines; only what it calls an error counts.
    (text, known.filter(|_| is_error).or(is_error.then_some(Fault::Other)))
}

fn sentence(line: &str) -> (String, bool) {
    let Ok(Value::Object(fields)) = serde_json::from_str(line) else {
        return (line.trim().to_owned(), line.starts_with("Error:") || line.contains("panic:"));
    };
    let field = |key: &str| fields.get(key).and_then(Value::as_str);
    let is_error = matches!(field("level"), Some("error" | "fatal" | "panic" | "dpanic"))
        || fields.contains_key("error");
    let parts = ["msg", "chain_id", "error"].into_iter().filter_map(field);
    (parts.collect::<Vec<_>>().join(": "), is_error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_told_apart() {
        for (line, fault) in [
            (
                r#"{"level":"error","msg":"Failed to send","error":"rpc error: code = Unknown desc = account sequence mismatch, expected 3, got 2"}"#,
                Some(Fault::Sequence),
            ),
            (
                "Error: channel {channel-0} with port {gateway} already exists",
                Some(Fault::AlreadyExists),
            ),
            (r#"{"level":"info","msg":"Successful transaction"}"#, None),
            (r#"{"level":"warn","msg":"x","error":"y"}"#, Some(Fault::Other)),
            ("Usage:", None),
        ] {
            assert_eq!(read(line).1, fault, "{line}");
        }
    }
}
