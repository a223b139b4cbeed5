//! Killed at every system call that changes a file, in turn; random moments miss a window of a
//! millisecond.

use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use chainpod_tests::{
    agent::Pod,
    chain::{self, flaw},
    wait,
};

/// System calls that change a file, a folder or a lock. `openat` is one for `O_CREAT`.
const CHANGING: [&str; 13] = [
    "openat",
    "write",
    "rename",
    "renameat",
    "renameat2",
    "mkdir",
    "mkdirat",
    "unlink",
    "unlinkat",
    "rmdir",
    "fsync",
    "chmod",
    "flock",
];

/// How many runs go on at the same time.
const WORKERS: usize = 2;

/// Counts the calls of one whole init, by name.
fn counts(make: fn() -> Pod) -> BTreeMap<&'static str, usize> {
    let pod = make();
    let trace = pod.dir().join("trace");
    let filter = format!("trace={}", CHANGING.join(","));
    let output = format!("--output={}", trace.display());
    let pod = pod.wrapped(&["strace", "-qq", "-e", &filter, "-e", "signal=none", &output]);
    pod.init();
    let trace = fs::read_to_string(trace).unwrap();
    let count = |name: &'static str| {
        let call = format!("{name}(");
        (name, trace.lines().filter(|line| line.starts_with(&call)).count())
    };
    CHANGING.into_iter().map(count).filter(|(_, count)| *count > 0).collect()
}

/// Kills an init when it is about to make its `number`th call of `name`, and runs it again.
fn killed_at(make: fn() -> Pod, name: &str, number: usize) -> Result<(), String> {
    let pod = make();
    let inject = format!("inject={name}:signal=SIGKILL:when={number}");
    let filter = format!("trace={name}");
    let strace = ["strace", "-qq", "-o", "/dev/null", "-e", &filter, "-e", &inject];
    let killed = pod.wrapped(&strace);
    let status = killed.output(&["init"]).status;
    if status.success() {
        return Err(format!("call {number} of {name} was not reached"));
    }
    let pod = killed.wrapped(&[]);
    let output = pod.output(&["init"]);
    let said = String::from_utf8_lossy(&output.stderr);
    match (output.status.success(), flaw("gwc", &pod.home())) {
        (true, None) => Ok(()),
        (_, flaw) => Err(format!("killed at call {number} of {name}: {flaw:?}\n{said}")),
    }
}

/// Kills an init at every call in turn; all must be made good.
fn survives_every_call(make: fn() -> Pod) {
    let counts = counts(make);
    assert!(counts["rename"] >= 3 && counts["fsync"] >= 10, "{counts:?}");
    let calls: Vec<_> = counts
        .iter()
        .flat_map(|(name, count)| (1..=*count).map(move |number| (*name, number)))
        .collect();
    let total = calls.len();
    let (calls, next) = (Arc::new(calls), Arc::new(AtomicUsize::new(0)));
    let failures = Arc::new(Mutex::new(Vec::new()));
    let workers = (0..WORKERS).map(|_| {
        let (calls, next, failures) = (calls.clone(), next.clone(), failures.clone());
        wait::spawn(move || {
            while let Some((name, number)) = calls.get(next.fetch_add(1, Ordering::Relaxed)) {
                if let Err(failure) = killed_at(make, name, *number) {
                    failures.lock().unwrap().push(failure);
                }
            }
        })
    });
    workers.collect::<Vec<_>>().into_iter().for_each(|worker| worker.join().unwrap());
    let failures = failures.lock().unwrap();
    println!("survived {} of {total} calls: {counts:?}", total - failures.len());
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn an_init_that_is_killed_at_any_call_is_made_good() {
    survives_every_call(Pod::default);
}

#[test]
fn completing_what_a_failed_start_left_survives_every_call_too() {
    survives_every_call(|| {
        let pod = Pod::default();
        chain::run("gwc", &pod.home(), &["init", "gwc", "--chain-id", "gwc"], "");
        fs::create_dir_all(pod.home().join("data/state.db")).unwrap();
        pod
    });
}

#[test]
fn everything_is_on_the_disk_before_config_is_in_place() {
    let pod = Pod::default();
    let trace = pod.dir().join("trace");
    let output = format!("--output={}", trace.display());
    let strace = ["strace", "-y", "-qq", "-e", "trace=fsync,rename", "-e", "signal=none", &output];
    let pod = pod.wrapped(&strace);
    pod.init();
    let trace = fs::read_to_string(trace).unwrap();
    let commit = format!("{}\")", pod.home().join("config").display());
    let (before, after) = trace.split_at(trace.find(&commit).unwrap());
    let home = pod.home();
    let synced = |path: &Path| {
        let staged = home.join(".staging/home").join(path.strip_prefix(&home).unwrap());
        [path, &staged].iter().any(|path| before.contains(&format!("<{}>)", path.display())))
    };
    let mut paths = vec![home.clone()];
    while let Some(path) = paths.pop() {
        assert!(synced(&path), "{} is not synced:\n{trace}", path.display());
        if path.is_dir() {
            paths.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        }
    }
    assert!(after.contains(&format!("<{}>)", home.display())), "the commit itself is synced");
}
