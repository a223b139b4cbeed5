//! What was written (environment, YAML) becomes what is meant ([`Config`]).
//!
//! The environment of the contract is one way to write it, a YAML file the other; a variable wins
//! over the file. All problems are reported at once.

mod chains;
mod limits;
mod paths;
mod register;
mod template;

use std::{
    fs,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
};

pub use agent::config::ConfigError;
use agent::{
    config::{
        self,
        env::Env,
        metrics,
        reader::{Field, Problems, Section},
        supervise,
        yaml::Node,
    },
    pod::{
        backoff::Backoff,
        end::End,
        signal::Signal,
        supervise::{Policy, Restart},
    },
};

pub use self::{
    chains::{Chain, Role},
    limits::Limits,
    paths::{LinkPath, Order, Ports},
    register::{Entry, Query, Register, Signer},
    template::Template,
};

/// The file that is read when none is named; it need not be there.
pub const DEFAULT_FILE: &str = "relayer-agent.yaml";

/// Where Kubernetes says which namespace a pod is in.
const NAMESPACE_FILE: &str = "/var/run/secrets/kubernetes.io/serviceaccount/namespace";

/// Where health and metrics are served unless configured.
const HEALTH: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 26681);

/// What is meant.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// The file that was read.
    pub file: Option<PathBuf>,
    /// The home of `rly`, and of our own files.
    pub home: PathBuf,
    /// The program `rly`: a name to look up in PATH, or a path.
    pub rly: PathBuf,
    /// The chains.
    pub chains: Vec<Chain>,
    /// The paths, each between two of the chains.
    pub paths: Vec<LinkPath>,
    /// The signers of the hub.
    pub lanes: Lanes,
    /// What is registered on the hub; none to register nothing.
    pub register: Option<Register>,
    /// How `rly start` is run.
    pub relayer: Relayer,
    /// Where the health endpoint listens.
    pub health: SocketAddr,
    /// How long things may take.
    pub limits: Limits,
}

/// The accounts that sign on a path's first chain, one for each path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lanes {
    /// Whether there are any; without, all paths sign with the relayer's account, one by one.
    pub enabled: bool,
    /// The HD index of the first path's.
    pub first_index: u32,
    /// A lane that has less is topped up.
    ///
    /// # Units
    ///
    /// The chain's denom.
    pub minimum: u128,
    /// What it is topped up with.
    ///
    /// # Units
    ///
    /// The chain's denom.
    pub amount: u128,
}

/// How `rly start` is run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relayer {
    /// Where `rly start` serves its metrics.
    pub metrics: String,
    /// More arguments for it.
    pub args: Vec<String>,
    /// When it is started again, and how it is stopped.
    pub policy: Policy,
}

/// Words that addresses and files are made of.
#[derive(Clone, Debug, Default)]
pub(crate) struct Surroundings {
    release: String,
    headless: String,
    namespace: String,
}

impl Config {
    /// Reads the file and the environment.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Invalid`] with every problem of the file and of the environment.
    pub fn load(file: Option<&Path>, env: &Env) -> Result<Self, ConfigError> {
        config::load(file, DEFAULT_FILE, |path, document| read(path, document, env))
    }

    /// Reads the content of a file.
    ///
    /// # Errors
    ///
    /// As [`Config::load`].
    pub fn parse(path: &Path, bytes: &[u8], env: &Env) -> Result<Self, ConfigError> {
        config::parse(path, bytes, |path, document| read(path, document, env))
    }

    /// The chain of that name, which is one of the configuration.
    ///
    /// # Panics
    ///
    /// If it is not.
    pub fn chain(&self, name: &str) -> &Chain {
        let found = self.chains.iter().find(|chain| chain.name == name);
        found.expect("paths are made of the names of chains")
    }

    /// The chain that storage is registered on: the one that is the first of all paths.
    pub fn hub(&self) -> Option<&Chain> {
        let hub = self.chains.iter().find(|chain| chain.role == Some(Role::Hub));
        hub.or_else(|| self.paths.first().map(|path| self.chain(&path.src)))
    }
}

