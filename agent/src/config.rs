//! What was written (environment, YAML) becomes what is meant ([`Config`]).
//!
//! Everything here is pure but for reading the one file. All problems are reported at once.

pub mod digest;
pub mod duration;
pub mod edits;
pub mod env;
pub mod init;
pub mod log;
pub mod metrics;
pub mod nearest;
pub mod node;
pub mod node_service;
pub mod probe;
pub mod reader;
pub mod scalar;
pub mod supervise;
pub mod watchlog;
pub mod yaml;

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use thiserror::Error;

use self::{
    env::Env,
    init::InitConfig,
    log::LogConfig,
    node::{NodeTemplate, Text},
    node_service::NodeService,
    reader::{Place, Problem, Problems, Section},
    watchlog::WatchLog,
    yaml::{At, Node, YamlError},
};
use crate::{
    exit,
    files::{self, FileError},
    pod::{child::Standard, probe::Probe, supervise::Policy},
};

/// The file that is read when none is named; it need not be there.
pub const DEFAULT_FILE: &str = "kubebot.yaml";

/// What is meant.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// The file that was read.
    pub file: Option<PathBuf>,
    /// The home to make; none if the node needs none.
    pub init: Option<InitConfig>,
    /// The node's command line.
    pub node: NodeTemplate,
    /// Definitions that the templates of the command line share.
    pub common_template: Text,
    /// Where the node's standard output goes.
    pub stdout: Standard,
    /// Where the node's standard error goes.
    pub stderr: Standard,
    /// What to look for in the node's output; none leaves it alone.
    pub watchlog: Option<WatchLog>,
    /// The Service that leads to the pod; none leaves Kubernetes alone.
    pub node_service: Option<NodeService>,
    /// When the node is started again, and how it is stopped.
    pub supervise: Policy,
    /// How to tell whether the node is well.
    pub probe: Option<Probe>,
    /// Where health and metrics are served.
    pub listen: Option<SocketAddr>,
    /// What our own log looks like, and where it goes.
    pub log: LogConfig,
}

/// Why there is no configuration.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// A file was named that is not there.
    #[error("there is no configuration file `{}`; name another with `--config`", .0.display())]
    Absent(PathBuf),
    /// What is written cannot be meant.
    #[error("{}", list(.0))]
    Invalid(Vec<Problem>),
    /// Templates fail.
    #[error("{}", list(.0))]
    Template(Vec<Problem>),
}

impl ConfigError {
    /// The exit code, after `sysexits.h`.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::File(_) | Self::Absent(_) => exit::NO_INPUT,
            Self::Invalid(_) => exit::CONFIG,
            Self::Template(_) => exit::TEMPLATE,
        }
    }
}

impl Config {
    /// Reads the file and the environment.
    ///
    /// Without a `file` [`DEFAULT_FILE`] is read if it is there; without any file there is an
    /// `init` section all the same, whose values come from the environment.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Invalid`] with every problem of the file and of the environment.
    pub fn load(file: Option<&Path>, env: &Env) -> Result<Self, ConfigError> {
        load(file, DEFAULT_FILE, |path, document| read(path, document, env))
    }

    /// Reads the content of a file.
    ///
    /// # Errors
    ///
    /// As [`Config::load`].
    pub fn parse(path: &Path, bytes: &[u8], env: &Env) -> Result<Self, ConfigError> {
        parse(path, bytes, |path, document| read(path, document, env))
    }
}

/// Reads a file, or the default one where none is named, and gives its document to `read`; without
/// any file there is nothing to give.
///
/// # Errors
///
/// [`ConfigError::Absent`] for a named file that is not there, [`ConfigError::Invalid`] for one that
/// is not YAML, and those of `read`.
pub fn load<T>(
    file: Option<&Path>,
    default: &str,
    read: impl FnOnce(Option<&Path>, Option<Node>) -> Result<T, ConfigError>,
) -> Result<T, ConfigError> {
    let path = file.unwrap_or(Path::new(default));
    match files::read(path)? {
        Some(bytes) => parse(path, &bytes, read),
        None if file.is_some() => Err(ConfigError::Absent(path.to_owned())),
        None => read(None, None),
    }
}

