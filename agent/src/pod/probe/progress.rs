//! Whether a height advances.

use std::time::Duration;

use tokio::time::Instant;

/// The last height, and since when it has been that.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Progress(Option<(u64, Instant)>);

impl Progress {
    /// Notes a height.
    pub(super) fn note(&mut self, height: u64) {
        if self.0.is_none_or(|(last, _)| last != height) {
            self.0 = Some((height, Instant::now()));
        }
    }

    /// Says so if the height has not changed within the limit.
    pub(super) fn check(&self, what: &str, limit: Option<Duration>) -> Result<(), String> {
        match (self.0, limit) {
            (Some((height, since)), Some(limit)) if since.elapsed() > limit => Err(format!(
                "the {what} has been {height} for {} s, longer than {} s",
                since.elapsed().as_secs(),
                limit.as_secs_f64()
            )),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_height_that_stands_still_is_told_after_the_limit() {
        let limit = Some(Duration::from_secs(10));
        let mut progress = Progress::default();
        assert_eq!(progress.check("height", limit), Ok(()));
        progress.note(5);
        tokio::time::advance(Duration::from_secs(9)).await;
        progress.note(5);
        assert_eq!(progress.check("height", limit), Ok(()));
        tokio::time::advance(Duration::from_secs(2)).await;
        progress.note(5);
        let error = progress.check("height", limit).unwrap_err();
        assert_eq!(error, "the height has been 5 for 11 s, longer than 10 s");
        assert_eq!(progress.check("height", None), Ok(()));
        progress.note(6);
        assert_eq!(progress.check("height", limit), Ok(()));
    }
}
