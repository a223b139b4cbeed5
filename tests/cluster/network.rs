//! The network that the chart installs: one for all tests, which take turns with it and leave it whole.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use chainpod_tests::root;
use serde_json::Value;

use crate::{node::cluster, pod::Pod};

/// Release and namespace.
pub const NAME: &str = "net";

/// How long until everything is linked; a relayer that was ended in the middle waits for locks and leases.
const LINKED: Duration = Duration::from_mins(4);

static TURN: Mutex<Option<State>> = Mutex::new(None);

/// What is installed.
#[derive(Clone, Copy, Debug)]
struct State {
    datastores: usize,
    /// How long the very first installation took.
    first: Duration,
}

/// The network, ours until it is dropped.
pub struct Network {
    namespace: &'static str,
    turn: MutexGuard<'static, Option<State>>,
}

/// What is on the hub and must never be made twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    /// Numbers of clients, connections and channels.
    pub counts: [usize; 3],
    /// Path and its channel on the hub.
    pub channels: BTreeMap<String, String>,
}

impl Network {
    /// Waits for its turn; installs the network unless it is there, and waits until all is linked.
    pub fn take() -> Self {
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let mut network = Self { namespace: NAME, turn };
        if network.turn.is_none() {
            network.install(2);
        }
        network.wait_whole();
        network
    }

    /// `helm upgrade --install` with that many datastores, until all is linked: how long that took.
    pub fn install(&mut self, datastores: usize) -> Duration {
        let began = Instant::now();
        let chart = root().join("k8s/helm/chainpod").display().to_string();
        let values = root().join("tests/cluster/values.yaml").display().to_string();
        let number = format!("datastores={datastores}");
        let words = [
            "helm",
            "upgrade",
            "--install",
            NAME,
            &chart,
            "-n",
            self.namespace,
            "--create-namespace",
        ];
        let more = ["-f", &values, "--set", &number, "--wait", "--timeout", "4m"];
        let words = [&words[..], &more].concat();
        let output = cluster().command(&words).output().expect("helm starts");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}{}", cluster().describe(self.namespace));
        let time = began.elapsed();
        let first = self.turn.map_or(time, |state| state.first);
        *self.turn = Some(State { datastores, first });
        eprintln!(
            "{datastores} datastores are installed and linked after {:.1} s",
            time.as_secs_f32()
        );
        time
    }

    /// `helm uninstall`, until all pods are gone. Volumes and words stay.
    pub fn uninstall(&mut self) {
        cluster().run(&[
            "helm",
            "uninstall",
            NAME,
            "-n",
            self.namespace,
            "--wait",
            "--timeout",
            "2m",
        ]);
        cluster().wait(self.namespace, "all pods are gone", Duration::from_mins(2), || {
            let pods = cluster().get(&["pods", "-n", self.namespace]);
            pods.pointer("/items")?.as_array()?.is_empty().then_some(())
        });
    }

    /// How many datastores there are.
    pub fn datastores(&self) -> usize {
        self.turn.expect("it is installed").datastores
    }

    /// How long the very first installation took, from `helm install` until all was linked.
    pub fn first(&self) -> Duration {
        self.turn.expect("it is installed").first
    }

    /// The names of all chains, the hub first.
    pub fn chains(&self) -> Vec<String> {
        let datastores = (0..self.datastores()).map(|index| format!("fdsc-{index}"));
        ["gwc", "mdsc"].into_iter().map(str::to_owned).chain(datastores).collect()
    }

    /// Waits until all pods are ready and all paths linked and registered, as the relayer sees it.
    pub fn wait_whole(&self) {
        for chain in self.chains() {
            self.pod(&chain).wait_ready();
        }
        cluster().wait(self.namespace, "all is linked and registered", LINKED, || {
            let status = self.status();
            let paths = status.get("paths")?.as_array()?;
            let endpoints = status.get("endpoints")?.as_array()?;
            let linked = paths.iter().all(|path| path.get("linked") == Some(&true.into()));
            let known = |entry: &Value| entry.get("wanted") == entry.get("registered");
            let whole = paths.len() == self.datastores() + 1
                && endpoints.len() == 2 * self.datastores() + 1
                && linked
                && endpoints.iter().all(known);
            whole.then_some(())
        });
    }

    /// What `relayer-agent status` says, or null.
    pub fn status(&self) -> Value {
        let relayer = format!("deploy/{NAME}-relayer");
        let config = ["-c", "/etc/chainpod/relayer.yaml", "-o", "json"];
        let exec =
            ["kubectl", "exec", "-n", self.namespace, &relayer, "--", "/relayer-agent", "status"];
        let output = cluster().command(&[&exec[..], &config].concat()).output();
        serde_json::from_slice(&output.expect("kubectl starts").stdout).unwrap_or_default()
    }

    /// What was made on the hub, by the hub's own word.
    pub fn made(&self) -> Made {
        let query = |what: &str, field: &str| {
            let answer = self.api("gwc", &format!("ibc/core/{what}"));
            let list = answer.get(field).and_then(Value::as_array).expect("the hub answers");
            // Each chain has a client of itself that nobody made.
            let own = |entry: &&Value| !entry.to_string().contains("localhost");
            list.iter().filter(own).count()
        };
        let channels = self.status();
        let channels = channels.get("paths").and_then(Value::as_array).expect("paths");
        let text = |value: &Value, at: &str| {
            value.pointer(at).and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        Made {
            counts: [
                query("client/v1/client_states", "client_states"),
                query("connection/v1/connections", "connections"),
                query("channel/v1/channels", "channels"),
            ],
            channels: channels
                .iter()
                .map(|path| (text(path, "/name"), text(path, "/link/channel/src")))
                .collect(),
        }
    }

    /// A chain's API.
    pub fn api(&self, chain: &str, path: &str) -> Value {
        self.pod(chain).ask(1317, path)
    }

    /// A chain's pod.
    pub fn pod(&self, chain: &str) -> Pod {
        Pod::new(self.namespace, &format!("{NAME}-{chain}-0"))
    }

    /// Who a chain is: its network, its node, its validator.
    pub fn identity(&self, chain: &str) -> [String; 3] {
        let status = self.pod(chain).ask(26657, "status");
        [
            "/result/node_info/network",
            "/result/node_info/id",
            "/result/validator_info/pub_key/value",
        ]
        .map(|at| status.pointer(at).and_then(Value::as_str).expect("the node answers").to_owned())
    }

    /// The words of the chains, as the Secret has them.
    pub fn words(&self) -> BTreeMap<String, Value> {
        let secret = cluster().get(&["secret", "-n", self.namespace, &format!("{NAME}-mnemonics")]);
        let data = secret.get("data").and_then(Value::as_object).expect("the Secret");
        data.clone().into_iter().collect()
    }

    /// The name of the relayer's pod that is not about to go.
    pub fn relayer(&self) -> String {
        let label = "app.kubernetes.io/component=relayer";
        cluster().wait(self.namespace, "a relayer's pod", LINKED, || {
            let pods = cluster().get(&["pods", "-n", self.namespace, "-l", label]);
            let pods = pods.pointer("/items")?.as_array()?;
            let pod =
                pods.iter().find(|pod| pod.pointer("/metadata/deletionTimestamp").is_none())?;
            Some(pod.pointer("/metadata/name")?.as_str()?.to_owned())
        })
    }
}
