//! What is counted of the API.

use std::time::Duration;

use chrono::{DateTime, Utc};
use http::StatusCode;
use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};

use crate::budget::{Resource, Wait};

/// Requests of a window, by resource: of the account of which the smallest part is left.
pub const GITHUB_LIMIT: &str = "project_sync_github_limit";
/// Requests left in the window, by resource: of the account of which the smallest part is left.
pub const GITHUB_REMAINING: &str = "project_sync_github_remaining";
/// When that window resets, in seconds since 1970, by resource.
pub const GITHUB_RESET: &str = "project_sync_github_reset_timestamp_seconds";
/// Requests sent to GitHub's API, by kind of answer: 2xx, 3xx, 4xx, 5xx.
pub const GITHUB_REQUESTS: &str = "project_sync_github_requests_total";
/// Seconds until the head of an answer came, by kind of answer; `none` where none came.
pub const GITHUB_REQUEST_SECONDS: &str = "project_sync_github_request_seconds";
/// Requests that had to wait, by reason.
pub const GITHUB_WAITS: &str = "project_sync_github_waits_total";
/// Tokens of installations that were asked for, by result: minted, refused, failed.
pub const GITHUB_TOKENS: &str = "project_sync_github_tokens_total";

/// Tells the recorder what the metrics are.
pub fn describe_metrics() {
    describe_gauge!(
        GITHUB_LIMIT,
        Unit::Count,
        "Requests of a window by resource, of the account of which the smallest part is left."
    );
    describe_gauge!(
        GITHUB_REMAINING,
        Unit::Count,
        "Requests left in the window by resource, of the account of which the smallest part is left."
    );
    describe_gauge!(
        GITHUB_RESET,
        Unit::Seconds,
        "When that window resets, in seconds since 1970, by resource."
    );
    describe_counter!(GITHUB_REQUESTS, Unit::Count, "Requests sent to GitHub's API, by kind of answer.");
    describe_histogram!(
        GITHUB_REQUEST_SECONDS,
        Unit::Seconds,
        "How long answers of GitHub's API took to begin, by kind of answer."
    );
    describe_counter!(GITHUB_WAITS, Unit::Count, "Requests to GitHub's API that had to wait, by reason.");
    describe_counter!(
        GITHUB_TOKENS,
        Unit::Count,
        "Tokens of GitHub App installations that were asked for, by result."
    );
}

/// A quota, of the account of which the smallest part is left.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tightest {
    pub(crate) limit: u64,
    pub(crate) left: u64,
    pub(crate) reset: DateTime<Utc>,
}

impl Tightest {
    /// Which part of it is left.
    pub(crate) fn part(&self) -> f64 {
        self.left as f64 / self.limit.max(1) as f64
    }
}

/// Tells how a quota stands.
pub(crate) fn tell_quota(resource: Resource, tightest: Option<Tightest>) {
    let Some(Tightest { limit, left, reset }) = tightest else { return };
    gauge!(GITHUB_LIMIT, "resource" => resource.as_str()).set(limit as f64);
    gauge!(GITHUB_REMAINING, "resource" => resource.as_str()).set(left as f64);
    gauge!(GITHUB_RESET, "resource" => resource.as_str()).set(reset.timestamp() as f64);
}

/// Counts an answer, or that none came.
pub(super) fn tell_answer(status: Option<StatusCode>, time: Duration) {
    let kind = match status.map(|status| status.as_u16()) {
        Some(200..=299) => "2xx",
        Some(300..=399) => "3xx",
        Some(400..=499) => "4xx",
        Some(_) => "5xx",
        None => "none",
    };
    histogram!(GITHUB_REQUEST_SECONDS, "status" => kind).record(time.as_secs_f64());
    if status.is_some() {
        counter!(GITHUB_REQUESTS, "status" => kind).increment(1);
    }
}

/// Makes what is counted show 0 before anything happened. For processes that read repositories.
pub fn begin_metrics() {
    for why in Wait::ALL {
        counter!(GITHUB_WAITS, "reason" => why.as_str()).increment(0);
    }
}

/// Counts that a request has to wait.
pub(super) fn tell_wait(why: Wait) {
    counter!(GITHUB_WAITS, "reason" => why.as_str()).increment(1);
}

/// Counts what became of asking for a token.
pub(super) fn tell_token(result: &'static str) {
    counter!(GITHUB_TOKENS, "result" => result).increment(1);
}