impl Surroundings {
    fn read(root: &Section<'_>, env: &Env) -> Self {
        let text = |name| root.env(name, env).and_then(|field: Field<'_>| field.text());
        let namespace = text("NAMESPACE").or_else(|| fs::read_to_string(NAMESPACE_FILE).ok());
        Self {
            release: text("RELEASE_NAME").unwrap_or_else(|| "raidchain".to_owned()),
            headless: text("HEADLESS_SERVICE_NAME").unwrap_or_default(),
            namespace: namespace.map_or_else(|| "default".to_owned(), |n| n.trim().to_owned()),
        }
    }

    pub(crate) fn word(&self, name: &str) -> Option<&str> {
        match name {
            "release" => Some(&self.release),
            "headless" => Some(&self.headless),
            "namespace" => Some(&self.namespace),
            _ => None,
        }
    }
}

fn read(path: Option<&Path>, document: Option<Node>, env: &Env) -> Result<Config, ConfigError> {
    let problems = Problems::default();
    let mut root = Section::root(path.unwrap_or(Path::new("")), document, &problems);
    let surroundings = Surroundings::read(&root, env);
    let home = root.take_or_env("home", env, "RELAYER_HOME").map_or_else(
        || Some(PathBuf::from("/home/relayer/.relayer")),
        |field: Field<'_>| field.path(),
    );
    let rly = root.take_or_env("rly", env, "RLY_BINARY");
    let rly = rly.map_or_else(|| Some("rly".to_owned()), |field| field.text());
    let chains = chains::read(&mut root, env, &surroundings);
    let paths = paths::read(&mut root, &chains);
    let lanes = lanes(root.take_section("lanes"), env);
    let register = register::read(&mut root, env, &chains);
    let relayer = relayer(root.take_section("relayer"), env);
    let health = root.take_or_env("health", env, "HEALTH_LISTEN");
    let health = health.and_then(|field| metrics::address(&field)).unwrap_or(HEALTH);
    let limits = limits::read(root.take_section("limits"), env);
    root.finish();
    match (home, rly) {
        (Some(home), Some(rly)) if problems.is_empty() => {
            let (file, rly) = (path.map(Path::to_owned), PathBuf::from(rly));
            Ok(Config { file, home, rly, chains, paths, lanes, register, relayer, health, limits })
        }
        _ => Err(ConfigError::Invalid(problems.into_vec())),
    }
}

fn lanes(mut section: Section<'_>, env: &Env) -> Lanes {
    let enabled = section.take_or_env("enabled", env, "LANES").and_then(|field| field.boolean());
    let first = section.take("firstIndex").and_then(|field| field.number(0, 0x7fff_0000));
    let minimum = section.take("minimum").and_then(|field| field.number(0, u128::MAX));
    let amount = section.take("amount").and_then(|field| field.number(1, u128::MAX));
    section.finish();
    Lanes {
        enabled: enabled.unwrap_or(true),
        first_index: first.unwrap_or(3),
        minimum: minimum.unwrap_or(1_000_000),
        amount: amount.unwrap_or(10_000_000),
    }
}

fn relayer(mut section: Section<'_>, env: &Env) -> Relayer {
    let metrics = section.take_or_env("metrics", env, "RLY_METRICS").and_then(|field| field.text());
    let args = section.take("args").and_then(|field| field.list()).unwrap_or_default();
    let args = args.iter().filter_map(Field::text).collect();
    let rules = section.take_section("supervise");
    section.finish();
    let mut policy = supervise::read(rules, &Env::default());
    // `rly` ends at SIGINT within 10 ms and dies of SIGTERM (v2.6.0); and a relayer that ends by
    // itself is to run again.
    policy.stop_signal = Signal::INT;
    // Before it has its handler, it dies of the SIGINT that we send: that is the end we asked for.
    policy.exit_codes.entry(End::Signal(Signal::INT).code()).or_insert(0);
    if policy.restart == Restart::Never {
        policy.restart = Restart::Always;
    }
    policy.backoff = Backoff { jitter: 20, ..policy.backoff };
    Relayer { metrics: metrics.unwrap_or_else(|| "127.0.0.1:5184".to_owned()), args, policy }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONTRACT: [(&str, &str); 3] = [
        ("CHAIN_NAMES_CSV", "gwc,mdsc,fdsc-0,fdsc-1"),
        ("HEADLESS_SERVICE_NAME", "chains"),
        ("NAMESPACE", "prod"),
    ];

    fn problems(text: &str) -> String {
        Config::parse(Path::new("a.yaml"), text.as_bytes(), &Env::default())
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn the_environment_of_the_contract_is_enough() {
        let config = Config::load(None, &Env::of(CONTRACT)).unwrap();
        let names: Vec<_> = config.paths.iter().map(|path| path.name.as_str()).collect();
        assert_eq!(names, ["path-gwc-to-mdsc", "path-gwc-to-fdsc-0", "path-gwc-to-fdsc-1"]);
        let hub = config.hub().unwrap();
        assert_eq!(
            hub.rpc.to_string(),
            "http://raidchain-gwc-0.chains.prod.svc.cluster.local:26657"
        );
        assert_eq!(hub.mnemonic.path, Path::new("/etc/relayer/mnemonics/gwc.mnemonic"));
        assert_eq!(config.paths[0].ports.dst, "metastore");
        assert_eq!(config.paths[1].ports.dst, "datastore");
        assert_eq!(config.relayer.policy.stop_signal, Signal::INT);
        assert_eq!(config.register.unwrap().command[0].render(&|_| None), "gwcd");
    }

    #[test]
    fn without_a_headless_service_each_chain_has_its_own() {
        let env = Env::of([("CHAIN_NAMES_CSV", "gwc,mdsc"), ("NAMESPACE", "ns")]);
        let config = Config::load(None, &env).unwrap();
        assert_eq!(
            config.chains[1].api,
            "http://raidchain-mdsc-headless.ns.svc.cluster.local:1317"
        );
    }

    #[test]
    fn every_problem_is_reported_with_its_place() {
        let text = problems("chains:\n- {name: gwc, rpx: 1}\n- {name: x}\nlimits: {height: -1}\n");
        assert!(text.starts_with("3 problems in the configuration:"), "{text}");
        assert!(
            text.contains("a.yaml:2:15: `chains[0].rpx` is not a setting; did you mean `rpc`?")
        );
        assert!(text.contains("`chains[1]`"), "{text}");
    }

    #[test]
    fn no_chains_is_a_problem_that_names_the_variable() {
        let text = Config::load(None, &Env::default()).unwrap_err().to_string();
        assert!(text.contains("CHAIN_NAMES_CSV"), "{text}");
    }
}
