//! `/metrics`: everything for Prometheus.

use std::time::{SystemTime, UNIX_EPOCH};

use super::{Facts, Health};
use crate::pod::{
    page::{
        Kind::{Counter, Gauge},
        Page, float,
    },
    supervise::{Phase, Status},
};

const PHASES: [Phase; 7] = [
    Phase::Starting,
    Phase::Running,
    Phase::Stopping,
    Phase::Restarting,
    Phase::Waiting,
    Phase::Held,
    Phase::Finished,
];

impl Health {
    pub(super) fn metrics(&self) -> String {
        let facts = self.facts().clone();
        let status = self.status.borrow().clone();
        let mut page = Page::default();
        self.agent(&mut page);
        node(&mut page, &status);
        init(&mut page, &facts);
        config(&mut page, &facts);
        probe(&mut page, &facts);
        if facts.watchlog.is_some() {
            self.watched(&mut page, &facts);
        }
        page.text()
    }

    fn agent(&self, page: &mut Page) {
        let labels = [
            ("version", env!("CARGO_PKG_VERSION")),
            ("commit", option_env!("CHAINPOD_COMMIT").unwrap_or("unknown")),
        ];
        page.many(
            Gauge,
            "chainpod_build_info",
            "Always 1; the labels say what runs.",
            [(labels, 1.0)],
        );
        page.one(
            Gauge,
            "chainpod_start_time_seconds",
            "When the agent was started, in seconds since 1970.",
            unix(self.began),
        );
        page.one(
            Counter,
            "chainpod_orphans_reaped_total",
            "Processes left to the agent by others and collected.",
            float(self.reaper.orphans()),
        );
    }

    fn watched(&self, page: &mut Page, facts: &Facts) {
        let seen = self.seen.snapshot();
        page.many(
            Counter,
            "chainpod_output_bytes_total",
            "Bytes of the node's output that were handed on.",
            [
                ([("stream", "stdout")], float(seen.stdout_bytes)),
                ([("stream", "stderr")], float(seen.stderr_bytes)),
            ],
        );
        page.one(
            Counter,
            "chainpod_log_matches_total",
            "Lines of the node's output with a keyword.",
            float(seen.matches),
        );
        page.many(
            Gauge,
            "chainpod_log_last_match_timestamp_seconds",
            "When the last such line of the running node came, in seconds since 1970.",
            seen.last.iter().map(|(_, at, _)| ([], unix(*at))),
        );
        page.many(
            Gauge,
            "chainpod_log_threshold_seconds",
            "How long ago that line may be.",
            facts.watchlog.iter().map(|watch| ([], watch.threshold.as_secs_f64())),
        );
        page.one(
            Gauge,
            "chainpod_log_unhealthy",
            "Whether a line said that the node is beyond help.",
            truth(seen.unhealthy.is_some()),
        );
        page.many(
            Counter,
            "chainpod_pings_total",
            "Reports to the health check's server.",
            [
                ([("result", "sent")], float(self.pings.sent())),
                ([("result", "failed")], float(self.pings.failed())),
            ],
        );
    }
}

fn node(page: &mut Page, status: &Status) {
    page.one(
        Gauge,
        "chainpod_node_up",
        "Whether the node's process runs.",
        truth(status.phase == Phase::Running),
    );
    let phases = PHASES.map(|phase| (phase.to_string(), truth(status.phase == phase)));
    page.many(
        Gauge,
        "chainpod_node_phase",
        "1 for what the supervision is about now, 0 for the others.",
        phases.iter().map(|(phase, value)| ([("phase", phase.as_str())], *value)),
    );
    page.one(
        Gauge,
        "chainpod_node_phase_start_time_seconds",
        "Since when, in seconds since 1970.",
        unix(status.since),
    );
    page.one(
        Counter,
        "chainpod_node_starts_total",
        "How often the node was started.",
        float(status.starts),
    );
    page.one(
        Counter,
        "chainpod_node_restarts_total",
        "How often the node was started again.",
        float(status.starts.saturating_sub(1)),
    );
    page.many(
        Gauge,
        "chainpod_node_last_exit_code",
        "How the node ended the last time; 128 + n is signal n.",
        status.last_end.iter().map(|end| ([], f64::from(end.code()))),
    );
}

fn init(page: &mut Page, facts: &Facts) {
    page.one(
        Gauge,
        "chainpod_init_done",
        "Whether the home is whole, or none is needed.",
        truth(facts.init.done),
    );
    page.many(
        Gauge,
        "chainpod_init_step_duration_seconds",
        "How long each step of this start took; 0 if it was done before.",
        facts.init.steps.iter().map(|(step, took)| ([("step", step.as_str())], took.as_secs_f64())),
    );
}

fn config(page: &mut Page, facts: &Facts) {
    let reload = &facts.reload;
    page.one(
        Gauge,
        "chainpod_config_generation",
        "Counts the configurations that held, the first one included.",
        float(reload.generation),
    );
    page.one(
        Counter,
        "chainpod_config_refused_total",
        "Changed configurations that were refused.",
        float(reload.refused),
    );
    page.one(
        Gauge,
        "chainpod_config_last_reload_successful",
        "Whether the file on disk is what holds.",
        truth(reload.error.is_none()),
    );
    page.one(
        Gauge,
        "chainpod_config_last_change_timestamp_seconds",
        "Since when this configuration holds, in seconds since 1970.",
        unix(reload.at),
    );
}

fn probe(page: &mut Page, facts: &Facts) {
    let Some(probe) = &facts.probe else { return };
    let kind = probe.kind.to_string();
    let report = facts.report.as_ref();
    page.many(
        Gauge,
        "chainpod_probe_success",
        "What the last look at the running node found, by aspect.",
        report.into_iter().flat_map(|report| {
            let sample =
                |aspect, well| ([("kind", kind.as_str()), ("aspect", aspect)], truth(well));
            [sample("live", report.live.is_ok()), sample("ready", report.ready.is_ok())]
        }),
    );
    page.many(
        Gauge,
        "chainpod_probe_duration_seconds",
        "How long the last look took.",
        report.map(|report| ([("kind", kind.as_str())], report.took.as_secs_f64())),
    );
    page.many(
        Counter,
        "chainpod_probe_looks_total",
        "Looks at the node, by what they found.",
        [
            ([("result", "live")], float(facts.looks - facts.failed_looks)),
            ([("result", "dead")], float(facts.failed_looks)),
        ],
    );
    page.many(
        Gauge,
        "chainpod_node_height",
        "The last block that the node is known to have.",
        facts.height.iter().map(|height| ([], float(*height))),
    );
    page.many(
        Gauge,
        "chainpod_node_catching_up",
        "Whether the node still fetches blocks that others have.",
        report.and_then(|report| report.catching_up).iter().map(|yes| ([], truth(*yes))),
    );
}

fn truth(is: bool) -> f64 {
    f64::from(u8::from(is))
}

fn unix(time: SystemTime) -> f64 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}
