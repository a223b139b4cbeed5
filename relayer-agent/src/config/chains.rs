//! The chains: where they are and who signs there.

use std::{path::PathBuf, str::FromStr, time::Duration};

use agent::{
    config::{
        env::Env,
        init::MnemonicFile,
        reader::{Field, Section},
    },
    cosmos::{
        address::Bech32Prefix, chain_id::ChainId, coin::Denom, decimal::Decimal, hd::HdPath,
        rpc::Url,
    },
};

use super::{Surroundings, Template};

/// What a chain is in this network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The gateway, which every path begins at.
    Hub,
    /// A metastore.
    Metastore,
    /// A datastore.
    Datastore,
}

impl Role {
    const WORDS: [(&str, Self); 3] =
        [("hub", Self::Hub), ("metastore", Self::Metastore), ("datastore", Self::Datastore)];

    /// The role that a chain's name tells.
    fn of(name: &str) -> Option<Self> {
        let marks = [("gwc", Self::Hub), ("mdsc", Self::Metastore), ("fdsc", Self::Datastore)];
        marks.into_iter().find(|(mark, _)| name.contains(mark)).map(|(_, role)| role)
    }

    /// The word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Hub => "hub",
            Self::Metastore => "metastore",
            Self::Datastore => "datastore",
        }
    }

    /// The port of its application.
    pub(super) fn port(self) -> &'static str {
        match self {
            Self::Hub => "gateway",
            Self::Metastore => "metastore",
            Self::Datastore => "datastore",
        }
    }
}

/// A chain: where it is and who signs there.
#[derive(Clone, Debug, PartialEq)]
pub struct Chain {
    /// Its name here, and in `rly`'s files.
    pub name: String,
    /// Its id; the name unless configured.
    pub chain_id: ChainId,
    /// What it is in this network.
    pub role: Option<Role>,
    /// The node's RPC.
    pub rpc: Url,
    /// The node's API, as it is registered.
    pub api: String,
    /// What addresses begin with.
    pub prefix: Bech32Prefix,
    /// What fees are paid in.
    pub denom: Denom,
    /// The price of gas, such as `0.001uatom`.
    pub gas_price: Decimal,
    /// How much more gas is paid for than a simulation used.
    pub gas_adjustment: Decimal,
    /// The words that the relayer's key comes from.
    pub mnemonic: MnemonicFile,
    /// The path from them to the relayer's key.
    pub hd_path: HdPath,
}

impl Chain {
    /// The price of gas, as the tools write it.
    pub fn gas_prices(&self) -> String {
        let price = self.gas_price.to_string();
        let price = price.trim_end_matches('0').trim_end_matches('.');
        format!("{}{}", if price.is_empty() { "0" } else { price }, self.denom.as_str())
    }
}

/// Reads `chains`, over `defaults`, over the contract.
pub(super) fn read(root: &mut Section<'_>, env: &Env, surroundings: &Surroundings) -> Vec<Chain> {
    let defaults = Defaults::read(root.take_section("defaults"), env, surroundings);
    let listed = root.take("chains").and_then(|field| field.list()).unwrap_or_default();
    let variable = root.env("CHAIN_NAMES_CSV", env);
    let names = variable.as_ref().and_then(Field::text).unwrap_or_default();
    let names: Vec<_> = names.split(',').map(str::trim).filter(|n| !n.is_empty()).collect();
    let mut chains = Vec::new();
    for field in listed {
        let Some(mut section) = field.section() else { continue };
        let Some(name) = section.take("name") else {
            field.problem("must have a `name`");
            continue;
        };
        let Some(name) = name.text() else { continue };
        chains.extend(chain(&name, section, &defaults, surroundings, &field));
    }
    let file = std::mem::take(&mut chains);
    match &variable {
        None => chains = file,
        Some(variable) => {
            for name in names {
                let known = file.iter().find(|chain| chain.name == name).cloned();
                let made =
                    || chain(name, root.empty_child("chains"), &defaults, surroundings, variable);
                chains.extend(known.or_else(made));
            }
        }
    }
    if chains.is_empty() {
        root.missing("chains", "must be set, or the variable CHAIN_NAMES_CSV (such as `gwc,mdsc`)");
    }
    for (index, chain) in chains.iter().enumerate() {
        if chains.iter().take(index).any(|other| other.name == chain.name) {
            root.missing("chains", &format!("has `{}` twice", chain.name));
        }
    }
    chains
}

/// What holds for every chain that does not say otherwise.
struct Defaults {
    rpc: Template,
    api: Template,
    mnemonic: Template,
    mnemonic_wait: Duration,
    prefix: Bech32Prefix,
    denom: Denom,
    gas_price: Decimal,
    gas_adjustment: Decimal,
    hd_path: HdPath,
}

const WORDS: [&str; 4] = ["chain", "release", "headless", "namespace"];

