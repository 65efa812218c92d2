//! How often and how long a failed request is tried again.

use std::time::Duration;

use rand::Rng;

use super::{Notice, Retry, SourceContext, SourceError};

/// Bounds on trying again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RetryPolicy {
    /// The most attempts of one request, the first included.
    pub attempts: u32,
    /// The pause before the second attempt; it doubles from there, with jitter of up to half.
    pub first_delay: Duration,
    /// No pause is longer than this, whatever a server asks for: past it the request fails with the time to come back.
    pub max_wait: Duration,
}

impl RetryPolicy {
    /// The pause before attempt number `next` (2 is the first retry): exponential, jittered to 50–100 %.
    pub fn delay(&self, next: u32) -> Duration {
        let doublings = next.saturating_sub(2).min(16);
        let full = self.first_delay.saturating_mul(1 << doublings).min(self.max_wait);
        full.mul_f64(rand::rng().random_range(0.5..=1.0))
    }

    /// Waits for the attempt after `attempt`, which it becomes, or gives the error back if there is to be none. Tells the
    /// user of the pause.
    ///
    /// Callers loop themselves: of an asynchronous closure handed over here the compiler could not see that its future is
    /// `Send` (<https://github.com/rust-lang/rust/issues/102211>).
    pub async fn pause_after(
        &self,
        error: SourceError,
        attempt: &mut u32,
        context: &SourceContext,
    ) -> Result<(), SourceError> {
        let delay = match error.retry() {
            Retry::Never => return Err(error),
            Retry::Backoff => self.delay(*attempt + 1),
            Retry::After(wait) => wait,
        };
        if *attempt >= self.attempts || delay > self.max_wait {
            return Err(error);
        }
        *attempt += 1;
        context.notify(match &error {
            SourceError::RateLimited { reset, .. } => Notice::RateLimited { until: *reset },
            other => Notice::Retrying { reason: other.to_string(), attempt: *attempt, delay },
        });
        context.sleep(delay).await
    }
}
