//! A pod, and its processes as the machine sees them.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::Value;

use crate::node::cluster;

/// How long a pod may take to get ready while others start too.
pub const START: Duration = Duration::from_mins(2);

/// A pod by its name.
#[derive(Debug)]
pub struct Pod {
    namespace: String,
    name: String,
}

impl Pod {
    /// Names a pod.
    pub fn new(namespace: &str, name: &str) -> Self {
        Self { namespace: namespace.to_owned(), name: name.to_owned() }
    }

    /// What it answers on a port, or null.
    pub fn ask(&self, port: u16, path: &str) -> Value {
        cluster().ask(&self.namespace, &self.name, port, path)
    }

    /// As the API has it, or null.
    pub fn document(&self) -> Value {
        cluster().get(&["pod", "-n", &self.namespace, &self.name])
    }

    /// The identity of this one, which the next of the same name does not have.
    pub fn uid(&self) -> String {
        self.document()
            .pointer("/metadata/uid")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    }

    /// How often its container was started again.
    pub fn restarts(&self) -> u64 {
        let count = "/status/containerStatuses/0/restartCount";
        self.document().pointer(count).and_then(Value::as_u64).unwrap_or_default()
    }

    /// Whether all its containers are ready and it is not about to go.
    pub fn is_ready(&self) -> bool {
        let pod = self.document();
        let conditions = pod.pointer("/status/conditions").and_then(Value::as_array);
        let is_ready = |condition: &Value| {
            condition.get("type") == Some(&"Ready".into())
                && condition.get("status") == Some(&"True".into())
        };
        pod.pointer("/metadata/deletionTimestamp").is_none()
            && conditions.is_some_and(|conditions| conditions.iter().any(is_ready))
    }

    /// Waits until it is ready.
    pub fn wait_ready(&self) {
        let what = format!("pod {} is ready", self.name);
        cluster().wait(&self.namespace, &what, START, || self.is_ready().then_some(()));
    }

    /// The height of its chain, if it answers.
    pub fn height(&self) -> Option<u64> {
        let status = self.ask(26657, "status");
        let height = status.pointer("/result/sync_info/latest_block_height")?;
        height.as_str()?.parse().ok()
    }

    /// Waits until its chain has more blocks than `height`.
    pub fn wait_height(&self, height: u64) -> u64 {
        let what = format!("{} is past height {height}", self.name);
        cluster().wait(&self.namespace, &what, START, || self.height().filter(|now| *now > height))
    }

    /// Its process of that name, if it runs.
    pub fn find(&self, program: &str) -> Option<Process> {
        // The control group's name has the pod's identity.
        let uid = self.uid();
        if uid.is_empty() {
            return None;
        }
        let processes = fs::read_dir("/proc").expect("/proc").flatten().map(|entry| entry.path());
        let mut processes = processes.map(|path| Process { path });
        processes.find(|process| {
            process.read("cgroup").contains(&uid) && process.read("comm").trim() == program
        })
    }

    /// Waits for its process of that name.
    pub fn process(&self, program: &str) -> Process {
        let what = format!("{program} in {}", self.name);
        cluster().wait(&self.namespace, &what, START, || self.find(program))
    }
}

/// A process of a pod.
#[derive(Debug)]
pub struct Process {
    path: PathBuf,
}

impl Process {
    /// A line of `/proc/<pid>/status`; the last word of it.
    pub fn status(&self, key: &str) -> String {
        let status = self.read("status");
        let line = status.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':'));
        line.and_then(|line| line.split_whitespace().last()).unwrap_or_default().to_owned()
    }

    /// Its arguments, the program first.
    pub fn arguments(&self) -> Vec<String> {
        self.read("cmdline").split_terminator('\0').map(str::to_owned).collect()
    }

    /// The path of its program, in the pod.
    pub fn program(&self) -> String {
        fs::read_link(self.path.join("exe")).unwrap_or_default().to_string_lossy().into_owned()
    }

    /// The options of its root file system.
    pub fn root_options(&self) -> String {
        let mounts = self.read("mountinfo");
        let mut fields = mounts.lines().map(|line| line.split(' ').collect::<Vec<_>>());
        let root = fields.find(|fields| fields.get(4) == Some(&"/"));
        root.and_then(|fields| fields.get(5).map(|options| (*options).to_owned()))
            .unwrap_or_default()
    }

    /// Its number on this machine.
    pub fn pid(&self) -> Pid {
        let name = self.path.file_name().and_then(|name| name.to_str());
        Pid::from_raw(name.and_then(|name| name.parse().ok()).expect("a number"))
    }

    /// Kills it.
    pub fn kill(&self) {
        kill(self.pid(), Signal::SIGKILL).expect("it runs");
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(Path::new(&self.path).join(name)).unwrap_or_default()
    }
}
