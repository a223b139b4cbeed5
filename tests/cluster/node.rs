//! The cluster: brought up by the first who asks, gone when this process is.

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{ChildStdin, Command, Output, Stdio},
    sync::{LazyLock, Mutex},
    time::{Duration, Instant},
};

use chainpod_tests::{root, wait};
use serde_json::{Value, json};

/// The tag of the images under test.
pub const TAG: &str = "dev";

static CLUSTER: LazyLock<Cluster> = LazyLock::new(Cluster::start);

/// The one node, with our images in it.
#[derive(Debug)]
pub struct Cluster {
    dir: PathBuf,
    /// Names and digests of our images, a line each.
    digests: String,
    /// As long as it is open the cluster lives.
    _tie: Mutex<ChildStdin>,
}

/// The cluster.
pub fn cluster() -> &'static Cluster {
    &CLUSTER
}

impl Cluster {
    fn start() -> Self {
        let dir = root().join("target/cluster");
        // A run that was killed just now may still be ending its own.
        ok(&script("down").arg("--dir").arg(&dir).output().expect("tests/cluster/down starts"));
        let mut up = script("up");
        up.args(["--tied", "--dir"]).arg(&dir).stdin(Stdio::piped()).stdout(Stdio::null());
        let mut up = up.spawn().expect("tests/cluster/up starts");
        let tie = up.stdin.take().expect("a pipe");
        assert!(up.wait().expect("a child").success(), "the cluster did not come up, see above");
        let mut cluster = Self { dir, digests: String::new(), _tie: Mutex::new(tie) };
        cluster.digests = build_images(&["--images", &cluster.images().to_string_lossy()]);
        for name in ["agent", "relayer-agent", "testchain", "relayer"] {
            cluster.import(&cluster.images().join(format!("{name}.tar")));
        }
        cluster
    }

    /// Names and digests of our images, a line each.
    pub fn digests(&self) -> &str {
        &self.digests
    }

    /// The folder of their archives.
    pub fn images(&self) -> PathBuf {
        self.dir.join("images")
    }

    /// The folder of everything that is gone with the cluster.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Hands an image to containerd.
    pub fn import(&self, archive: &Path) {
        let path = archive.to_string_lossy().into_owned();
        self.run(&["ctr", "images", "import", &path]);
    }

    /// Builds one more image, and hands it to containerd.
    pub fn build(&self, name: &str, dockerfile: &str) {
        let images = self.images();
        build_images(&["--images", &images.to_string_lossy(), &format!("{name}={dockerfile}")]);
        let archive = name.rsplit('/').next().unwrap_or(name);
        self.import(&images.join(format!("{archive}.tar")));
    }

