//! How long to wait before coming again: as long as the service says, longer each time that nobody answers, and never
//! all clients at once.

use std::time::Duration;

use rand::Rng;

/// How long, while the service did not say.
const FIRST: Duration = Duration::from_secs(2);

/// How long at most, unless the service wants more.
const LONGEST: Duration = Duration::from_secs(30);

/// The longest wait that a service is granted.
const LONGEST_ADVISED: Duration = Duration::from_secs(300);

/// By how much a wait may be longer than it must: this share of it.
const JITTER: f64 = 0.5;

/// Counts the attempts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pace {
    first: Duration,
    failures: u32,
}

impl Default for Pace {
    fn default() -> Self {
        Self { first: FIRST, failures: 0 }
    }
}

impl Pace {
    /// The service says how long (`retry:`).
    pub fn advise(&mut self, first: Duration) {
        self.first = first.min(LONGEST_ADVISED);
    }

    /// Somebody answers.
    pub fn succeed(&mut self) {
        self.failures = 0;
    }

    /// How long to wait now, and not less than this (`Retry-After`).
    pub fn next(&mut self, at_least: Option<Duration>) -> Duration {
        let grown = self.first.saturating_mul(1 << self.failures.min(10)).min(LONGEST.max(self.first));
        self.failures = self.failures.saturating_add(1);
        let floor = at_least.unwrap_or_default().min(LONGEST_ADVISED).max(grown);
        floor.mul_f64(1.0 + rand::rng().random_range(0.0..=JITTER))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_honour_the_service() {
        let mut pace = Pace::default();
        let within = |wait: Duration, seconds: f64| {
            assert!((seconds..=seconds * 1.5).contains(&wait.as_secs_f64()), "{wait:?}, not {seconds} s");
        };
        for seconds in [2.0, 4.0, 8.0, 16.0, 30.0, 30.0] {
            within(pace.next(None), seconds);
        }
        (0..100).for_each(|_| within(pace.next(None), 30.0));
        pace.succeed();
        within(pace.next(Some(Duration::from_secs(5))), 5.0);
        within(pace.next(Some(Duration::from_secs(1))), 4.0);
        within(pace.next(Some(Duration::from_secs(86_400))), 300.0);
        pace.succeed();
        pace.advise(Duration::from_millis(100));
        within(pace.next(None), 0.1);
        pace.advise(Duration::from_secs(60));
        within(pace.next(None), 60.0);
        pace.advise(Duration::MAX);
        within(pace.next(None), 300.0);
    }
}
