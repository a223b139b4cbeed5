//! Tries again what may succeed later.

use tokio::time;

use super::backoff::{Backoff, Rolls};

/// An error that says whether another attempt may succeed.
pub trait Transient {
    /// Whether it may pass by itself. A usage error does not.
    fn is_transient(&self) -> bool;
}

/// Calls `attempt` until it succeeds, its error is lasting, or the schedule is used up.
///
/// # Errors
///
/// That of the last attempt.
pub async fn retry<T, E: Transient>(
    backoff: Backoff,
    mut attempt: impl AsyncFnMut() -> Result<T, E>,
) -> Result<T, E> {
    let mut rolls = Rolls::random();
    for wait in backoff.waits(|| rolls.roll()) {
        match attempt().await {
            Err(error) if error.is_transient() => time::sleep(wait).await,
            result => return result,
        }
    }
    attempt().await
}

#[cfg(test)]
mod tests {
    use std::{num::NonZeroU32, time::Duration};

    use super::*;

    #[derive(Debug, PartialEq)]
    struct Failed {
        transient: bool,
    }

    impl Transient for Failed {
        fn is_transient(&self) -> bool {
            self.transient
        }
    }

    /// Tries at most four times, one second and more apart, and says how often it did.
    async fn tried(
        mut outcome: impl FnMut(u32) -> Result<(), Failed>,
    ) -> (u32, Result<(), Failed>) {
        let second = Duration::from_secs(1);
        let backoff = Backoff::new(second, 60 * second).attempts(NonZeroU32::new(4).unwrap());
        let mut calls = 0;
        let result = retry(backoff, async || {
            calls += 1;
            outcome(calls)
        })
        .await;
        (calls, result)
    }

    #[tokio::test(start_paused = true)]
    async fn it_ends_with_the_first_success() {
        let begun = time::Instant::now();
        let success_at_3 = |n| if n < 3 { Err(Failed { transient: true }) } else { Ok(()) };
        assert_eq!(tried(success_at_3).await, (3, Ok(())));
        assert_eq!(begun.elapsed().as_secs(), 3, "1 s and 2 s");
    }

    #[tokio::test(start_paused = true)]
    async fn a_lasting_error_is_not_tried_again() {
        let lasting = Failed { transient: false };
        assert_eq!(tried(|_| Err(Failed { transient: false })).await, (1, Err(lasting)));
    }

    #[tokio::test(start_paused = true)]
    async fn the_last_error_is_returned_when_the_schedule_is_used_up() {
        let transient = Failed { transient: true };
        assert_eq!(tried(|_| Err(Failed { transient: true })).await, (4, Err(transient)));
    }
}
