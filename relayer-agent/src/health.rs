//! Health and metrics over HTTP, also while paths are being linked.

use std::sync::Arc;

use agent::pod::{
    http::{Answer, Routes},
    page::{
        Kind::{Counter, Gauge},
        Page, float,
    },
    reaper::Reaper,
    supervise::{Phase, Status},
};
use tokio::sync::watch;

use crate::board::{Board, PathState, State};

/// What is known, as answers.
pub fn routes(board: Arc<Board>, status: watch::Receiver<Status>, reaper: Reaper) -> Routes {
    Arc::new(move |request| {
        let state = board.show();
        let answer = match request.path.as_str() {
            "/livez" => Answer::text(200, "ok\n"),
            "/readyz" | "/healthz" => json(if state.ready { 200 } else { 503 }, &state),
            "/status" => json(200, &state),
            "/metrics" => Answer {
                status: 200,
                content_type: Page::CONTENT_TYPE,
                body: metrics(&state, &status.borrow(), &reaper),
            },
            "/" => Answer::text(200, "/livez\n/readyz\n/healthz\n/status\n/metrics\n"),
            _ => Answer::text(404, "not found\n"),
        };
        Box::pin(std::future::ready(answer))
    })
}

fn json(status: u16, state: &State) -> Answer {
    Answer { status, content_type: "application/json", body: state.json() }
}

fn metrics(state: &State, status: &Status, reaper: &Reaper) -> String {
    let mut page = Page::default();
    let build = [
        ("version", env!("CARGO_PKG_VERSION")),
        ("commit", option_env!("CHAINPOD_COMMIT").unwrap_or("unknown")),
    ];
    let help = "Always 1; the labels say what runs.";
    page.many(Gauge, "chainpod_relayer_build_info", help, [(build, 1.0)]);
    let help = "Whether every path is linked and all storage is registered.";
    page.one(Gauge, "chainpod_relayer_ready", help, flag(state.ready));
    let help = "Whether all storage is registered on the hub.";
    page.one(Gauge, "chainpod_relayer_registered", help, flag(state.registered));
    let help = "Whether `rly start` runs.";
    page.one(Gauge, "chainpod_relayer_rly_up", help, flag(status.phase == Phase::Running));
    let help = "Restarts of `rly start`.";
    page.one(
        Counter,
        "chainpod_relayer_rly_restarts_total",
        help,
        float(status.starts.saturating_sub(1)),
    );
    let help = "Processes left to the agent by others and collected.";
    page.one(Counter, "chainpod_relayer_orphans_reaped_total", help, float(reaper.orphans()));
    let by_path = |value: fn(&PathState) -> f64| {
        state.paths.iter().map(move |(name, path)| ([("path", name.as_str())], value(path)))
    };
    let help = "Whether the path is linked.";
    page.many(Gauge, "chainpod_relayer_path_linked", help, by_path(|path| flag(path.linked)));
    let help = "How often the step that the path is in was tried.";
    let attempts = by_path(|path| f64::from(path.attempt));
    page.many(Gauge, "chainpod_relayer_path_attempts", help, attempts);
    let help = "Since when the path is in its step, in seconds since 1970.";
    let since = by_path(|path| float(u64::try_from(path.since.as_second()).unwrap_or_default()));
    page.many(Gauge, "chainpod_relayer_path_step_start_time_seconds", help, since);
    page.text()
}

fn flag(is: bool) -> f64 {
    f64::from(u8::from(is))
}
