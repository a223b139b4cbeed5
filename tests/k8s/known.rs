//! Every flag, variable, port, path and metric that `k8s/` and `docker/` name is one that the
//! binaries know.

use std::{
    collections::BTreeSet,
    fs,
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::LazyLock,
    time::Duration,
};

use chainpod_tests::{
    agent::{Pod, write},
    bin, root, wait,
};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::Value;

use crate::{
    kustomize,
    pods::{containers, pods},
    tools::{Set, documents, entries, parse, read, sets, template, text, tree},
};

/// How long a program may take to answer.
const LIMIT: Duration = Duration::from_secs(20);

/// Variables that every program knows.
const COMMON: [&str; 2] = ["HOME", "PATH"];

#[test]
fn every_command_of_a_container_is_one_of_the_binarys() {
    let mut seen = BTreeSet::new();
    for words in calls() {
        if !seen.insert(words.clone()) {
            continue;
        }
        let program = program(&words[0]);
        let is_flag = |word: &&String| word.starts_with('-');
        let path: Vec<_> =
            words[1..].iter().take_while(|word| !is_flag(word) && !word.starts_with('/')).collect();
        let help =
            Command::new(bin(program)).args(&path).arg("--help").output().expect("it starts");
        let said = String::from_utf8_lossy(&help.stdout);
        assert!(help.status.success(), "{words:?}: {}", String::from_utf8_lossy(&help.stderr));
        for flag in words.iter().filter(is_flag) {
            let flag = flag.split('=').next().unwrap_or(flag);
            let known = said.split([' ', ',', '\n', '=']).any(|word| word == flag);
            assert!(known, "{program} {path:?} has no {flag}");
        }
    }
    let flat: Vec<_> = seen.iter().map(|words| words.join(" ")).collect();
    for command in ["mnemonic ensure", "install", "snapshot restore", "run", "status"] {
        assert!(flat.iter().any(|words| words.contains(command)), "no container calls {command}");
    }
}

#[test]
fn every_variable_of_a_container_is_one_that_its_program_reads() {
    for document in all() {
        for (_, pod) in pods(std::slice::from_ref(&document)) {
            for container in containers(pod) {
                let Some(command) = text_list(container, "command").first().cloned() else {
                    continue;
                };
                let Some(env) = container["env"].as_array().filter(|_| is_ours(&command)) else {
                    continue;
                };
                let content = content(program(&command));
                for name in env.iter().map(|variable| text(variable, "/name")) {
                    let known = COMMON.contains(&name) || content.contains(name);
                    assert!(known, "{command} does not know {name}");
                }
            }
        }
    }
}

#[test]
fn every_probe_asks_a_path_that_is_served() {
    let (agent, relayer) = (serve_agent(), serve_relayer());
    let mut asked = BTreeSet::new();
    for document in all() {
        for (_, pod) in pods(std::slice::from_ref(&document)) {
            for container in containers(pod) {
                let command = text_list(container, "command").first().cloned().unwrap_or_default();
                let server = if program(&command) == "agent" { &agent } else { &relayer };
                for probe in ["startupProbe", "livenessProbe", "readinessProbe"] {
                    let Some(get) = container.get(probe).map(|probe| &probe["httpGet"]) else {
                        continue;
                    };
                    assert_eq!(text(get, "/port"), "health");
                    let path = text(get, "/path");
                    assert_ne!(server.status(path), 404, "{command}: {path}");
                    asked.insert((program(&command), path.to_owned()));
                }
            }
        }
    }
    assert_eq!(asked.len(), 4, "{asked:?}");
    // What the scripts and the documents ask for besides.
    for path in ["/status", "/metrics", "/healthz"] {
        assert_eq!(agent.status(path), 200, "{path}");
    }
    for path in ["/status", "/metrics"] {
        assert_eq!(relayer.status(path), 200, "{path}");
    }
}

