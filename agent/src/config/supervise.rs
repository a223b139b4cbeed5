//! The `supervise` section: when the node is started again, and how it is stopped.

use std::{collections::BTreeMap, num::NonZeroU32, time::Duration};

use super::{
    env::Env,
    reader::{Field, Section},
};
use crate::pod::{
    backoff::Backoff,
    signal::Signal,
    supervise::{Policy, Restart},
};

/// The longest duration that a setting may have.
const MOST: Duration = Duration::from_hours(24);

/// Reads the section over the default rules; `DEV_MODE` makes those the ones of development.
pub fn read(mut section: Section<'_>, env: &Env) -> Policy {
    let development = section.env("DEV_MODE", env).and_then(|field| field.boolean());
    let base = if development == Some(true) { Policy::development() } else { Policy::default() };
    let words = [
        ("never", Restart::Never),
        ("on-failure", Restart::OnFailure),
        ("always", Restart::Always),
    ];
    let restart = section.take("restart").and_then(|field| field.choice(&words));
    let attempts = section.take("attempts").and_then(|field| field.number(0, u32::MAX));
    let delay = duration(&mut section, "delay");
    let max_delay = duration(&mut section, "maxDelay");
    let grace = duration(&mut section, "grace");
    let stop_signal = section.take("stopSignal").and_then(|field| stop_signal(&field));
    let watch = section.take("watchBinary").and_then(|field| field.boolean());
    let exit_codes = section.take("exitCodes").map(|field| exit_codes(&field));
    section.finish();

    let first = delay.unwrap_or(base.backoff.first);
    Policy {
        // In development mode the node is started again whatever the file says.
        restart: restart.filter(|_| development != Some(true)).unwrap_or(base.restart),
        backoff: Backoff {
            first,
            max: max_delay.unwrap_or(base.backoff.max).max(first),
            attempts: attempts.and_then(NonZeroU32::new),
            ..base.backoff
        },
        stop_signal: stop_signal.unwrap_or(base.stop_signal),
        grace: grace.unwrap_or(base.grace),
        exit_codes: exit_codes.unwrap_or_default(),
        watch_binary: match watch {
            Some(true) => Policy::development().watch_binary,
            Some(false) => None,
            None => base.watch_binary,
        },
        hold: false,
    }
}

fn duration(section: &mut Section<'_>, key: &'static str) -> Option<Duration> {
    section.take(key).and_then(|field| field.duration(Duration::ZERO, MOST))
}

fn stop_signal(field: &Field<'_>) -> Option<Signal> {
    let signal = field.parse::<Signal>()?;
    if signal == Signal::KILL {
        field.problem("is SIGKILL, which the node cannot see; it comes after `grace` by itself");
        return None;
    }
    Some(signal)
}

/// Reads `{143: 0}`: the node's exit code and ours.
fn exit_codes(field: &Field<'_>) -> BTreeMap<u8, u8> {
    let mut codes = BTreeMap::new();
    for (key, value) in field.entries().unwrap_or_default() {
        match (key.parse::<u8>(), value.number(0, 255)) {
            (Ok(from), Some(to)) => {
                codes.insert(from, to);
            }
            (Err(_), _) => value.problem("is not for an exit code; those are from 0 to 255"),
            (Ok(_), None) => {}
        }
    }
    codes
}
