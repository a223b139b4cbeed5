//! The addresses of the cluster's nodes.

use std::sync::{Arc, OnceLock};

use super::Engine;
use super::func::{Function, Type};
use super::num::uint_of_int;
use super::sprig::below;
use super::value::Value;

const RANDOM: &str = "getRandomNodeIP";
const WITH_INDEX: &str = "getNodeIPWithIndex";

/// The addresses that `getRandomNodeIP` and `getNodeIPWithIndex` choose from.
///
/// They are supplied after parsing and before rendering, and only if a template asks for them
/// ([`NodeIps::are_used_by`]): a template without these functions needs no cluster.
#[derive(Debug, Clone, Default)]
pub struct NodeIps(Arc<OnceLock<Vec<String>>>);

impl NodeIps {
    /// Adds the two functions to an engine.
    pub fn register(&self, engine: &mut Engine) {
        let ips = self.clone();
        engine.register(Function::new(RANDOM, &[], move |_| {
            let known = ips.known()?;
            let count = u64::try_from(known.len()).unwrap_or(1);
            let chosen = below(count).map_err(|failure| failure.0)?;
            at(known, chosen)
        }));
        let ips = self.clone();
        engine.register(Function::new(WITH_INDEX, &[Type::Any], move |args| {
            let known = ips.known()?;
            let Some(Value::Int(index, _)) = args.first() else {
                let got = args.first().map_or("nothing".to_owned(), Value::type_name);
                return Err(format!("the index must be an integer; got {got}"));
            };
            let count = i64::try_from(known.len()).unwrap_or(i64::MAX);
            at(known, uint_of_int(index.rem_euclid(count)))
        }));
    }

    /// Tells whether a text has the name of one of these functions; without it, it cannot call any.
    pub fn are_named_in(text: &str) -> bool {
        text.contains(RANDOM) || text.contains(WITH_INDEX)
    }

    /// Tells whether a template that uses these functions needs the addresses.
    pub fn are_used_by<'a>(functions: impl IntoIterator<Item = &'a String>) -> bool {
        functions.into_iter().any(|name| name == RANDOM || name == WITH_INDEX)
    }

    /// Supplies the addresses; later calls change nothing.
    pub fn supply(&self, addresses: Vec<String>) {
        let _ = self.0.set(addresses); // The first ones stay.
    }

    fn known(&self) -> Result<&[String], String> {
        match self.0.get() {
            None => Err("the addresses of the nodes are not known".to_owned()),
            Some(known) if known.is_empty() => {
                Err("no node of the cluster has an address of type ExternalIP".to_owned())
            }
            Some(known) => Ok(known),
        }
    }
}

fn at(known: &[String], index: u64) -> Result<Value, String> {
    let address = usize::try_from(index).ok().and_then(|index| known.get(index));
    address.map(|address| address.as_str().into()).ok_or_else(|| "no such node".to_owned())
}
