//! The memory of a process and all below it.

use std::{collections::BTreeMap, fs};

use nix::unistd::Pid;

/// The proportional set size of a process and of all that it has started, itself or through
/// others.
///
/// # Units
///
/// Megabytes (10^6 bytes); a page that several processes share counts once.
pub fn tree(root: Pid) -> f64 {
    let parents = parents();
    let is_below = |pid: &i32| {
        let mut at = Some(*pid);
        while let Some(pid) = at.filter(|pid| *pid != root.as_raw()) {
            at = parents.get(&pid).copied();
        }
        at.is_some()
    };
    parents.keys().filter(|pid| is_below(pid)).map(|pid| pss(*pid)).sum()
}

/// The parent of each process.
fn parents() -> BTreeMap<i32, i32> {
    let Ok(processes) = fs::read_dir("/proc") else { return BTreeMap::new() };
    let pids = processes.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let parent = |pid: i32| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // The program's name, which may hold anything, ends with the last parenthesis.
        let (_, rest) = stat.rsplit_once(") ")?;
        Some((pid, rest.split(' ').nth(1)?.parse().ok()?))
    };
    pids.filter_map(parent).collect()
}

/// One process; 0 if it has ended.
fn pss(pid: i32) -> f64 {
    let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("Pss:")).unwrap_or_default();
    let kilobytes: Option<f64> = line.split_whitespace().next().and_then(|word| word.parse().ok());
    kilobytes.unwrap_or_default() * 1.024e-3
}