#[test]
fn the_ports_of_the_pods_are_those_of_the_configuration() {
    // What the agent sets in the node's files, and CometBFT's own for its peers.
    const NODE: [(&str, &str); 3] = [("rpc", "26657"), ("api", "1317"), ("grpc", "9090")];
    let plan = Pod::default().output(&["init", "--dry-run"]).stdout;
    let plan = String::from_utf8(plan).expect("a plan is text");
    for (_, port) in NODE {
        assert!(plan.contains(&format!("0.0.0.0:{port}")), "{port}: {plan}");
    }
    for set in sets() {
        let rendered = rendered(&set);
        let map = rendered.iter().find(|d| text(d, "/metadata/name") == "raidchain-agents");
        let files = &map.expect("the ConfigMap")["data"];
        for (object, pod) in pods(&rendered) {
            let name = text(object, "/metadata/name").trim_start_matches("raidchain-");
            let config = |file: &str| parse(files[file].as_str().expect("a file"), file);
            let wanted: Vec<(&str, String)> = match text(object, "/kind") {
                "StatefulSet" => {
                    let config = config(&format!("{name}.yaml"));
                    let listen = port(text(&config, "/metrics/listen"));
                    let node = NODE.map(|(name, port)| (name, port.to_owned()));
                    node.into_iter()
                        .chain([("p2p", "26656".to_owned()), ("health", listen)])
                        .collect()
                }
                "Deployment" => {
                    let config = config("relayer.yaml");
                    let rly = port(text(&config, "/relayer/metrics"));
                    vec![("health", port(text(&config, "/health"))), ("rly-metrics", rly)]
                }
                _ => continue,
            };
            for found in pod["spec"]["containers"][0]["ports"].as_array().expect("ports") {
                let number = found["containerPort"].to_string();
                let known = wanted.contains(&(text(found, "/name"), number.clone()));
                assert!(known, "{}: {name}: {found} is none of {wanted:?}", set.name);
            }
        }
    }
}

#[test]
fn every_metric_that_is_named_anywhere_is_one() {
    let (agent, rly) = (content("agent"), content("rly"));
    let mut found = 0;
    for (file, text) in texts() {
        for word in text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_') {
            let known = if word.starts_with("chainpod_") {
                agent.contains(word)
            } else if word.starts_with("cosmos_relayer_") {
                rly.contains(word)
            } else {
                continue;
            };
            found += 1;
            assert!(known, "{}: there is no metric {word}", file.display());
        }
    }
    assert!(found > 40, "{found}");
}

#[test]
fn every_variable_and_target_that_is_named_anywhere_is_one() {
    let makefile = read(&root().join("Makefile"));
    let programs = ["agent", "relayer-agent"].map(content);
    for (file, text) in texts() {
        for word in text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_') {
            if word.starts_with("AGENT_") || word.starts_with("ARCHIVE_") {
                let known = programs.iter().any(|program| program.contains(word));
                assert!(known, "{}: nobody reads {word}", file.display());
            }
        }
        for call in text.split("`make ").skip(1).chain(text.split("$ make ").skip(1)) {
            let end =
                call.find(|c: char| !c.is_ascii_lowercase() && c != '-').unwrap_or(call.len());
            let target = format!("\n{}:", &call[..end]);
            assert!(makefile.contains(&target), "{}: no target{target}", file.display());
        }
    }
}

#[test]
fn every_link_of_the_documents_leads_somewhere() {
    for (file, text) in texts() {
        if file.extension().is_none_or(|extension| extension != "md") {
            continue;
        }
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let path = link.split('#').next().unwrap_or(link);
            if !link.contains("://") && !path.is_empty() {
                let target = file.parent().expect("a folder").join(path);
                assert!(target.exists(), "{}: {link}", file.display());
            }
        }
    }
}

/// All that is rendered: the chart with every set of values, and every overlay.
fn all() -> Vec<Value> {
    let mut found: Vec<_> = sets().iter().flat_map(rendered).collect();
    for overlay in entries(&root().join("k8s/kustomize/overlays")) {
        found.extend(kustomize::build(&overlay.display().to_string()));
    }
    found
}

fn rendered(set: &Set) -> Vec<Value> {
    documents(&template(&set.files, &[]).unwrap_or_else(|error| panic!("{}: {error}", set.name)))
}

