//! A node that does what shell scripts cannot: it names the signals it gets, or leaves its group.

use std::{io, os::unix::process::CommandExt as _, process::Command};

use agent::pod::{signal::Signal, signals::Signals};
use nix::unistd::{Pid, setpgid};

fn main() -> io::Result<()> {
    let signals = Signals::install()?;
    let mode = std::env::args().nth(1).unwrap_or_default();
    if mode == "leave-group" {
        leave_group()?;
    }
    println!("up");
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(name(&signals))
}

/// Joins the group of a child, which stays.
fn leave_group() -> io::Result<()> {
    let other = Command::new("sleep").arg("1000").process_group(0).spawn()?;
    let group = i32::try_from(other.id()).map_err(io::Error::other)?;
    Ok(setpgid(Pid::from_raw(0), Pid::from_raw(group))?)
}

/// Prints the name of each signal, and ends at SIGTERM.
async fn name(signals: &Signals) -> io::Result<()> {
    loop {
        let signal = signals.recv().await?.signal;
        println!("{signal}");
        if signal == Signal::TERM {
            return Ok(());
        }
    }
}
