//! `/status`: everything as JSON.

use std::time::SystemTime;

use serde_json::{Value, json};

use super::{Facts, Health};
use crate::pod::{end::End, probe::Verdict};

impl Health {
    pub(super) fn status_json(&self) -> Value {
        let status = self.status.borrow().clone();
        let facts = self.facts().clone();
        let state =
            if facts.init.done { status.phase.to_string() } else { "initialising".to_owned() };
        json!({
            "version": env!("CARGO_PKG_VERSION"),
            "state": state,
            "since": rfc3339(status.since),
            "pid": status.pid.map(nix::unistd::Pid::as_raw),
            "starts": status.starts,
            "restarts": status.starts.saturating_sub(1),
            "lastExit": status.last_end.map(exit),
            "height": facts.height,
            "probe": probe(&facts),
            "config": {
                "generation": facts.reload.generation,
                "since": rfc3339(facts.reload.at),
                "refused": facts.reload.refused,
                "error": facts.reload.error,
            },
            "init": init(&facts),
            "output": self.output(&facts),
            "orphans": self.reaper.orphans(),
        })
    }

    /// What was seen in the output, if it is watched.
    fn output(&self, facts: &Facts) -> Value {
        if facts.watchlog.is_none() {
            return Value::Null;
        }
        let seen = self.seen.snapshot();
        let text = |line: &Vec<u8>| String::from_utf8_lossy(line).into_owned();
        json!({
            "stdoutBytes": seen.stdout_bytes,
            "stderrBytes": seen.stderr_bytes,
            "matches": seen.matches,
            "lastMatch": seen.last.as_ref().map(|(_, at, line)| {
                json!({"at": rfc3339(*at), "line": text(line)})
            }),
            "unhealthy": seen.unhealthy.as_ref().map(text),
            "pings": {"sent": self.pings.sent(), "failed": self.pings.failed()},
        })
    }
}

fn exit(end: End) -> Value {
    let signal = match end {
        End::Code(_) => None,
        End::Signal(signal) => Some(signal.to_string()),
    };
    json!({"code": end.code(), "signal": signal})
}

fn init(facts: &Facts) -> Value {
    let steps = facts.init.steps.iter();
    let steps: Vec<_> =
        steps.map(|(name, took)| json!({"name": name, "seconds": took.as_secs_f64()})).collect();
    json!({"done": facts.init.done, "step": facts.init.step, "steps": steps})
}

fn probe(facts: &Facts) -> Value {
    let Some(probe) = &facts.probe else { return Value::Null };
    let verdict =
        |verdict: &Verdict| json!({"ok": verdict.is_ok(), "reason": verdict.as_ref().err()});
    json!({
        "kind": probe.kind.to_string(),
        "live": facts.report.as_ref().map(|report| verdict(&report.live)),
        "ready": facts.report.as_ref().map(|report| verdict(&report.ready)),
        "catchingUp": facts.report.as_ref().and_then(|report| report.catching_up),
        "seconds": facts.report.as_ref().map(|report| report.took.as_secs_f64()),
        "at": facts.report.as_ref().map(|report| rfc3339(report.at)),
    })
}

fn rfc3339(time: SystemTime) -> Option<String> {
    jiff::Timestamp::try_from(time).ok().map(|time| time.to_string())
}
