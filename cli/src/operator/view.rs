//! The answers of the API, as far as people are shown them. Words are texts, so that those of a newer service are shown,
//! too.

use chrono::{DateTime, Utc};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

use crate::error::CliError;

/// Reads what is shown of an answer.
///
/// # Errors
/// If it is none of this API.
pub fn read<T: DeserializeOwned>(answer: &Value) -> Result<T, CliError> {
    T::deserialize(answer).map_err(|error| CliError::Io {
        action: "reading the service's answer".to_owned(),
        source: error.into(),
    })
}

/// A job.
#[derive(Deserialize, Debug)]
#[serde(rename_all = "camelCase")]
pub struct Job {
    /// The sync.
    pub id: String,
    /// The project's name.
    pub project: String,
    /// The branch's name.
    pub branch: String,
    /// Its number on the branch, once completed.
    pub number: Option<i64>,
    /// What it does.
    pub kind: String,
    /// Where it stands.
    pub status: String,
    /// Who asked for it.
    pub trigger: String,
    /// Whether everything is compared anew.
    pub forced: bool,
    /// The number of the sync that a restore goes back to.
    pub restore_of: Option<i64>,
    /// How often it was begun.
    pub attempts: i32,
    /// Which waits first.
    pub priority: String,
    /// Until when it waits.
    pub run_after: Option<DateTime<Utc>>,
    /// The phase that runs, or ran last.
    pub phase: Option<String>,
    /// The finished phases.
    #[serde(default)]
    pub phases: Vec<Phase>,
    /// The commit that it shows.
    pub commit: Option<String>,
    /// Why it failed.
    pub error: Option<Error>,
    /// Whether someone asked for its end.
    #[serde(default)]
    pub cancel_requested: bool,
    /// When it was asked for.
    pub created_at: DateTime<Utc>,
    /// When it was begun.
    pub started_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub finished_at: Option<DateTime<Utc>>,
    /// How long it took.
    pub duration_ms: Option<i64>,
    /// The worker that claimed it last.
    pub worker: Option<String>,
    /// Until when the claim holds.
    pub lease_until: Option<DateTime<Utc>>,
    /// Its last events; of a list: none.
    #[serde(default)]
    pub events: Vec<Event>,
}

impl Job {
    /// Whether nothing more comes of it.
    pub fn has_ended(&self) -> bool {
        matches!(self.status.as_str(), "completed" | "failed" | "cancelled")
    }
}

/// A finished phase.
#[derive(Deserialize, Debug)]
#[serde(rename_all = "camelCase")]
pub struct Phase {
    /// Its name.
    pub phase: String,
    /// How long it took.
    pub duration_ms: i64,
    /// How often it was tried.
    pub attempts: u32,
}

/// An error.
#[derive(Deserialize, Debug)]
pub struct Error {
    /// A stable word.
    pub code: String,
    /// In words.
    pub message: String,
}

/// An event.
#[derive(Deserialize, Debug)]
pub struct Event {
    /// Its number.
    pub seq: i64,
    /// When it happened.
    pub at: DateTime<Utc>,
    /// What happened.
    pub payload: Value,
}

/// The queue.
#[derive(Deserialize, Debug)]
#[serde(rename_all = "camelCase")]
pub struct Queue {
    /// Could be begun now.
    pub ready: Depth,
    /// Wait for their time.
    pub delayed: Depth,
    /// Run.
    pub running: Depth,
    /// Were given up.
    pub dead: Depth,
    /// Messages that could be lent.
    pub queued: Option<u64>,
    /// Messages on loan.
    pub lent: Option<u64>,
    /// Why the queue does not answer.
    pub error: Option<String>,
    /// Who was heard of lately.
    pub workers: Vec<Worker>,
    /// What is paused.
    pub pauses: Vec<Pause>,
}

/// How many there are.
#[derive(Deserialize, Debug)]
#[serde(rename_all = "camelCase")]
pub struct Depth {
    /// How many.
    pub count: u64,
    /// Since when the oldest one.
    pub oldest_age_seconds: Option<i64>,
}

/// A worker.
#[derive(Deserialize, Debug)]
#[serde(rename_all = "camelCase")]
pub struct Worker {
    /// Its name.
    pub name: String,
    /// When it was heard of.
    pub seen_ms_ago: u64,
}

/// A pause.
#[derive(Deserialize, Debug)]
#[serde(rename_all = "camelCase")]
pub struct Pause {
    /// The project; none: everything.
    pub project_id: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// Since when.
    pub since: DateTime<Utc>,
}

/// Something that was given up.
#[derive(Deserialize, Debug)]
#[serde(rename_all = "camelCase")]
pub struct Dead {
    /// Its id.
    pub id: String,
    /// The sync that failed.
    pub sync_id: Option<String>,
    /// The message, where it is no job.
    pub payload: Option<String>,
    /// A stable word for the reason.
    pub code: String,
    /// The reason in words.
    pub message: String,
    /// How often it was begun or delivered.
    pub attempts: i32,
    /// When it was given up.
    pub created_at: DateTime<Utc>,
}

/// What was found of all parts.
#[derive(Deserialize, Debug)]
pub struct Doctor {
    /// Each of them.
    pub checks: Vec<Check>,
}

/// What was found of one part.
#[derive(Deserialize, Debug)]
pub struct Check {
    /// The part.
    pub name: String,
    /// How well it is.
    pub status: String,
    /// What was found.
    pub detail: String,
    /// What to do.
    pub advice: Option<String>,
}