/// The command lines of all containers that run a program of ours.
fn calls() -> Vec<Vec<String>> {
    let mut calls = Vec::new();
    for document in all() {
        for (_, pod) in pods(std::slice::from_ref(&document)) {
            for container in containers(pod) {
                let words =
                    [text_list(container, "command"), text_list(container, "args")].concat();
                if words.first().is_some_and(|command| is_ours(command)) {
                    calls.push(words);
                }
            }
        }
    }
    calls
}

fn is_ours(command: &str) -> bool {
    command.ends_with("/agent") || command.ends_with("/relayer-agent")
}

/// The binary that a container's command is.
fn program(command: &str) -> &'static str {
    if command.ends_with("relayer-agent") { "relayer-agent" } else { "agent" }
}

fn text_list(container: &Value, key: &str) -> Vec<String> {
    let words = container[key].as_array().cloned().unwrap_or_default();
    words.iter().map(|word| word.as_str().map_or_else(|| word.to_string(), str::to_owned)).collect()
}

/// A binary's bytes as text; every constant is in it.
fn content(program: &str) -> &'static str {
    static AGENT: LazyLock<String> = LazyLock::new(|| bytes("agent"));
    static RELAYER_AGENT: LazyLock<String> = LazyLock::new(|| bytes("relayer-agent"));
    static RLY: LazyLock<String> = LazyLock::new(|| bytes("rly"));
    match program {
        "agent" => &AGENT,
        "relayer-agent" => &RELAYER_AGENT,
        "rly" => &RLY,
        other => panic!("no binary `{other}` is looked into"),
    }
}

fn bytes(program: &str) -> String {
    String::from_utf8_lossy(&fs::read(bin(program)).expect("a binary")).into_owned()
}

fn port(address: &str) -> String {
    address.rsplit(':').next().unwrap_or_default().to_owned()
}

/// All files of `k8s/` and `docker/` that are text.
fn texts() -> Vec<(PathBuf, String)> {
    let folders = ["k8s", "docker"].map(|folder| tree(&root().join(folder)));
    let texts = folders.into_iter().flatten().filter_map(|file| {
        let text = String::from_utf8(fs::read(&file).expect("a file can be read")).ok()?;
        Some((file, text))
    });
    texts.collect()
}

/// A program of ours that serves on loopback, ended with the test.
struct Server {
    child: Child,
    address: SocketAddr,
    _dir: tempfile::TempDir,
}

impl Server {
    fn start(program: &str, config: impl Fn(&str, SocketAddr) -> String) -> Self {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
        let address = free.expect("a free port");
        let file = dir.path().join("config.yaml");
        write(&file, &config(&dir.path().display().to_string(), address));
        let mut command = Command::new(bin(program));
        command.arg("--config").arg(&file).stdin(Stdio::null());
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().expect("it starts");
        let server = Self { child, address, _dir: dir };
        wait::until("the server", LIMIT, || server.ask("/livez"));
        server
    }

    /// The status of a GET.
    fn status(&self, path: &str) -> u16 {
        wait::until("an answer", LIMIT, || self.ask(path))
    }

    fn ask(&self, path: &str) -> Option<u16> {
        let mut stream = TcpStream::connect(self.address).ok()?;
        stream.set_read_timeout(Some(LIMIT)).ok()?;
        write!(stream, "GET {path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n").ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        answer.split(' ').nth(1)?.parse().ok()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Not SIGKILL: it ends its own children first.
        let pid = Pid::from_raw(self.child.id().cast_signed());
        let _ = kill(pid, Signal::SIGTERM); // it may have ended
        let _ = self.child.wait(); // as above
    }
}

fn serve_agent() -> Server {
    Server::start("agent", |_, address| {
        format!("nodeTemplate: {{command: [sleep, '600']}}\nmetrics: {{listen: '{address}'}}\n")
    })
}

fn serve_relayer() -> Server {
    Server::start("relayer-agent", |dir, address| {
        let nobody = "rpc: 'http://127.0.0.1:1'";
        format!(
            "home: {dir}/home\nhealth: '{address}'\nregister: {{enabled: false}}\n\
             chains: [{{name: gwc, {nobody}}}, {{name: mdsc, {nobody}}}]\n"
        )
    })
}
