//! What other systems are told when a sync has ended: CloudEvents 1.0 (<https://cloudevents.io>).
//!
//! [`record`] writes the event to the outbox, and for each webhook that wants it, in the transaction that ends the sync.

use std::sync::LazyLock;

use chrono::{DateTime, Utc};
use entities::{
    EventId, ObjectId, OutboxEvent, ProjectId, SyncCounts, SyncId, SyncKind, SyncStatus, SyncTrigger,
    TenantId, TenantTx,
    outbox::{self, NewEvent},
    projects, syncs,
    webhooks::{self, Told},
};
use sea_orm::DbErr;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tokio::sync::watch;

use utoipa::ToSchema;

use crate::EventError;

/// The version of CloudEvents that is written.
pub const SPEC_VERSION: &str = "1.0";

/// What the data of an event is.
pub const DATA_CONTENT_TYPE: &str = "application/json";

/// The longest error message that is told, in characters; longer ones are cut.
pub const MAX_MESSAGE_CHARS: usize = 1_000;

/// What happened to a sync.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, ToSchema)]
pub enum IntegrationKind {
    /// It completed: the branch shows a new state, or was found unchanged.
    #[serde(rename = "project_sync.completed")]
    Completed,
    /// It failed, and is not tried again by itself.
    #[serde(rename = "project_sync.failed")]
    Failed,
    /// Somebody ended it.
    #[serde(rename = "project_sync.cancelled")]
    Cancelled,
    /// A restore completed: the branch shows an earlier state again.
    #[serde(rename = "project_sync.restored")]
    Restored,
}

impl IntegrationKind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Completed, Self::Failed, Self::Cancelled, Self::Restored];

    /// The word for it, as `type`, rows and routing keys bear it. Stable.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Completed => "project_sync.completed",
            Self::Failed => "project_sync.failed",
            Self::Cancelled => "project_sync.cancelled",
            Self::Restored => "project_sync.restored",
        }
    }

    /// What the word stands for.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }

    fn of(status: SyncStatus, kind: SyncKind) -> Option<Self> {
        match (status, kind) {
            (SyncStatus::Completed, SyncKind::Sync) => Some(Self::Completed),
            (SyncStatus::Completed, SyncKind::Restore) => Some(Self::Restored),
            (SyncStatus::Failed, _) => Some(Self::Failed),
            (SyncStatus::Cancelled, _) => Some(Self::Cancelled),
            (SyncStatus::Pending | SyncStatus::Running, _) => None,
        }
    }
}

/// What is told of a sync that has ended: the `data` of an event.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct IntegrationData {
    /// The sync.
    #[schema(value_type = Uuid)]
    pub sync_id: SyncId,
    /// Its project.
    #[schema(value_type = Uuid)]
    pub project_id: ProjectId,
    /// The name of its branch.
    pub branch: String,
    /// What it was to do.
    pub kind: SyncKind,
    /// Who asked for it.
    pub trigger: SyncTrigger,
    /// Its number among the completed syncs of the branch; absent if it did not complete.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<i64>,
    /// The number of the sync that a restore went back to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restored_number: Option<i64>,
    /// The commit that the branch shows now; absent if it did not complete.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub commit: Option<ObjectId>,
    /// The commit that the branch showed before; absent at the first sync, and if it did not complete.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub previous_commit: Option<ObjectId>,
    /// What it changed and cost.
    pub counts: SyncCounts,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<EventError>,
    /// When somebody asked for it.
    pub created_at: DateTime<Utc>,
    /// When it was begun; absent if it never was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub finished_at: DateTime<Utc>,
    /// Where more can be read, at the address of the API.
    pub links: IntegrationLinks,
}

/// Where more can be read: paths at the address of the API.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct IntegrationLinks {
    /// The sync.
    pub sync: String,
    /// What it changed; absent if it did not complete.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changes: Option<String>,
    /// Its project.
    pub project: String,
}

