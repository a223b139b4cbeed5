//! The images: the same bytes each time, and taken by containerd and by Docker.

use std::{
    fs::{self, File, Permissions},
    io::{BufRead as _, BufReader},
    os::unix::fs::PermissionsExt as _,
    path::PathBuf,
    process::{Child, Command, Output, Stdio},
    time::{Duration, SystemTime},
};

use chainpod_tests::{bin, root, wait};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use crate::node::{TAG, build_images, cluster, said};

const OURS: [&str; 4] = ["agent", "relayer-agent", "testchain", "relayer"];

/// The digest of agent's image, built from a copy of the program of that mode and age.
fn digest(mode: u32, age: Duration) -> String {
    let dir = tempfile::tempdir_in(root().join("target")).expect("a folder");
    let copy = dir.path().join("agent");
    fs::copy(bin("agent"), &copy).expect("a copy");
    fs::set_permissions(&copy, Permissions::from_mode(mode)).expect("our file");
    let file = File::options().write(true).open(&copy).expect("our file");
    file.set_modified(SystemTime::now() - age).expect("our file");
    let folder = dir.path().display().to_string();
    build_images(&["--bin", &folder, "--images", &folder, "chainpod/agent"])
}

#[test]
fn mode_and_age_of_a_program_do_not_change_the_digest() {
    let digest = digest(0o700, Duration::from_hours(24));
    assert!(cluster().digests().contains(&digest), "{digest}");
}

#[test]
fn two_builds_have_the_same_digests_and_the_same_bytes() {
    let again = tempfile::tempdir_in(root().join("target")).expect("a folder");
    let digests = build_images(&["--images", &again.path().display().to_string()]);
    assert_eq!(digests, cluster().digests());
    assert_eq!(digests.lines().count(), OURS.len());
    for name in OURS {
        let [first, second] = [&cluster().images(), again.path()]
            .map(|dir| File::open(dir.join(format!("{name}.tar"))).expect("built"));
        assert!(is_same(first, second), "{name}");
    }
}

/// Whether two files have the same content, of hundreds of megabytes.
fn is_same(first: File, second: File) -> bool {
    let [mut first, mut second] =
        [first, second].map(|file| BufReader::with_capacity(1 << 20, file));
    loop {
        let [one, two] =
            [&mut first, &mut second].map(|reader| reader.fill_buf().expect("readable"));
        let size = one.len().min(two.len());
        if size == 0 || one[..size] != two[..size] {
            return one.is_empty() && two.is_empty();
        }
        first.consume(size);
        second.consume(size);
    }
}

/// A Docker of our own inside the node.
struct Docker {
    socket: PathBuf,
    daemon: Child,
}

impl Docker {
    fn start() -> Self {
        let dir = cluster().dir().join("docker");
        fs::create_dir_all(&dir).expect("a folder");
        let path = |name: &str| dir.join(name).display().to_string();
        let host = format!("unix://{}", path("sock"));
        let (data, run, pid) = (path("data"), path("run"), path("pid"));
        let mut words = vec!["dockerd", "--containerd", "/run/containerd/containerd.sock"];
        words.extend([
            "--data-root",
            &data,
            "--exec-root",
            &run,
            "--pidfile",
            &pid,
            "--host",
            &host,
        ]);
        words.extend([
            "--bridge",
            "none",
            "--iptables=false",
            "--ip-forward=false",
            "--ip-masq=false",
        ]);
        let log = File::create(dir.join("log")).expect("a log");
        let mut command = cluster().command(&words);
        let daemon = command.stdout(Stdio::null()).stderr(log).spawn().expect("dockerd starts");
        let docker = Self { socket: dir.join("sock"), daemon };
        wait::until("dockerd", Duration::from_mins(1), || {
            docker.run(&["version"], &[]).status.success().then_some(())
        });
        docker
    }

    /// The command of the same package as the daemon, which has `BuildKit` built in.
    fn run(&self, words: &[&str], env: &[(&str, &str)]) -> Output {
        let mut command = Command::new("/usr/bin/docker");
        command.env("DOCKER_HOST", format!("unix://{}", self.socket.display()));
        command.args(words).envs(env.iter().copied()).current_dir(root()).stdin(Stdio::null());
        command.output().expect("docker starts")
    }

    fn ok(&self, words: &[&str], env: &[(&str, &str)]) -> String {
        let output = self.run(words, env);
        assert!(output.status.success(), "docker {}: {}", words.join(" "), said(&output));
        said(&output)
    }

    /// What matters of an image: configuration, and the digests of its files.
    fn image(&self, name: &str) -> String {
        let what = "{{json .Config.Entrypoint}} {{json .Config.Env}} {{.Config.User}} \
                    {{json .Config.ExposedPorts}} {{json .Config.Labels}} {{len .RootFS.Layers}}";
        self.ok(&["image", "inspect", "--format", what, name], &[])
    }
}

impl Drop for Docker {
    fn drop(&mut self) {
        // The daemon is the child of `nsenter`, which hands nothing on.
        let pid = self.daemon.id();
        let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"));
        for child in children.unwrap_or_default().split_whitespace() {
            let _ = kill(Pid::from_raw(child.parse().expect("a number")), Signal::SIGTERM); // it may be gone
        }
        let _ = self.daemon.wait(); // there is nobody left to tell
    }
}

#[test]
fn docker_builds_the_same_images_with_and_without_buildkit() {
    let docker = Docker::start();
    let images = cluster().images();
    for name in OURS {
        let tagged = format!("chainpod/{name}:{TAG}");
        let archive = images.join(format!("{name}.tar")).display().to_string();
        docker.ok(&["load", "--input", &archive], &[]);
        let ours = docker.image(&tagged);
        for kit in ["0", "1"] {
            let file = format!("docker/{name}/Dockerfile");
            docker
                .ok(&["build", "-q", "-f", &file, "-t", &tagged, "."], &[("DOCKER_BUILDKIT", kit)]);
            assert_eq!(docker.image(&tagged), ours, "{name} with DOCKER_BUILDKIT={kit}");
        }
        let program = if name.starts_with("relayer") { "relayer-agent" } else { "agent" };
        let run = ["run", "--rm", "--read-only", "--network", "none", &tagged, "version"];
        assert!(docker.ok(&run, &[]).contains(program), "{name}");
        // The disk would hold each of them three times.
        if name != "agent" && name != "relayer-agent" {
            docker.ok(&["image", "rm", "--force", &tagged], &[]);
            docker.ok(&["builder", "prune", "--force"], &[("DOCKER_BUILDKIT", "1")]);
        }
    }
}
