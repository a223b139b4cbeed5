//! An image FROM scratch: the static binary and the node's program alone, as a user who is not
//! root, on a root file system that is read-only.

use std::{
    fs,
    os::unix::fs::chown,
    path::Path,
    process::{Child, Command},
    time::Duration,
};

use chainpod_tests::{MNEMONIC, agent::write, bin, chain::json, wait};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use tempfile::TempDir;

/// How long the node may take to make three blocks or to end.
const LIMIT: Duration = Duration::from_mins(1);

/// The user of the image; nobody of this machine.
const USER: u32 = 64_123;

/// A command line as the only program of a container.
///
/// The root is bound read-only into mount, process and network namespaces of its own; like every
/// container runtime it adds `/proc` and `/dev/null`.
fn container(root: &Path, line: &str) -> Command {
    let root = root.display();
    let script = format!(
        "set -e; ip link set lo up 2>/dev/null || true
         mount --bind {root} {root}; mount --bind {root}/data {root}/data
         mount --bind /dev/null {root}/dev/null; mount -t proc proc {root}/proc
         mount -o remount,bind,ro {root}
         exec chroot --userspec={USER}:{USER} {root} {line}"
    );
    let mut command = Command::new("unshare");
    command
        .args(["--mount", "--pid", "--fork", "--net", "--kill-child", "--", "sh", "-c", &script])
        .env_clear()
        .envs([("PATH", "/usr/sbin:/usr/bin:/sbin:/bin"), ("HOME", "/")])
        .envs([("CHAIN_INSTANCE_NAME", "gwc"), ("CHAIN_APP_NAME", "gwc")])
        .envs([("CHAIN_HOME", "/data/home"), ("CHAIN_BINARY", "/gwcd")]);
    command
}

/// Runs a container to its end, and says what it printed.
fn run(root: &Path, line: &str) -> (Option<i32>, String) {
    let output = container(root, line).output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8_lossy(&text).into_owned())
}

/// A container that is killed with all that runs in it when the test is over.
struct Container(Child);

impl Container {
    /// The container's first process, as this machine numbers it.
    fn init(&self) -> Pid {
        let children = format!("/proc/{0}/task/{0}/children", self.0.id());
        wait::until("the container's first process", LIMIT, || {
            let text = fs::read_to_string(&children).ok()?;
            text.split_whitespace().next()?.parse().ok().map(Pid::from_raw)
        })
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        let _ = self.0.kill(); // it may have ended; with it goes all that it runs
        let _ = self.0.wait(); // there is nobody to tell
    }
}

/// The image: two programs, the Secret, and an empty volume.
fn image() -> TempDir {
    let root = tempfile::tempdir().unwrap();
    for program in ["agent", "gwcd"] {
        fs::copy(bin(program), root.path().join(program)).unwrap();
    }
    for dir in ["etc/mnemonics", "data", "proc", "dev"] {
        fs::create_dir_all(root.path().join(dir)).unwrap();
    }
    write(&root.path().join("dev/null"), "");
    write(&root.path().join("etc/mnemonics/gwc.mnemonic"), MNEMONIC);
    chown(root.path().join("data"), Some(USER), Some(USER)).unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(root.path(), mode).unwrap();
    root
}

#[test]
fn an_image_from_scratch_inits_and_runs_the_node() {
    let image = image();
    let (code, said) = run(image.path(), "/agent init");
    assert_eq!(code, Some(0), "{said}");
    let home = image.path().join("data/home");
    let genesis = fs::read_to_string(home.join("config/genesis.json")).unwrap();
    assert!(genesis.contains("\"gen_txs\": [\n"));

    let mut container = Container(container(image.path(), "/agent").spawn().unwrap());
    let state = home.join("data/priv_validator_state.json");
    wait::until("three blocks", LIMIT, || {
        json(&state)["height"].as_str()?.parse::<u64>().ok().filter(|height| *height >= 3)
    });
    kill(container.init(), Signal::SIGTERM).unwrap();
    let status = wait::until("the end", LIMIT, || container.0.try_wait().unwrap());
    assert_eq!(status.code(), Some(0), "PID 1 ends with the node's own code");
}

#[test]
fn the_root_is_really_read_only_and_the_user_is_not_root() {
    let image = image();
    fs::remove_dir(image.path().join("data")).unwrap();
    fs::create_dir(image.path().join("data")).unwrap();
    let (code, said) = run(image.path(), "/agent init");
    assert_eq!(code, Some(77), "{said}");
}
