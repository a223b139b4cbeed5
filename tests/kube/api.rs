//! The API server that the suite starts, and what the tests put into it.

use std::{
    io::Write as _,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::{
        LazyLock,
        atomic::{AtomicU32, Ordering},
    },
};

use chainpod_tests::{agent::write, bin, root};
use serde_json::Value;
use tempfile::TempDir;

/// etcd and kube-apiserver, for all tests of this process. They end with it, however it ends.
static SERVER: LazyLock<Server> = LazyLock::new(Server::start);

static NAMESPACES: AtomicU32 = AtomicU32::new(0);

#[derive(Debug)]
struct Server {
    kubeconfig: PathBuf,
    _up: Child,
}

impl Server {
    fn start() -> Self {
        // It removes this folder when it ends.
        let name = format!("kube-{}", std::process::id());
        let cluster = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let mut up = Command::new(root().join("tests/cluster/up"));
        up.args(["--control-plane", "--tied", "--dir"]).arg(&cluster);
        // Its standard input stays open for as long as we live: the cluster is tied to it.
        let mut child =
            up.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().expect("`up` starts");
        let tie = child.stdin.take();
        let status = child.wait().expect("`up` can be waited for");
        assert!(status.success(), "the control plane did not come up: {status}");
        child.stdin = tie;
        Self { kubeconfig: cluster.join("admin.conf"), _up: child }
    }
}

/// A namespace of its own for a test.
#[derive(Debug)]
pub struct Namespace {
    /// Its name.
    pub name: String,
    dir: TempDir,
}

impl Namespace {
    /// Makes a namespace that no other test uses.
    pub fn new() -> Self {
        let name = format!("test-{}", NAMESPACES.fetch_add(1, Ordering::Relaxed));
        let namespace = Self { name, dir: tempfile::tempdir().expect("a temporary folder") };
        namespace.apply(&format!(
            "{{apiVersion: v1, kind: Namespace, metadata: {{name: {}}}}}",
            namespace.name
        ));
        namespace
    }

    /// A folder for files.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// Runs kubectl as the administrator, in this namespace.
    pub fn kubectl(&self, words: &[&str]) -> String {
        let output = self.kubectl_with(words, "");
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "kubectl {words:?}: {error}");
        String::from_utf8(output.stdout).expect("kubectl prints UTF-8")
    }

    /// The same, with something on standard input, and without insisting on success.
    pub fn kubectl_with(&self, words: &[&str], input: &str) -> Output {
        let mut kubectl = Command::new(bin("kube/kubectl"));
        kubectl.args(["--kubeconfig".as_ref(), SERVER.kubeconfig.as_os_str()]);
        kubectl.args(["--namespace", &self.name]).args(words);
        kubectl.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = kubectl.spawn().expect("kubectl starts");
        let mut stdin = child.stdin.take().expect("it is piped");
        stdin.write_all(input.as_bytes()).expect("kubectl reads");
        drop(stdin);
        child.wait_with_output().expect("kubectl ends")
    }

    /// Applies manifests.
    pub fn apply(&self, yaml: &str) {
        let output = self.kubectl_with(&["apply", "--filename", "-"], yaml);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{yaml}:\n{error}");
    }

    /// An object.
    pub fn get(&self, kind: &str, name: &str) -> Value {
        let text = self.kubectl(&["get", kind, name, "--output", "json"]);
        serde_json::from_str(&text).expect("kubectl prints JSON")
    }

    /// The kubeconfig of the administrator, with this namespace in its context.
    pub fn admin(&self) -> PathBuf {
        let text =
            self.kubectl(&["config", "view", "--raw", "--minify", "--flatten", "--output", "json"]);
        let mut config: Value = serde_json::from_str(&text).expect("kubectl prints JSON");
        config["contexts"][0]["context"]["namespace"] = self.name.as_str().into();
        self.kubeconfig("admin", &config)
    }

    /// The kubeconfig of a new service account without any right.
    pub fn account(&self, name: &str) -> PathBuf {
        self.kubectl(&["create", "serviceaccount", name]);
        let token = self.kubectl(&["create", "token", name]);
        self.with_token(name, token.trim())
    }

    /// The kubeconfig of somebody with a token.
    pub fn with_token(&self, name: &str, token: &str) -> PathBuf {
        let mut config = read(&self.admin());
        config["users"][0]["user"] = serde_json::json!({ "token": token });
        self.kubeconfig(name, &config)
    }

    /// Writes a kubeconfig.
    pub fn kubeconfig(&self, name: &str, config: &Value) -> PathBuf {
        let path = self.dir().join(format!("{name}.conf"));
        write(&path, &config.to_string());
        path
    }

    /// Gives a service account of this namespace a right, as the rule of a role of this kind.
    pub fn grant(&self, account: &str, kind: &str, rule: &str, number: usize) {
        let name = format!("{}-{account}-{number}", self.name);
        let binding = format!("{kind}Binding");
        self.apply(&format!(
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: {kind}\nmetadata: {{name: {name}}}\n\
             rules: [{rule}]\n---\napiVersion: rbac.authorization.k8s.io/v1\nkind: {binding}\n\
             metadata: {{name: {name}}}\n\
             roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: {kind}, name: {name}}}\n\
             subjects: [{{kind: ServiceAccount, name: {account}, namespace: {}}}]\n",
            self.name
        ));
    }

    /// The agent with a kubeconfig, in this namespace's folder.
    pub fn agent(&self, kubeconfig: &Path, words: &[&str]) -> Command {
        let mut agent = Command::new(bin("agent"));
        agent
            .args(words)
            .current_dir(self.dir())
            .env_clear()
            .env("KUBECONFIG", kubeconfig)
            .env("AGENT_LOG_FORMAT", "json");
        agent.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        agent.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        agent
    }

    /// Runs the agent to its end.
    pub fn run(&self, kubeconfig: &Path, words: &[&str]) -> Ended {
        Ended::of(self.agent(kubeconfig, words).output().expect("the agent starts"))
    }
}

/// What a program said and how it ended.
#[derive(Debug)]
pub struct Ended {
    /// Its exit code; none for a signal.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Ended {
    /// Reads the output of a program.
    pub fn of(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).expect("it prints UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("it prints UTF-8"),
        }
    }

    /// Insists on success, and returns standard output.
    pub fn ok(self) -> String {
        assert_eq!(self.code, Some(0), "{}", self.stderr);
        self.stdout
    }

    /// Insists on an exit code, and returns the error that was logged last.
    pub fn failed(self, code: i32) -> String {
        assert_eq!(self.code, Some(code), "{}", self.stderr);
        let last = self.stderr.lines().last().expect("an error is logged");
        let last: Value = serde_json::from_str(last).expect("the log is JSON");
        last["error"].as_str().expect("it has an error").to_owned()
    }
}

/// Reads JSON from a file.
pub fn read(path: &Path) -> Value {
    let text = std::fs::read_to_string(path).expect("it is there");
    serde_json::from_str(&text).expect("it is JSON")
}