/// Reads the content of a file, and gives its document to `read`.
///
/// # Errors
///
/// As [`load`], but for an absent file.
pub fn parse<T>(
    path: &Path,
    bytes: &[u8],
    read: impl FnOnce(Option<&Path>, Option<Node>) -> Result<T, ConfigError>,
) -> Result<T, ConfigError> {
    let document = std::str::from_utf8(bytes)
        .map_err(|_| YamlError { at: At::default(), message: "not UTF-8".to_owned() })
        .and_then(yaml::parse);
    match document {
        Ok(document) => read(Some(path), document),
        Err(error) => {
            let place = Place::File { path: path.to_owned(), at: error.at };
            let message = format!("not valid YAML: {error}");
            Err(ConfigError::Invalid(vec![Problem { place, key: String::new(), message }]))
        }
    }
}

fn read(path: Option<&Path>, document: Option<Node>, env: &Env) -> Result<Config, ConfigError> {
    let problems = Problems::default();
    let root = Section::root(path.unwrap_or(Path::new("")), document, &problems);
    // kubebot reads its keys in any case.
    let mut root = root.in_any_case();
    let init = match root.take("init") {
        Some(field) => field.section(),
        None if path.is_none() => Some(root.empty_child("init")),
        None => None,
    };
    let init = init.map(|section| InitConfig::read(section, env, &problems));
    let node = root.take("nodeTemplate");
    // kubebot sends both to standard output; a node of ours has its own two.
    let own = if node.is_some() { Standard::Output } else { Standard::Error };
    let node = node.map(|field| NodeTemplate::read(&field));
    let node = match (node, &init) {
        (Some(node), _) => node,
        (None, Some(init)) => init.as_ref().map(NodeTemplate::start),
        (None, None) => {
            root.missing("nodeTemplate", "must be set, or `init`, so that there is a node to run");
            None
        }
    };
    let common_template = root.take("commonTemplate").and_then(|field| node::text(&field));
    let common_template = common_template.unwrap_or_else(|| Text::ours(""));
    let stdout = standard(&mut root, "nodeStdout").unwrap_or(Standard::Output);
    let stderr = standard(&mut root, "nodeStderr").unwrap_or(own);
    let watchlog = root.take("watchlog").and_then(|field| WatchLog::read(&field));
    let node_service = root.take("nodeService").and_then(|field| NodeService::read(&field));
    let supervise = supervise::read(root.take_section("supervise"), env);
    let probe = root.take("probe").and_then(|field| probe::read(&field));
    let listen = root.take("metrics").and_then(|field| metrics::read(&field));
    let log = LogConfig::read(&mut root);
    root.finish();
    let problems = problems.into_vec();
    match (node, init) {
        (Some(node), init @ (None | Some(Some(_)))) if problems.is_empty() => {
            let (file, init) = (path.map(Path::to_owned), init.flatten());
            Ok(Config {
                file,
                init,
                node,
                common_template,
                stdout,
                stderr,
                watchlog,
                node_service,
                supervise,
                probe,
                listen,
                log,
            })
        }
        _ => Err(ConfigError::Invalid(problems)),
    }
}

/// Reads where an output goes.
fn standard(root: &mut Section<'_>, key: &'static str) -> Option<Standard> {
    let words = [("stdout", Standard::Output), ("stderr", Standard::Error)];
    root.take_filled(key).and_then(|field| field.choice(&words))
}

