//! Which path is answered by what.

use std::{sync::Arc, time::Duration};

use tokio::time;

use super::{Health, checks::answer};
use crate::pod::{
    http::{Answer, Request, Routes},
    page::Page,
    probe::{Verdict, substrate::Substrate},
};

/// How long a look on demand may take by default, and at most.
const TIMEOUT: Duration = Duration::from_secs(1);
const MAX_TIMEOUT: Duration = Duration::from_secs(20);

/// What is known of the pod, as answers.
pub fn routes(health: Arc<Health>) -> Routes {
    Arc::new(move |request| {
        let health = Arc::clone(&health);
        Box::pin(async move { respond(&health, &request).await })
    })
}

async fn respond(health: &Health, request: &Request) -> Answer {
    let substrate = health.facts().substrate.clone();
    if let Some(substrate) = substrate
        && let Some(answer) = on_demand(&substrate, request).await
    {
        return answer;
    }
    match request.path.as_str() {
        "/livez" => answer("livez", &health.live()),
        "/readyz" => answer("readyz", &health.ready()),
        "/healthz" => answer("healthz", &health.healthy()),
        "/status" => Answer {
            status: 200,
            content_type: "application/json",
            body: format!("{:#}\n", health.status_json()),
        },
        "/metrics" => {
            Answer { status: 200, content_type: Page::CONTENT_TYPE, body: health.metrics() }
        }
        "/" => Answer::text(200, "/livez\n/readyz\n/healthz\n/status\n/metrics\n"),
        _ => Answer::text(404, "not found\n"),
    }
}

/// What node-liveness-probe answers; none for other paths.
async fn on_demand(substrate: &Substrate, request: &Request) -> Option<Answer> {
    let timeout = match request.parameter("timeout").map(str::parse::<f64>) {
        None => TIMEOUT,
        Some(Ok(seconds)) if seconds > 0.0 => {
            Duration::try_from_secs_f64(seconds).unwrap_or(MAX_TIMEOUT).min(MAX_TIMEOUT)
        }
        Some(_) => return Some(Answer::text(400, "timeout must be a number of seconds\n")),
    };
    let verdict = match request.path.as_str() {
        "/healthz" => within(timeout, substrate.healthz()).await,
        "/healthz_block" => within(timeout, substrate.healthz_block()).await,
        "/readiness" => within(timeout, substrate.readiness()).await,
        _ => return None,
    };
    Some(match verdict {
        Ok(()) => Answer::text(200, "ok\n"),
        Err(why) => Answer::text(503, format!("{why}\n")),
    })
}

async fn within(timeout: Duration, look: impl Future<Output = Verdict>) -> Verdict {
    let late = || Err(format!("no answer within {} s", timeout.as_secs_f64()));
    time::timeout(timeout, look).await.unwrap_or_else(|_| late())
}
