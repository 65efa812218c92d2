//! Rate limits of the API: what is left of the quota, until when nothing may be sent, and who must wait.
//!
//! A client that keeps asking while limited may be banned, so that a request must be admitted before it is sent. The
//! state is shared by all requests of a source. Rules: "Rate limits for the REST API" in GitHub's documentation.

use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use http::{HeaderMap, StatusCode, header};
use tokio::sync::Notify;

use crate::SourceError;

/// How long a secondary limit lasts that does not say, in seconds: "wait for at least one minute".
const UNTOLD_SECONDS: i64 = 60;

/// The longest pause that a server is believed to mean, in seconds.
const MAX_PAUSE_SECONDS: i64 = 24 * 3_600;

/// Requests that GitHub said are left in the quota, when it was last asked.
pub const GITHUB_REMAINING: &str = "project_sync_github_rate_remaining";
/// Requests sent to GitHub's API, by kind of answer: 2xx, 3xx, 4xx, 5xx.
pub const GITHUB_REQUESTS: &str = "project_sync_github_requests_total";

/// What is known of the limits.
#[derive(Default)]
pub(super) struct Limits {
    state: Mutex<State>,
    answered: Notify,
}

#[derive(Default)]
struct State {
    /// Nothing may be sent before this.
    until: Option<DateTime<Utc>>,
    /// Requests left in the quota when it was last told, and when it resets.
    left: Option<(u64, DateTime<Utc>)>,
    in_flight: u64,
    /// Answers that may be a limit's, and are being read to find out.
    suspected: u64,
}

/// Leave to send one request; in force until dropped.
pub(super) struct Admission<'a>(&'a Limits);

impl Drop for Admission<'_> {
    fn drop(&mut self) {
        self.0.state().in_flight -= 1;
        self.0.answered.notify_waiters();
    }
}

/// Keeps requests from being sent while an answer is read that may be a limit's; until dropped.
pub(super) struct Suspicion<'a>(&'a Limits);

impl Drop for Suspicion<'_> {
    fn drop(&mut self) {
        self.0.state().suspected -= 1;
        self.0.answered.notify_waiters();
    }
}