/// One problem as a sentence, several as a list.
fn list(problems: &[Problem]) -> String {
    let lines: Vec<_> = problems.iter().map(ToString::to_string).collect();
    match lines.as_slice() {
        [one] => one.clone(),
        many => format!("{} problems in the configuration:\n  {}", many.len(), many.join("\n  ")),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const CONTRACT: [(&str, &str); 2] = [("CHAIN_INSTANCE_NAME", "gwc"), ("CHAIN_APP_NAME", "gwc")];

    fn parse(text: &str, env: &Env) -> Result<Config, ConfigError> {
        Config::parse(Path::new("a.yaml"), text.as_bytes(), env)
    }

    fn problems(text: &str) -> String {
        parse(text, &Env::default()).unwrap_err().to_string()
    }

    #[test]
    fn the_environment_of_the_contract_is_enough() {
        let config = Config::load(None, &Env::of(CONTRACT)).unwrap();
        let init = config.init.unwrap();
        assert_eq!(init.home, Path::new("/home/gwc/.gwc"));
        assert_eq!(init.binary, Path::new("gwcd"));
        assert_eq!(init.mnemonic.path, Path::new("/etc/mnemonics/gwc.mnemonic"));
        assert_eq!(init.accounts.len(), 3);
        assert_eq!(init.accounts[1].hd_path.to_string(), "m/44'/118'/0'/0/1");
        assert_eq!(init.accounts[0].gentx.as_ref().unwrap().to_string(), "1000000000uatom");
        assert_eq!(init.documents.config_toml.len(), 7);
        assert_eq!(init.lanes.hd_paths, []);
    }

    #[test]
    fn the_environment_overrides_the_file() {
        let env =
            Env::of([("CHAIN_HOME", "/data"), ("CHAIN_BINARY", "/bin/x"), ("MNEMONIC_FILE", "/m")]);
        let init = parse("init: {chainId: a, home: /b, mnemonic: {file: /c, wait: 3s}}", &env);
        let init = init.unwrap().init.unwrap();
        assert_eq!(
            (init.home.as_path(), init.binary.as_path()),
            (Path::new("/data"), Path::new("/bin/x"))
        );
        assert_eq!(init.mnemonic.path, Path::new("/m"));
        assert_eq!(init.mnemonic.wait, Duration::from_secs(3));
    }

    #[test]
    fn a_file_without_init_makes_no_home() {
        let config = parse("nodeTemplate: {command: [sh]}", &Env::default()).unwrap();
        assert_eq!(config.init, None);
        assert!(problems("log: {}").contains("`nodeTemplate` must be set, or `init`"));
    }

    #[test]
    fn every_problem_is_reported_with_its_place() {
        let text = problems("init:\n  chainId: a\n  denom: 1x\n  hoem: /x\nnodeTemplate: 3\n");
        assert!(text.starts_with("3 problems in the configuration:"), "{text}");
        assert!(text.contains("a.yaml:4:3: `init.hoem` is not a setting; did you mean `home`?"));
    }

    #[test]
    fn a_key_for_aliases_is_not_read() {
        let text = "x-args: &a {b: 1}\nnodeTemplate: {command: [sh], args: *a}\n";
        assert_eq!(parse(text, &Env::default()).unwrap().node.args.len(), 1);
        assert!(problems("nodeTemplate: {command: [sh], x-a: 1}").contains("is not a setting"));
    }

    #[test]
    fn lanes_must_not_be_accounts() {
        let ok = "init: {chainId: a, lanes: 4}";
        assert_eq!(parse(ok, &Env::default()).unwrap().init.unwrap().lanes.hd_paths.len(), 4);
        let text = problems("init: {chainId: a, lanes: {count: 2, firstIndex: 2}}");
        assert!(text.contains("which is the account `creator`"), "{text}");
    }

    #[test]
    fn a_block_time_sets_the_timeouts_that_make_it() {
        let config = parse("init: {chainId: a, blockTime: 1s}", &Env::default()).unwrap();
        let edits = config.init.unwrap().documents.config_toml;
        let of = |key: &str| edits.iter().find(|edit| edit.key() == key).unwrap().value.clone();
        assert_eq!(of("consensus.timeout_commit"), Node::text("1s"));
        assert_eq!(of("consensus.timeout_propose"), Node::text("1s"));
    }
}