/// An event as others are told it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct IntegrationEvent {
    /// Its id, the same however often it is sent.
    pub id: EventId,
    /// What happened.
    pub kind: IntegrationKind,
    /// Whose it is.
    pub tenant: TenantId,
    /// The project that it happened to.
    pub project: ProjectId,
    /// Its number among the events of its project: 1, 2, 3…
    pub sequence: i64,
    /// When it happened.
    pub time: DateTime<Utc>,
    /// The W3C trace context of the request that it goes back to.
    pub trace_parent: Option<String>,
    /// What is told.
    pub data: Value,
}

impl IntegrationEvent {
    /// Reads its row. `None` if a newer version of this program wrote it.
    pub fn from_row(row: &OutboxEvent) -> Option<Self> {
        Some(Self {
            id: row.event_id,
            kind: IntegrationKind::from_word(&row.kind)?,
            tenant: row.tenant_id,
            project: row.project_id,
            sequence: row.sequence,
            time: row.created_at,
            trace_parent: row.trace_parent.clone(),
            data: row.data.clone(),
        })
    }

    /// Its attributes: see [`attributes`].
    pub fn attributes(&self) -> Vec<(&'static str, String)> {
        Attributes {
            id: self.id,
            kind: self.kind.as_str(),
            tenant: self.tenant,
            project: self.project,
            sequence: self.sequence,
            time: self.time,
            trace_parent: self.trace_parent.as_deref(),
            data: &self.data,
        }
        .list()
    }

    /// All of it as one JSON object: the structured mode of CloudEvents.
    pub fn to_json(&self) -> Value {
        let attributes = self.attributes().into_iter();
        let mut object: Map<String, Value> =
            attributes.map(|(name, value)| (name.to_owned(), Value::String(value))).collect();
        object.insert("data".to_owned(), self.data.clone());
        Value::Object(object)
    }
}

/// The attributes of an event by the names that CloudEvents gives them, and those of ours: `tenantid`, `projectid`,
/// `sequence`. Kinds that only a newer version of this program knows have theirs, too.
pub fn attributes(row: &OutboxEvent) -> Vec<(&'static str, String)> {
    Attributes {
        id: row.event_id,
        kind: &row.kind,
        tenant: row.tenant_id,
        project: row.project_id,
        sequence: row.sequence,
        time: row.created_at,
        trace_parent: row.trace_parent.as_deref(),
        data: &row.data,
    }
    .list()
}

/// What the attributes are made from.
struct Attributes<'a> {
    id: EventId,
    kind: &'a str,
    tenant: TenantId,
    project: ProjectId,
    sequence: i64,
    time: DateTime<Utc>,
    trace_parent: Option<&'a str>,
    data: &'a Value,
}

impl Attributes<'_> {
    fn list(&self) -> Vec<(&'static str, String)> {
        let mut attributes = vec![
            ("specversion", SPEC_VERSION.to_owned()),
            ("id", self.id.to_string()),
            ("source", format!("/api/v1/projects/{}", self.project)),
            ("type", self.kind.to_owned()),
            ("time", self.time.to_rfc3339_opts(chrono::SecondsFormat::Millis, true)),
            ("datacontenttype", DATA_CONTENT_TYPE.to_owned()),
            ("sequence", self.sequence.to_string()),
            ("tenantid", self.tenant.to_string()),
            ("projectid", self.project.to_string()),
        ];
        if let Some(sync) = self.data.get("syncId").and_then(Value::as_str) {
            attributes.push(("subject", sync.to_owned()));
        }
        if let Some(trace) = self.trace_parent {
            attributes.push(("traceparent", trace.to_owned()));
        }
        attributes
    }
}

/// Counts the transactions of this process that wrote events, and those that wrote deliveries to webhooks.
static WRITTEN: LazyLock<watch::Sender<u64>> = LazyLock::new(watch::Sender::default);
static WRITTEN_DELIVERIES: LazyLock<watch::Sender<u64>> = LazyLock::new(watch::Sender::default);