impl Defaults {
    fn read(mut section: Section<'_>, env: &Env, surroundings: &Surroundings) -> Self {
        let host = if surroundings.headless.is_empty() {
            "{release}-{chain}-headless.{namespace}.svc.cluster.local"
        } else {
            "{release}-{chain}-0.{headless}.{namespace}.svc.cluster.local"
        };
        let mut template = |key, variable, default: String| {
            let field = section.take_or_env(key, env, variable);
            let read = field.and_then(|field: Field<'_>| Template::read(&field, &WORDS));
            read.unwrap_or(Template::literal(default))
        };
        let rpc = template("rpc", "RPC_TEMPLATE", format!("http://{host}:26657"));
        let api = template("api", "API_TEMPLATE", format!("http://{host}:1317"));
        let mnemonics = "/etc/relayer/mnemonics/{chain}.mnemonic".to_owned();
        let mnemonic = template("mnemonic", "MNEMONIC_TEMPLATE", mnemonics);
        let wait = section.take("mnemonicWait");
        let wait = wait.and_then(|field| field.duration(Duration::ZERO, Duration::from_hours(24)));
        let prefix = parse(&mut section, "prefix", "cosmos");
        let denom: Denom = parse(&mut section, "denom", "uatom");
        let adjustment = parse(&mut section, "gasAdjustment", "1.5");
        let path = parse(&mut section, "hdPath", "m/44'/118'/0'/0/1");
        let price = section.take("gasPrices").and_then(|field| price(&field, &denom));
        section.finish();
        Self {
            rpc,
            api,
            mnemonic,
            mnemonic_wait: wait.unwrap_or(Duration::from_mins(5)),
            prefix,
            denom,
            gas_price: price.unwrap_or_else(|| constant("0.001")),
            gas_adjustment: adjustment,
            hd_path: path,
        }
    }
}

fn chain(
    name: &str,
    mut section: Section<'_>,
    defaults: &Defaults,
    surroundings: &Surroundings,
    field: &Field<'_>,
) -> Option<Chain> {
    let meaning = |word: &str| match word {
        "chain" => Some(name.to_owned()),
        word => surroundings.word(word).map(str::to_owned),
    };
    let mut text = |key, default: &Template| match section.take(key) {
        Some(field) => {
            Template::read(&field, &WORDS).map(|template| (template.render(&meaning), Some(field)))
        }
        None => Some((default.render(&meaning), None)),
    };
    let rpc = text("rpc", &defaults.rpc);
    let api = text("api", &defaults.api)?.0;
    let mnemonic = text("mnemonic", &defaults.mnemonic)?.0;
    let role = section.take("role").map(|field| field.choice(&Role::WORDS));
    let chain_id = section.take("chainId");
    let chain_id = chain_id.map_or_else(
        || {
            let parsed = name.parse::<ChainId>();
            parsed.map_err(|error| field.problem(format!("has `{name}`: {error}"))).ok()
        },
        |field| field.parse(),
    );
    let prefix = parse_or(&mut section, "prefix", &defaults.prefix);
    let denom = parse_or(&mut section, "denom", &defaults.denom);
    let hd_path = parse_or(&mut section, "hdPath", &defaults.hd_path);
    let gas_adjustment = parse_or(&mut section, "gasAdjustment", &defaults.gas_adjustment);
    let gas_price = section.take("gasPrices").and_then(|field| price(&field, &denom));
    section.finish();
    let (rpc, written) = rpc?;
    let rpc = rpc.parse::<Url>().map_err(|error| {
        written.as_ref().unwrap_or(field).problem(format!("gives `{rpc}`, which is {error}"));
    });
    Some(Chain {
        name: name.to_owned(),
        chain_id: chain_id?,
        role: role.unwrap_or_else(|| Role::of(name)),
        rpc: rpc.ok()?,
        api,
        prefix,
        denom,
        gas_price: gas_price.unwrap_or(defaults.gas_price),
        gas_adjustment,
        mnemonic: MnemonicFile { path: PathBuf::from(mnemonic), wait: defaults.mnemonic_wait },
        hd_path,
    })
}

/// Reads a price such as `0.001uatom`; the denom must be the chain's.
fn price(field: &Field<'_>, denom: &Denom) -> Option<Decimal> {
    let text = field.text()?;
    let Some(number) = text.strip_suffix(denom.as_str()) else {
        field.problem(format!("is `{text}`; write a number and the denom `{}`", denom.as_str()));
        return None;
    };
    number.parse().map_err(|error| field.problem(format!("is `{text}`: {error}"))).ok()
}

fn parse_or<T>(section: &mut Section<'_>, key: &'static str, default: &T) -> T
where
    T: FromStr + Clone,
    T::Err: std::fmt::Display,
{
    section.take(key).and_then(|field| field.parse()).unwrap_or_else(|| default.clone())
}

fn parse<T>(section: &mut Section<'_>, key: &'static str, default: &str) -> T
where
    T: FromStr + Clone,
    T::Err: std::fmt::Display + std::fmt::Debug,
{
    section.take(key).and_then(|field| field.parse()).unwrap_or_else(|| constant(default))
}

fn constant<T: FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().expect("a default that is a constant")
}
