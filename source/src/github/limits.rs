//! Rate limits of the API: what answers tell of them, and leave to send a request.
//!
//! A client that keeps asking while limited may be banned, so that a request must be admitted before it is sent. Who may
//! send how much is the budget's to say ([`crate::budget`]), which is shared by all who ask in the same name. Rules:
//! "Rate limits for the REST API" in GitHub's documentation.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use chrono::{DateTime, TimeDelta, Utc};
use http::{HeaderMap, StatusCode, header};
use tokio::{runtime::Handle, sync::Notify};

use super::telemetry;
use crate::{
    SourceError,
    budget::{Account, Leave, Outcome, Priority, Quota, RateBudget, Resource, Ticket},
};

/// How long a secondary limit lasts that does not say: "wait for at least one minute".
const UNTOLD: Duration = Duration::from_secs(60);

/// The longest pause that a server is believed to mean, in seconds.
const MAX_PAUSE_SECONDS: i64 = 24 * 3_600;

/// The door to one API in one account's name.
pub(super) struct Limits {
    budget: Arc<dyn RateBudget>,
    account: Account,
    /// The longest wait for the answers to others' requests.
    max_wait: Duration,
    /// Answers that may be a limit's, and are being read to find out.
    suspected: AtomicU64,
    cleared: Notify,
}

/// Leave to send one request. If it is dropped before it is settled, the request counts as lost.
pub(super) struct Admission<'a> {
    limits: &'a Limits,
    ticket: Option<Ticket>,
}

impl Admission<'_> {
    /// Tells what became of the request.
    pub(super) async fn settle(mut self, outcome: Outcome) {
        // Taken when it is done: whoever is cut off meanwhile leaves a lost request.
        if let Some(ticket) = self.ticket.clone() {
            self.limits.budget.settle(ticket, outcome).await;
            self.ticket = None;
        }
    }
}

impl Drop for Admission<'_> {
    fn drop(&mut self) {
        if let (Some(ticket), Ok(runtime)) = (self.ticket.take(), Handle::try_current()) {
            let budget = Arc::clone(&self.limits.budget);
            runtime.spawn(async move { budget.settle(ticket, Outcome::Lost).await });
        }
    }
}

/// Keeps requests from being sent while an answer is read that may be a limit's; until dropped.
pub(super) struct Suspicion<'a>(&'a Limits);

impl Drop for Suspicion<'_> {
    fn drop(&mut self) {
        self.0.suspected.fetch_sub(1, Ordering::SeqCst);
        self.0.cleared.notify_waiters();
    }
}

impl Limits {
    pub(super) fn new(budget: Arc<dyn RateBudget>, account: Account, max_wait: Duration) -> Self {
        Self { budget, account, max_wait, suspected: AtomicU64::new(0), cleared: Notify::new() }
    }

    /// Holds back what has not been sent yet, if an answer with this status may turn out to be a limit's.
    pub(super) fn suspect(&self, status: StatusCode) -> Option<Suspicion<'_>> {
        if !matches!(status, StatusCode::FORBIDDEN | StatusCode::TOO_MANY_REQUESTS) {
            return None;
        }
        self.suspected.fetch_add(1, Ordering::SeqCst);
        Some(Suspicion(self))
    }

    /// Gives leave to send a request, or the time to come back.
    pub(super) async fn admit(
        &self,
        host: &str,
        resource: Resource,
        priority: Priority,
    ) -> Result<Admission<'_>, SourceError> {
        let begun = Instant::now();
        let mut is_told = false;
        loop {
            self.nothing_suspected().await;
            let (wait, why, is_closed) = match self.budget.reserve(&self.account, resource, priority).await {
                Leave::Granted(ticket) => {
                    let admission = Admission { limits: self, ticket: Some(ticket) };
                    if self.suspected.load(Ordering::SeqCst) == 0 {
                        return Ok(admission);
                    }
                    admission.settle(Outcome::Unsent).await;
                    continue;
                }
                Leave::Soon(wait, why) => (wait, why, begun.elapsed() + wait > self.max_wait),
                Leave::Closed(wait, why) => (wait, why, true),
            };
            if !is_told {
                telemetry::tell_wait(why);
                is_told = true;
            }
            if is_closed {
                let wait = TimeDelta::from_std(wait).unwrap_or(TimeDelta::MAX);
                let reset = Utc::now().checked_add_signed(wait).unwrap_or(DateTime::<Utc>::MAX_UTC);
                return Err(SourceError::RateLimited { host: host.to_owned(), reset });
            }
            tokio::time::sleep(wait).await;
        }
    }

    async fn nothing_suspected(&self) {
        loop {
            // Registered before the count is looked at, so that nothing is missed in between.
            let cleared = self.cleared.notified();
            if self.suspected.load(Ordering::SeqCst) == 0 {
                return;
            }
            cleared.await;
        }
    }
}

