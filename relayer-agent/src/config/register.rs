//! The `register` section: what is registered on the hub, how it is asked for and written.

use std::path::PathBuf;

use agent::{
    config::{
        env::Env,
        reader::{Field, Section},
    },
    cosmos::hd::HdPath,
};

use super::{Chain, Role, Template};

/// The words of a command, one by one.
type Words = Vec<Template>;

/// What is registered on the hub, and how.
#[derive(Clone, Debug, PartialEq)]
pub struct Register {
    /// How it is asked what is there.
    pub query: Query,
    /// The command that writes. With the word `{pairs}` it is run once, for all that is missing;
    /// without, once for each.
    pub command: Words,
    /// More arguments where the chain takes unordered transactions.
    pub unordered_args: Words,
    /// What is to be there for each path.
    pub entries: Vec<Entry>,
    /// The home of the hub's program as a client, with its keyring.
    pub client_home: PathBuf,
    /// Who signs.
    pub signer: Signer,
}

/// How it is asked what is registered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// The command; it prints JSON.
    pub command: Words,
    /// Where in that the list is, as a JSON pointer.
    pub list: String,
    /// The key of an element that names what is registered.
    pub id: String,
    /// The key of an element that has the address.
    pub url: String,
}

/// One thing that is to be registered for each path whose second chain has one of the roles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What it is called.
    pub id: Template,
    /// Its address.
    pub url: Template,
    /// For which; all if there is none.
    pub roles: Vec<Role>,
}

/// Who signs the registration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signer {
    /// The key's name.
    pub name: String,
    /// The path from the hub's mnemonic to the key; the relayer's if it is none.
    pub hd_path: Option<HdPath>,
}

const QUERY_WORDS: [&str; 5] = ["hub", "hubId", "hubRpc", "hubApi", "clientHome"];
const ENTRY_WORDS: [&str; 4] = ["chain", "channel", "api", "port"];
const COMMAND_WORDS: [&str; 15] = [
    "hub",
    "hubId",
    "hubRpc",
    "hubApi",
    "clientHome",
    "key",
    "gasPrices",
    "gasAdjustment",
    "pairs",
    "id",
    "url",
    "chain",
    "channel",
    "api",
    "port",
];

const QUERY: &str = "query gateway endpoints --node {hubRpc} -o json";
const COMMAND: &str = "tx gateway register-storage {pairs} --from {key} --chain-id {hubId} \
                       --keyring-backend test --home {clientHome} --node {hubRpc} --gas auto \
                       --gas-adjustment {gasAdjustment} --gas-prices {gasPrices} -y --output json";
const UNORDERED: &str = "--unordered --timeout-duration 60s";

/// Reads the section; `register: {enabled: false}` is none.
pub(super) fn read(root: &mut Section<'_>, env: &Env, chains: &[Chain]) -> Option<Register> {
    let mut section = root.take_section("register");
    let enabled = section.take_or_env("enabled", env, "REGISTER").and_then(|f| f.boolean());
    let home = section.take_or_env("clientHome", env, "CLIENT_HOME");
    let home =
        home.map_or_else(|| Some(PathBuf::from("/home/relayer/.gwc-client")), |field| field.path());
    let program = section.take_or_env("binary", env, "HUB_BINARY").and_then(|field| field.text());
    let program = program.unwrap_or_else(|| "gwcd".to_owned());
    let command = words(section.take("command"), &COMMAND_WORDS, &program, COMMAND);
    let unordered_args = words(section.take("unorderedArgs"), &COMMAND_WORDS, "", UNORDERED);
    let query = query(section.take_section("query"), &program);
    let entries = match section.take("entries") {
        Some(field) => {
            field.list().unwrap_or_default().iter().filter_map(entry).collect::<Vec<_>>()
        }
        None => vec![
            Entry {
                id: Template::literal("{chain}"),
                url: Template::literal("{api}"),
                roles: Vec::new(),
            },
            Entry {
                id: Template::literal("{channel}"),
                url: Template::literal("{api}"),
                roles: vec![Role::Datastore],
            },
        ],
    };
    let mut signer = section.take_section("signer");
    let name = signer.take("name").and_then(|field| field.text());
    let hd_path = signer.take("hdPath").and_then(|field| field.parse());
    signer.finish();
    section.finish();
    let signer = Signer { name: name.unwrap_or_else(|| "relayer".to_owned()), hd_path };
    // Without roles there is nobody whose storage it would be.
    let default = chains.iter().any(|chain| chain.role == Some(Role::Hub));
    let register = Register { query, command, unordered_args, entries, client_home: home?, signer };
    enabled.unwrap_or(default).then_some(register)
}

fn query(mut section: Section<'_>, program: &str) -> Query {
    let command = words(section.take("command"), &QUERY_WORDS, program, QUERY);
    let mut text = |key, default: &str| {
        section.take(key).and_then(|field| field.text()).unwrap_or_else(|| default.to_owned())
    };
    let list = text("list", "/endpoints");
    let (id, url) = (text("id", "chain_id"), text("url", "api_endpoint"));
    section.finish();
    Query { command, list, id, url }
}

fn entry(field: &Field<'_>) -> Option<Entry> {
    let mut section = field.section()?;
    let mut template = |key| {
        let Some(field) = section.take(key) else {
            field.problem(format!("must have `{key}`"));
            return None;
        };
        Template::read(&field, &ENTRY_WORDS)
    };
    let (id, url) = (template("id"), template("url"));
    let roles = section.take("roles").and_then(|field| field.list()).unwrap_or_default();
    let choices = [("metastore", Role::Metastore), ("datastore", Role::Datastore)];
    let roles = roles.iter().filter_map(|role| role.choice(&choices)).collect();
    section.finish();
    Some(Entry { id: id?, url: url?, roles })
}

/// Reads a list of words; without one it is the program and the default.
fn words(field: Option<Field<'_>>, known: &[&str], program: &str, default: &str) -> Words {
    if let Some(field) = field {
        let list = field.list().unwrap_or_default();
        return list.iter().filter_map(|word| Template::read(word, known)).collect();
    }
    let program = Some(program).filter(|program| !program.is_empty());
    program.into_iter().chain(default.split_whitespace()).map(Template::literal).collect()
}
