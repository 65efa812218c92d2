//! How far a sync is.

use bus::{Event, Unit};
use serde::Serialize;
use utoipa::ToSchema;

use super::sync::SyncDto;

/// How far the phase that runs is.
#[derive(Serialize, ToSchema, Debug)]
#[serde(rename_all = "camelCase")]
#[schema(as = Progress)]
pub struct ProgressDto {
    /// The phase.
    pub phase: String,
    /// How much is done.
    pub done: u64,
    /// How much there is, once that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
    /// What is counted: `files`, `blobs` or `directories`.
    pub unit: &'static str,
    /// Bytes received over the network so far, in the whole sync.
    pub bytes: u64,
    /// Requests sent so far, in the whole sync.
    pub requests: u64,
}

impl ProgressDto {
    /// The progress that an event tells, if it tells one.
    pub fn of(event: Event) -> Option<Self> {
        let Event::PhaseProgress { phase, done, total, unit, bytes, requests } = event else { return None };
        let unit = match unit {
            Unit::Files => "files",
            Unit::Blobs => "blobs",
            Unit::Directories => "directories",
        };
        Some(Self { phase, done, total, unit, bytes, requests })
    }
}

/// The sync of a branch that runs, else the one that waits, else the latest one.
#[derive(Serialize, ToSchema, Debug)]
#[serde(rename_all = "camelCase")]
#[schema(as = Status)]
pub struct SyncStatusDto {
    /// The branch.
    pub branch: String,
    /// The sync; null if the branch was never synced.
    #[schema(required)]
    pub sync: Option<SyncDto>,
    /// One more that waits for the end of this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<SyncDto>,
    /// How far it is, once it told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub progress: Option<ProgressDto>,
    /// The phases of a sync of this kind, in order.
    pub phases: Vec<&'static str>,
}