    /// A command inside the node.
    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = script("in");
        command.arg("--dir").arg(&self.dir).args(words).stdin(Stdio::null());
        command
    }

    /// What a command inside the node prints; it must end well.
    pub fn run(&self, words: &[&str]) -> String {
        let output = self.command(words).output().expect("tests/cluster/in starts");
        assert!(output.status.success(), "`{}` failed: {}", words.join(" "), said(&output));
        String::from_utf8(output.stdout).expect("text")
    }

    /// What `kubectl` prints; it must end well.
    pub fn kubectl(&self, words: &[&str]) -> String {
        self.run(&[&["kubectl"], words].concat())
    }

    /// A document of the API, or null.
    pub fn get(&self, words: &[&str]) -> Value {
        let words = [&["kubectl", "get", "-o", "json"], words].concat();
        let output = self.command(&words).output().expect("tests/cluster/in starts");
        serde_json::from_slice(&output.stdout).unwrap_or_default()
    }

    /// What a pod answers on a port, or null; through the API server, as this machine has no way in.
    pub fn ask(&self, namespace: &str, pod: &str, port: u16, path: &str) -> Value {
        let url = format!("/api/v1/namespaces/{namespace}/pods/{pod}:{port}/proxy/{path}");
        let output = self.command(&["kubectl", "get", "--raw", &url]).output();
        serde_json::from_slice(&output.expect("tests/cluster/in starts").stdout).unwrap_or_default()
    }

    /// Applies manifests.
    pub fn apply(&self, namespace: &str, manifests: &str) {
        let mut command = self.command(&["kubectl", "apply", "-n", namespace, "-f", "-"]);
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().expect("starts");
        let mut stdin = child.stdin.take().expect("a pipe");
        stdin.write_all(manifests.as_bytes()).expect("kubectl reads");
        drop(stdin);
        assert!(child.wait().expect("a child").success(), "not applied: {manifests}");
    }

    /// Makes a Secret; the values do not appear among the arguments.
    pub fn secret(&self, namespace: &str, name: &str, entries: &[(&str, &str)]) {
        let entries: Value = entries.iter().map(|(key, value)| (*key, *value)).collect();
        let (kind, metadata) = ("Secret", json!({"name": name}));
        let secret =
            json!({"apiVersion": "v1", "kind": kind, "metadata": metadata, "stringData": entries});
        self.apply(namespace, &secret.to_string());
    }

    /// Makes a namespace anew that only admits pods of the standard `restricted`.
    pub fn namespace(&self, name: &str) {
        self.kubectl(&["delete", "namespace", name, "--ignore-not-found"]);
        self.kubectl(&["create", "namespace", name]);
        let policy = "pod-security.kubernetes.io/enforce=restricted";
        self.kubectl(&["label", "namespace", name, policy]);
    }

    /// Waits, and tells what the pods of the namespace are at when it takes long or forever.
    pub fn wait<T>(
        &self,
        namespace: &str,
        what: &str,
        limit: Duration,
        mut condition: impl FnMut() -> Option<T>,
    ) -> T {
        let began = Instant::now();
        let mut told = began;
        loop {
            if let Some(value) = condition() {
                eprintln!("{what}: after {:.1} s", began.elapsed().as_secs_f32());
                return value;
            }
            if began.elapsed() > limit {
                let state = self.describe(namespace);
                panic!("waited {limit:?} in vain for {what}:\n{state}");
            }
            if told.elapsed() > Duration::from_secs(10) {
                told = Instant::now();
                eprintln!("{what}: waiting\n{}", self.kubectl(&["get", "pods", "-n", namespace]));
            }
            wait::pause(Duration::from_millis(250));
        }
    }

    /// Pods, events and logs of a namespace, for whoever reads of a failure.
    pub fn describe(&self, namespace: &str) -> String {
        let script = "kubectl get pods,pvc,jobs -o wide -n $0; kubectl get events -n $0 \
                      --sort-by=.lastTimestamp | tail -n 30; for pod in $(kubectl get pods -n $0 -o name); \
                      do echo \"--- $pod\"; kubectl logs -n $0 --all-containers --tail=25 $pod; done 2>&1";
        let output = self.command(&["bash", "-c", script, namespace]).output();
        output.map(|output| said(&output)).unwrap_or_default()
    }
}

/// Runs `docker/build` and returns what it prints.
pub fn build_images(words: &[&str]) -> String {
    let mut command = Command::new(root().join("docker/build"));
    command.args(["--tag", TAG]).args(words).current_dir(root()).stdin(Stdio::null());
    let output = command.output().expect("docker/build starts");
    assert!(output.status.success(), "{}", said(&output));
    String::from_utf8(output.stdout).expect("text")
}

/// A file of the repository.
pub fn file(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("`{path}`: {error}"))
}

/// Everything that a command printed.
pub fn said(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    format!("{}{}", text(&output.stdout), text(&output.stderr))
}

fn script(name: &str) -> Command {
    Command::new(root().join("tests/cluster").join(name))
}

fn ok(output: &Output) {
    assert!(output.status.success(), "{}", said(output));
}