fn count(written: &watch::Sender<u64>) {
    written.send_modify(|count| *count = count.wrapping_add(1));
}

/// What [`record`] wrote. To be told once its transaction is committed; what nobody was told of is found, too, only later.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[must_use]
pub struct Written {
    deliveries: usize,
}

impl Written {
    /// Wakes those in this process who pass it on; who sends to webhooks only if there is something to send.
    pub fn tell(self) {
        count(&WRITTEN);
        if self.deliveries > 0 {
            count(&WRITTEN_DELIVERIES);
        }
    }
}

/// Wakes all in this process who pass on what was written by other means than [`record`], in the same way.
pub fn tell_written() {
    count(&WRITTEN);
    count(&WRITTEN_DELIVERIES);
}

/// Says when events were written by this process.
pub fn written() -> watch::Receiver<u64> {
    WRITTEN.subscribe()
}

/// Says when deliveries to webhooks were written by this process.
pub fn written_deliveries() -> watch::Receiver<u64> {
    WRITTEN_DELIVERIES.subscribe()
}

/// Notes that a sync has ended, for all who are to be told, in the transaction that ends it. That transaction must hold the
/// project's row ([`projects::lock_project`]) from its beginning.
///
/// # Errors
/// If the database is away, or the sync is gone or has not ended.
pub async fn record(transaction: &TenantTx, sync: SyncId, now: DateTime<Utc>) -> Result<Written, DbErr> {
    let gone = || DbErr::RecordNotFound(format!("ended sync {sync}"));
    let sync = syncs::get(transaction, sync).await?.ok_or_else(gone)?;
    let kind = IntegrationKind::of(sync.status, sync.kind).ok_or_else(gone)?;
    let branch = projects::branch(transaction, sync.branch_id).await?.ok_or_else(gone)?;
    let previous = match sync.previous_sync_id {
        Some(previous) => syncs::get(transaction, previous).await?,
        None => None,
    };
    let is_completed = sync.status == SyncStatus::Completed;
    let error = sync.error_code.clone().map(|code| EventError {
        code,
        message: sync.error_message.iter().flat_map(|text| text.chars()).take(MAX_MESSAGE_CHARS).collect(),
    });
    let data = IntegrationData {
        sync_id: sync.id,
        project_id: sync.project_id,
        branch: branch.name,
        kind: sync.kind,
        trigger: sync.trigger,
        number: sync.seq,
        restored_number: sync.restore_seq,
        commit: sync.commit_id.filter(|_| is_completed),
        previous_commit: previous.and_then(|previous| previous.commit_id).filter(|_| is_completed),
        counts: SyncCounts::from(&sync),
        error,
        created_at: sync.created_at,
        started_at: sync.started_at,
        finished_at: sync.finished_at.unwrap_or(now),
        links: IntegrationLinks {
            sync: format!("/api/v1/syncs/{}", sync.id),
            changes: is_completed.then(|| format!("/api/v1/syncs/{}/diff", sync.id)),
            project: format!("/api/v1/projects/{}", sync.project_id),
        },
    };
    let new = NewEvent {
        id: EventId::generate(),
        project: sync.project_id,
        kind: kind.as_str().to_owned(),
        data: serde_json::to_value(&data).map_err(|error| DbErr::Json(error.to_string()))?,
        trace_parent: sync.trace_parent.clone(),
    };
    let row = outbox::append(transaction, new, now).await?;
    let Some(event) = IntegrationEvent::from_row(&row) else { return Ok(Written { deliveries: 0 }) };
    let told = Told {
        event: event.id,
        project: event.project,
        kind: kind.as_str().to_owned(),
        body: event.to_json().to_string(),
        trace_parent: event.trace_parent.clone(),
    };
    Ok(Written { deliveries: webhooks::notify(transaction, &told, now).await? })
}
