//! A node that does what shell scripts cannot: it names the signals it gets, or leaves its group.

use std::{
    io,
    os::unix::process::CommandExt as _,
    process::{Child, Command},
};

use agent::pod::{signal::Signal, signals::Signals};
use nix::unistd::{Pid, setpgid};

fn main() -> io::Result<()> {
    let signals = Signals::install()?;
    let mode = std::env::args().nth(1).unwrap_or_default();
    let mut other = if mode == "leave-group" { Some(leave_group()?) } else { None };
    println!("up");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(name(&signals))?;
    other.as_mut().map_or(Ok(()), Child::kill)
}

/// Joins the group of a child, which stays.
fn leave_group() -> io::Result<Child> {
    let other = Command::new("sleep").arg("1000").process_group(0).spawn()?;
    let group = i32::try_from(other.id()).map_err(io::Error::other)?;
    setpgid(Pid::from_raw(0), Pid::from_raw(group))?;
    Ok(other)
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