/// What an answer's headers tell of the quota.
pub(super) fn quota(headers: &HeaderMap, asked: Resource) -> Option<Quota> {
    let left = u64::try_from(number(headers, "x-ratelimit-remaining")?).ok()?;
    let limit = number(headers, "x-ratelimit-limit").and_then(|limit| u64::try_from(limit).ok());
    let named = headers.get("x-ratelimit-resource").and_then(|name| name.to_str().ok());
    // The server tells whole seconds: what is used up is so for a moment at least.
    let least = if left == 0 { Duration::from_secs(1) } else { Duration::ZERO };
    Some(Quota {
        resource: named.map_or(asked, Resource::named),
        limit: limit.unwrap_or(left),
        left,
        reset_in: reset_in(headers)?.max(least),
    })
}

/// Whether an answer with this status, these headers and this message is a limit's, and for how long if so.
pub(super) fn pause(status: StatusCode, headers: &HeaderMap, message: &str) -> Option<Duration> {
    let used_up = number(headers, "x-ratelimit-remaining") == Some(0);
    let told = headers.contains_key(header::RETRY_AFTER);
    let message = message.to_lowercase();
    let named = message.contains("rate limit") || message.contains("abuse detection");
    let is_limit = match status {
        StatusCode::TOO_MANY_REQUESTS => true,
        StatusCode::FORBIDDEN => used_up || told || named,
        _ => false,
    };
    if !is_limit {
        return None;
    }
    Some(match number(headers, header::RETRY_AFTER.as_str()) {
        Some(seconds) => Duration::from_secs(seconds.clamp(0, MAX_PAUSE_SECONDS).unsigned_abs()),
        None if used_up => reset_in(headers).unwrap_or(UNTOLD),
        None => UNTOLD,
    })
}

/// What became of a request whose answer was this failure. `says_when`: whether it named the time to come back itself.
pub(super) fn refused(quota: Option<Quota>, says_when: bool, failure: &SourceError) -> Outcome {
    let pause = match failure {
        // A quota that is used up is of one resource, and told as such.
        _ if quota.is_some_and(|it| it.left == 0) && !says_when => None,
        SourceError::RateLimited { reset, .. } => (*reset - Utc::now()).to_std().ok(),
        _ => None,
    };
    Outcome::Answered { quota, pause }
}

/// The error for a pause of this long.
pub(super) fn limited(host: &str, pause: Duration) -> SourceError {
    let reset = Utc::now() + TimeDelta::from_std(pause).unwrap_or(TimeDelta::seconds(MAX_PAUSE_SECONDS));
    SourceError::RateLimited { host: host.to_owned(), reset }
}

fn number(headers: &HeaderMap, name: &str) -> Option<i64> {
    headers.get(name)?.to_str().ok()?.trim().parse().ok()
}

/// When an answer was given, by the server's clock.
pub(super) fn server_now(headers: &HeaderMap) -> Option<DateTime<Utc>> {
    let shown = headers.get(header::DATE).and_then(|date| date.to_str().ok())?;
    DateTime::parse_from_rfc2822(shown).ok().map(|date| date.to_utc())
}

/// How long the quota's window lasts: what the server says, by what its clock shows.
fn reset_in(headers: &HeaderMap) -> Option<Duration> {
    let reset = number(headers, "x-ratelimit-reset")?;
    let pause = reset.saturating_sub(server_now(headers).unwrap_or_else(Utc::now).timestamp());
    Some(Duration::from_secs(pause.clamp(0, MAX_PAUSE_SECONDS).unsigned_abs()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, String)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn a_reset_is_taken_by_the_servers_clock() {
        let date = "Thu, 01 Jan 2026 00:00:00 GMT";
        let start = DateTime::parse_from_rfc2822(date).unwrap().timestamp();
        let told = headers(&[("date", date.into()), ("x-ratelimit-reset", (start + 40).to_string())]);
        assert_eq!(reset_in(&told), Some(Duration::from_secs(40)));
    }

    #[test]
    fn a_quota_is_told_by_its_resource() {
        let mut told = vec![("x-ratelimit-remaining", "7".to_owned()), ("x-ratelimit-reset", "0".to_owned())];
        assert_eq!(quota(&headers(&told), Resource::Search).unwrap().resource, Resource::Search);
        told.push(("x-ratelimit-resource", "code_search".to_owned()));
        let found = quota(&headers(&told), Resource::Core).unwrap();
        assert_eq!((found.resource, found.left, found.reset_in), (Resource::CodeSearch, 7, Duration::ZERO));
        assert_eq!(quota(&HeaderMap::new(), Resource::Core), None);
    }

    #[test]
    fn tells_a_limit_from_a_refusal() {
        let none = HeaderMap::new();
        let seconds = |status: u16, headers: &HeaderMap, message: &str| {
            pause(StatusCode::from_u16(status).unwrap(), headers, message).map(|pause| pause.as_secs())
        };
        let after = headers(&[("retry-after", "7".into())]);
        let endless = headers(&[("retry-after", i64::MAX.to_string())]);
        assert_eq!(seconds(403, &none, "Resource not accessible by integration"), None);
        assert_eq!(seconds(200, &after, ""), None);
        assert_eq!(seconds(403, &after, ""), Some(7));
        assert_eq!(seconds(429, &none, ""), Some(60));
        assert_eq!(seconds(403, &none, "You have exceeded a secondary rate limit"), Some(60));
        assert_eq!(seconds(403, &endless, ""), Some(MAX_PAUSE_SECONDS.unsigned_abs()));
    }
}
