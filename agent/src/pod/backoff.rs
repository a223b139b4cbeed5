//! How long to wait between attempts.

use std::{num::NonZeroU32, time::Duration};

/// A schedule of attempts: the wait doubles from `first` up to `max`.
///
/// It is data. What is random in it is a parameter (`roll`), so that a test can state the waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// The wait after the first attempt; it is kept exactly.
    pub first: Duration,
    /// No wait is longer.
    pub max: Duration,
    /// How many attempts there are; none means no limit.
    pub attempts: Option<NonZeroU32>,
    /// Up to how much of each later wait is taken off, so that pods which failed together do not
    /// come back together.
    ///
    /// # Units
    ///
    /// Per cent, 0 to 100.
    pub jitter: u8,
}

impl Backoff {
    /// A schedule without jitter and without a limit.
    pub const fn new(first: Duration, max: Duration) -> Self {
        Self { first, max, attempts: None, jitter: 0 }
    }

    /// The same with this many attempts at most.
    #[must_use]
    pub const fn attempts(self, attempts: NonZeroU32) -> Self {
        Self { attempts: Some(attempts), ..self }
    }

    /// The wait after attempt `n`, counted from 0. `roll` says how much of the jitter applies:
    /// nothing at 0, all of it at the largest number.
    pub fn wait(&self, n: u32, roll: u32) -> Duration {
        let whole = self.first.saturating_mul(2_u32.saturating_pow(n)).min(self.max);
        if n == 0 {
            return whole;
        }
        let off = f64::from(self.jitter.min(100)) / 100.0 * f64::from(roll) / f64::from(u32::MAX);
        whole.saturating_sub(whole.mul_f64(off))
    }

    /// The waits between the attempts, in order: one fewer than the attempts.
    pub fn waits(self, mut rolls: impl FnMut() -> u32) -> impl Iterator<Item = Duration> {
        let last = self.attempts.map_or(u32::MAX, |attempts| attempts.get() - 1);
        (0..last).map(move |n| self.wait(n, rolls()))
    }
}

/// Numbers that differ from pod to pod; not for secrets.
///
/// # Source
///
/// splitmix64, <https://prng.di.unimi.it/splitmix64.c>.
#[derive(Clone, Debug)]
pub struct Rolls(u64);

impl Rolls {
    /// A sequence that `seed` determines.
    pub const fn seeded(seed: u64) -> Self {
        Self(seed)
    }

    /// A sequence that nobody knows, from the keys that `std` makes for its hash maps.
    pub fn random() -> Self {
        use std::hash::{BuildHasher as _, RandomState};
        Self(RandomState::new().hash_one(0))
    }

    /// The next number.
    pub fn roll(&mut self) -> u32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        u32::try_from((z ^ (z >> 31)) >> 32).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn the_wait_doubles_up_to_its_maximum() {
        let backoff = Backoff::new(SECOND, 5 * SECOND);
        let waits: Vec<_> = backoff.waits(|| 0).take(5).map(|wait| wait.as_secs()).collect();
        assert_eq!(waits, [1, 2, 4, 5, 5]);
    }

    #[test]
    fn there_is_one_wait_fewer_than_attempts() {
        let backoff = Backoff::new(SECOND, SECOND).attempts(NonZeroU32::new(3).unwrap());
        assert_eq!(backoff.waits(|| 0).count(), 2);
    }

    #[test]
    fn the_largest_roll_takes_off_all_of_the_jitter() {
        let backoff = Backoff { jitter: 50, ..Backoff::new(SECOND, 60 * SECOND) };
        assert_eq!(backoff.wait(2, 0), 4 * SECOND);
        assert_eq!(backoff.wait(2, u32::MAX), 2 * SECOND);
    }

    #[test]
    fn two_pods_do_not_roll_alike() {
        assert_ne!(Rolls::random().roll(), Rolls::random().roll());
    }

    proptest! {
        #[test]
        fn waits_never_exceed_their_maximum(
            first in 0..100_000_u64, max in 0..100_000_u64, n: u32, jitter: u8, roll: u32,
        ) {
            let (first, max) = (Duration::from_millis(first), Duration::from_millis(max));
            let backoff = Backoff { jitter, ..Backoff::new(first, max) };
            prop_assert!(backoff.wait(n, roll) <= max);
        }

        #[test]
        fn jitter_takes_off_no_more_than_its_share(n in 1..40_u32, jitter in 0..=100_u8, roll: u32) {
            let whole = Backoff::new(SECOND, 60 * SECOND);
            let least = whole.wait(n, 0).mul_f64(1.0 - f64::from(jitter) / 100.0);
            let wait = Backoff { jitter, ..whole }.wait(n, roll);
            prop_assert!(wait <= whole.wait(n, 0));
            prop_assert!(wait + Duration::from_micros(1) >= least, "{wait:?} {least:?}");
        }

        #[test]
        fn the_first_wait_is_exact(jitter: u8, roll: u32) {
            let backoff = Backoff { jitter, ..Backoff::new(SECOND, 60 * SECOND) };
            prop_assert_eq!(backoff.wait(0, roll), SECOND);
        }
    }
}