impl Limits {
    /// Holds back what has not been sent yet, if an answer with this status may turn out to be a limit's.
    pub(super) fn suspect(&self, status: StatusCode) -> Option<Suspicion<'_>> {
        if !matches!(status, StatusCode::FORBIDDEN | StatusCode::TOO_MANY_REQUESTS) {
            return None;
        }
        self.state().suspected += 1;
        Some(Suspicion(self))
    }

    /// Gives leave to send a request, or the time to come back.
    ///
    /// No more requests are in flight at once than the quota has left, so that the last one is never overstepped.
    pub(super) async fn admit(&self, host: &str) -> Result<Admission<'_>, SourceError> {
        loop {
            // Registered before the state is looked at, so that no answer is missed in between.
            let answered = self.answered.notified();
            if let Some(admission) = self.try_admit(host)? {
                return Ok(admission);
            }
            answered.await;
        }
    }

    fn try_admit(&self, host: &str) -> Result<Option<Admission<'_>>, SourceError> {
        let now = Utc::now();
        let mut state = self.state();
        let limited = |reset| SourceError::RateLimited { host: host.to_owned(), reset };
        if let Some(until) = state.until.filter(|until| *until > now) {
            return Err(limited(until));
        }
        state.until = None;
        state.left = state.left.filter(|(_, reset)| *reset > now);
        match state.left {
            Some((0, reset)) => return Err(limited(reset)),
            _ if state.suspected > 0 => return Ok(None),
            Some((left, _)) if state.in_flight >= left => return Ok(None),
            _ => state.in_flight += 1,
        }
        drop(state);
        Ok(Some(Admission(self)))
    }

    /// Learns what an answer's headers tell of the quota.
    pub(super) fn observe(&self, headers: &HeaderMap) {
        let (Some(left), Some(reset)) = (number(headers, "x-ratelimit-remaining"), reset(headers)) else {
            return;
        };
        metrics::gauge!(GITHUB_REMAINING).set(left as f64);
        let left = u64::try_from(left).unwrap_or_default();
        let mut state = self.state();
        // Answers may overtake each other: within one window, the lowest count is the newest.
        let older = state.left.filter(|(_, known)| (*known - reset).abs() < TimeDelta::seconds(5));
        state.left = Some(match older {
            Some((known, reset)) => (left.min(known), reset),
            None => (left, reset),
        });
    }

    /// Whether an answer with this status, these headers and this message is a limit's, and until when if so.
    pub(super) fn limited(
        &self,
        status: StatusCode,
        headers: &HeaderMap,
        message: &str,
    ) -> Option<DateTime<Utc>> {
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
        let until = match number(headers, header::RETRY_AFTER.as_str()) {
            Some(seconds) => Utc::now() + TimeDelta::seconds(seconds.clamp(0, MAX_PAUSE_SECONDS)),
            None if used_up => reset(headers).unwrap_or_else(untold),
            None => untold(),
        };
        let mut state = self.state();
        state.until = state.until.max(Some(until));
        Some(until)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn untold() -> DateTime<Utc> {
    Utc::now() + TimeDelta::seconds(UNTOLD_SECONDS)
}

fn number(headers: &HeaderMap, name: &str) -> Option<i64> {
    headers.get(name)?.to_str().ok()?.trim().parse().ok()
}

/// When the quota resets by this machine's clock: what the server says, corrected by what its clock shows.
fn reset(headers: &HeaderMap) -> Option<DateTime<Utc>> {
    let reset = number(headers, "x-ratelimit-reset")?;
    let shown = headers.get(header::DATE).and_then(|date| date.to_str().ok());
    let server_now = shown.and_then(|date| DateTime::parse_from_rfc2822(date).ok());
    let now = Utc::now();
    let pause = reset - server_now.map_or(now.timestamp(), |it| it.timestamp());
    Some(now + TimeDelta::seconds(pause.clamp(0, MAX_PAUSE_SECONDS)))
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
        let pause = (reset(&told).unwrap() - Utc::now()).num_milliseconds();
        assert!((39_000..=40_000).contains(&pause), "{pause}");
    }

    #[tokio::test]
    async fn no_more_are_admitted_than_are_left() {
        let limits = Limits::default();
        let later = (Utc::now() + TimeDelta::hours(1)).timestamp();
        let told = |left: u64| {
            headers(&[("x-ratelimit-remaining", left.to_string()), ("x-ratelimit-reset", later.to_string())])
        };
        limits.observe(&told(2));
        let first = limits.admit("host").await.unwrap();
        let _second = limits.admit("host").await.unwrap();
        assert!(limits.try_admit("host").unwrap().is_none());
        limits.observe(&told(0));
        limits.observe(&told(1));
        drop(first);
        assert!(matches!(limits.try_admit("host"), Err(SourceError::RateLimited { .. })));
    }

    #[test]
    fn tells_a_limit_from_a_refusal() {
        let none = HeaderMap::new();
        let seconds = |status: u16, headers: &HeaderMap, message: &str| {
            let until = Limits::default().limited(StatusCode::from_u16(status).unwrap(), headers, message);
            until.map(|until| (until - Utc::now()).num_seconds() + 1)
        };
        let after = headers(&[("retry-after", "7".into())]);
        let endless = headers(&[("retry-after", i64::MAX.to_string())]);
        assert_eq!(seconds(403, &none, "Resource not accessible by integration"), None);
        assert_eq!(seconds(200, &after, ""), None);
        assert_eq!(seconds(403, &after, ""), Some(7));
        assert_eq!(seconds(429, &none, ""), Some(60));
        assert_eq!(seconds(403, &none, "You have exceeded a secondary rate limit"), Some(60));
        assert_eq!(seconds(403, &endless, ""), Some(MAX_PAUSE_SECONDS));
    }
}
