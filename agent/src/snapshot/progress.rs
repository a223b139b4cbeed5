//! How far something is that takes long, for the log.

use std::time::{Duration, Instant};

use crate::config::duration;

/// How often it is told.
const EVERY: Duration = Duration::from_secs(5);

/// How much of a rate is its latest part; the rest is from before.
const WEIGHT: f64 = 0.3;

/// Tells every few seconds how far it is, how fast, and how long it takes.
#[derive(Debug)]
pub struct Progress {
    step: &'static str,
    total: Option<u64>,
    told: Instant,
    position: u64,
    rate: Option<f64>,
}

impl Progress {
    /// A step that begins with `position` bytes of `total` done.
    pub fn new(step: &'static str, total: Option<u64>, position: u64) -> Self {
        Self { step, total, told: Instant::now(), position, rate: None }
    }

    /// Tells it, if it is time to.
    pub fn at(&mut self, position: u64) {
        let elapsed = self.told.elapsed();
        if elapsed < EVERY {
            return;
        }
        let rate = bytes(position.saturating_sub(self.position)) / elapsed.as_secs_f64();
        let rate = self.rate.map_or(rate, |before| WEIGHT.mul_add(rate - before, before));
        (self.told, self.position, self.rate) = (Instant::now(), position, Some(rate));
        tracing::info!(
            step = self.step,
            bytes = position,
            total = self.total,
            percent =
                self.total.map(|total| format!("{:.1}", 100.0 * bytes(position) / bytes(total))),
            rate = format!("{:.1} MB/s", rate / 1e6),
            left = self.left(rate),
            "progress"
        );
    }

    fn left(&self, rate: f64) -> Option<String> {
        let left = bytes(self.total?.saturating_sub(self.position)) / rate;
        let left = Duration::try_from_secs_f64(left.ceil()).ok()?;
        Some(duration::format(left))
    }
}

#[expect(clippy::cast_precision_loss, reason = "an estimate")]
fn bytes(count: u64) -> f64 {
    count as f64
}
