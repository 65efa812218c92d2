//! What operators do, in two ways: on the database and the queue of the settings ([`direct`]), or by asking a service
//! ([`remote`]). Both answer with the JSON of the API, so that the commands print them alike.

mod away;
pub mod direct;
pub mod find;
pub mod remote;
pub mod view;

use api::model::{BulkDto, DeadFilterDto, JobFilterDto};
use async_trait::async_trait;
use entities::{DeadJobId, ProjectId, SyncId};
use gateway::Target;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use self::{direct::Direct, remote::Remote};
use crate::{
    args::{Global, operator::ServerArgs},
    client::Client,
    error::CliError,
    follow::Follower,
    settings::Settings,
};

/// How many items are asked for at once. A list that is longer comes in pages.
pub const PAGE: u64 = 50;

/// A part of a list, the latest first.
#[derive(Default, Deserialize)]
pub struct Listed {
    /// The items, as the API answers them.
    pub items: Vec<Value>,
    /// Where the next part begins. None: this was the last one.
    #[serde(default, rename = "nextCursor")]
    pub next: Option<String>,
}

/// What is done to jobs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum JobsVerb {
    /// They are asked to end.
    Cancel,
    /// They are done again, each by a new sync.
    Requeue,
    /// They are removed.
    Remove,
}

/// What is done to the dead.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DeadVerb {
    /// They are done again, each by a new sync.
    Requeue,
    /// They are removed.
    Purge,
}

/// What came of an operation on many things.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Bulk {
    /// How many were meant.
    pub matched: u64,
    /// How many were changed; none if it was only tried out.
    pub changed: u64,
    /// Those that were changed, or would be.
    pub ids: Vec<String>,
    /// The syncs that do again what the named ones were to do, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub requeued_as: Vec<String>,
}

impl From<BulkDto> for Bulk {
    fn from(bulk: BulkDto) -> Self {
        Self { matched: bulk.matched, changed: bulk.changed, ids: bulk.ids, requeued_as: Vec::new() }
    }
}

impl Bulk {
    /// Counts another one in.
    pub fn add(&mut self, other: Self) {
        self.matched += other.matched;
        self.changed += other.changed;
        self.ids.extend(other.ids);
        self.requeued_as.extend(other.requeued_as);
    }
}

/// What can be seen and done. All of it fails if the database, or the service, is away or refuses.
#[async_trait]
pub trait Operator: Send + Sync {
    /// Jobs from a place on, at most `limit` (at most [`PAGE`]).
    async fn jobs(&self, filter: &JobFilterDto, from: Option<&str>, limit: u64) -> Result<Listed, CliError>;

    /// A job with its last events.
    async fn job(&self, id: SyncId) -> Result<Value, CliError>;

    /// Follows a sync or a project.
    fn follow(&self, target: Target) -> Result<Follower, CliError>;

    /// Does something to one job. The sync that does it again, if that was wanted.
    async fn change_job(&self, verb: JobsVerb, id: SyncId) -> Result<Option<SyncId>, CliError>;

    /// Does something to all jobs that a filter matches, or only tells which.
    async fn change_jobs(
        &self,
        verb: JobsVerb,
        filter: &JobFilterDto,
        dry_run: bool,
    ) -> Result<Bulk, CliError>;

    /// The queue at one moment.
    async fn queue(&self) -> Result<Value, CliError>;

    /// Pauses a project, or everything. `false` if it is paused already.
    async fn pause(&self, project: Option<ProjectId>, reason: Option<&str>) -> Result<bool, CliError>;

    /// Ends a pause. `false` if there is none.
    async fn resume(&self, project: Option<ProjectId>) -> Result<bool, CliError>;

    /// The dead from a place on, at most `limit` (at most [`PAGE`]).
    async fn dead(&self, filter: &DeadFilterDto, from: Option<&str>, limit: u64) -> Result<Listed, CliError>;

    /// One of the dead.
    async fn dead_job(&self, id: DeadJobId) -> Result<Value, CliError>;

    /// Does something to one of the dead. The sync that does it again, if that was wanted.
    async fn change_dead_job(&self, verb: DeadVerb, id: DeadJobId) -> Result<Option<SyncId>, CliError>;

    /// Does something to all of the dead that a filter matches, or only tells which. A filter that says nothing means
    /// all of them.
    async fn change_dead(
        &self,
        verb: DeadVerb,
        filter: &DeadFilterDto,
        dry_run: bool,
    ) -> Result<Bulk, CliError>;

    /// The project that the user means.
    async fn project(&self, text: &str) -> Result<ProjectId, CliError>;

    /// Ends in order.
    async fn close(&self) -> Result<(), CliError>;
}

/// Opens the way that the arguments name.
///
/// # Errors
/// If the database cannot be opened, or the address is none.
pub async fn open(
    global: &Global,
    settings: Settings,
    server: &ServerArgs,
) -> Result<Box<dyn Operator>, CliError> {
    Ok(match &server.server {
        Some(url) => Box::new(Remote::new(Client::new(url, server)?)),
        None => Box::new(Direct::open(global, settings).await?),
    })
}

/// An answer of ours as JSON.
pub fn json(value: &impl Serialize) -> Result<Value, CliError> {
    serde_json::to_value(value)
        .map_err(|error| CliError::Io { action: "writing JSON".to_owned(), source: error.into() })
}
