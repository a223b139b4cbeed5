//! The checks: each has a name, and says what is wrong.

use std::fmt::Write as _;

use super::Health;
use crate::pod::{
    http::Answer,
    pings,
    probe::Verdict,
    supervise::{Phase, Status},
};

/// Checks and their verdicts.
type Checks = Vec<(&'static str, Verdict)>;

impl Health {
    /// Whether a restart could help.
    pub(super) fn live(&self) -> Checks {
        vec![("node", self.node_alive()), ("output", self.no_unhealthy_line())]
    }

    /// Whether the node is ready for work.
    pub(super) fn ready(&self) -> Checks {
        let facts = self.facts().clone();
        let init = if facts.init.done {
            Ok(())
        } else {
            let step = facts.init.step.map(|step| format!(", step `{step}`")).unwrap_or_default();
            Err(format!("the home is being made{step}"))
        };
        let probe = match (facts.probe, facts.report) {
            (None, _) => Ok(()),
            (Some(_), Some(report)) => report.ready,
            (Some(_), None) => Err("the node has not been looked at".to_owned()),
        };
        vec![("init", init), ("process", self.runs()), ("probe", probe)]
    }

    /// Whether all is as it should be.
    pub(super) fn healthy(&self) -> Checks {
        let facts = self.facts().clone();
        let keyword = match &facts.watchlog {
            Some(watch) => pings::is_recent(&self.seen.snapshot(), watch.threshold),
            None => Ok(()),
        };
        let config = match facts.reload.error {
            Some(error) => Err(format!("the file on disk is refused: {error}")),
            None => Ok(()),
        };
        let probe = facts.report.map_or(Ok(()), |report| report.ready);
        vec![
            ("process", self.runs()),
            ("probe", probe),
            ("output", self.no_unhealthy_line()),
            ("keyword", keyword),
            ("config", config),
        ]
    }

    fn runs(&self) -> Verdict {
        let Status { phase, last_end, .. } = *self.status.borrow();
        match (phase, last_end) {
            (Phase::Running, _) => Ok(()),
            (phase, None) => Err(format!("the node is {phase}")),
            (phase, Some(end)) => Err(format!("the node is {phase}, it ended with {end}")),
        }
    }

    /// A node that is not there, or has just been started, is the supervision's concern.
    fn node_alive(&self) -> Verdict {
        let Status { phase, since, .. } = *self.status.borrow();
        let facts = self.facts();
        match (&facts.probe, &facts.report) {
            (Some(probe), Some(report))
                if phase == Phase::Running
                    && since.elapsed().is_ok_and(|up| up > probe.timing.start_period) =>
            {
                report.live.clone()
            }
            _ => Ok(()),
        }
    }

    fn no_unhealthy_line(&self) -> Verdict {
        match self.seen.snapshot().unhealthy {
            Some(line) => Err(format!("the node said: {}", String::from_utf8_lossy(&line))),
            None => Ok(()),
        }
    }
}

/// The checks as the kubelet and people read them.
pub(super) fn answer(name: &str, checks: &Checks) -> Answer {
    let mut text = String::new();
    for (check, verdict) in checks {
        let _ = match verdict {
            Ok(()) => writeln!(text, "[+]{check} ok"),
            Err(why) => writeln!(text, "[-]{check} failed: {why}"),
        }; // a String takes it all
    }
    let well = checks.iter().all(|(_, verdict)| verdict.is_ok());
    let _ = writeln!(text, "{name} check {}", if well { "passed" } else { "failed" }); // as above
    Answer::text(if well { 200 } else { 503 }, text)
}
