//! An image FROM scratch: the static binary and the node's program alone, as a user who is not
//! root, on a root file system that is read-only.

use std::{fs, os::unix::fs::chown, path::Path, process::Command};

use chainpod_tests::{MNEMONIC, agent::write, bin};
use tempfile::TempDir;

/// The user of the image; nobody of this machine.
const USER: u32 = 64_123;

/// Runs a command line as the only program of a container, and says what it printed.
///
/// The root is bound read-only into mount, process and network namespaces of its own.
fn in_container(root: &Path, line: &str) -> (Option<i32>, String) {
    let root = root.display();
    let script = format!(
        "set -e; ip link set lo up 2>/dev/null || true
         mount --bind {root} {root}; mount --bind {root}/data {root}/data
         mount -o remount,bind,ro {root}
         exec chroot --userspec={USER}:{USER} {root} {line}"
    );
    let output = Command::new("unshare")
        .args(["--mount", "--pid", "--fork", "--net", "--kill-child", "--", "sh", "-c", &script])
        .env_clear()
        .envs([("PATH", "/usr/sbin:/usr/bin:/sbin:/bin"), ("HOME", "/")])
        .envs([("CHAIN_INSTANCE_NAME", "gwc"), ("CHAIN_APP_NAME", "gwc")])
        .envs([("CHAIN_HOME", "/data/home"), ("CHAIN_BINARY", "/gwcd")])
        .output()
        .unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8_lossy(&text).into_owned())
}

/// The image: two programs, the Secret, and an empty volume.
fn image() -> TempDir {
    let root = tempfile::tempdir().unwrap();
    for program in ["agent", "gwcd"] {
        fs::copy(bin(program), root.path().join(program)).unwrap();
    }
    for dir in ["etc/mnemonics", "data", "proc"] {
        fs::create_dir_all(root.path().join(dir)).unwrap();
    }
    write(&root.path().join("etc/mnemonics/gwc.mnemonic"), MNEMONIC);
    chown(root.path().join("data"), Some(USER), Some(USER)).unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(root.path(), mode).unwrap();
    root
}

#[test]
fn an_image_from_scratch_inits_and_runs_the_node() {
    let image = image();
    let (code, said) = in_container(image.path(), "/agent init");
    assert_eq!(code, Some(0), "{said}");
    let genesis = image.path().join("data/home/config/genesis.json");
    assert!(fs::read_to_string(genesis).unwrap().contains("\"gen_txs\": [\n"));

    let stop = "--halt-height=3";
    write(
        &image.path().join("kubebot.yaml"),
        &format!(
            "init: {{blockTime: 200ms}}\nnodeTemplate:\n  command: [/gwcd, start, {stop}]\n  args: \
             {{home: /data/home, minimum-gas-prices: 0uatom}}\n"
        ),
    );
    let (code, said) = in_container(image.path(), "/agent -c /kubebot.yaml run");
    assert!(said.contains("height=3") || said.contains("\"height\":3"), "{code:?} {said}");
}

#[test]
fn the_root_is_really_read_only_and_the_user_is_not_root() {
    let image = image();
    fs::remove_dir(image.path().join("data")).unwrap();
    fs::create_dir(image.path().join("data")).unwrap();
    let (code, said) = in_container(image.path(), "/agent init");
    assert_eq!(code, Some(77), "{said}");
}
