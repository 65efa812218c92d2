//! Who did what.

use chrono::{DateTime, Utc};
use entities::{AuditId, AuditRecord};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// A line of the audit log.
#[derive(Serialize, ToSchema, Debug)]
#[schema(as = AuditRecord)]
pub struct AuditDto {
    /// Its id.
    #[schema(value_type = Uuid)]
    pub id: AuditId,
    /// When.
    pub at: DateTime<Utc>,
    /// Who.
    pub actor: ActorDto,
    /// The address that the request came from, as far as it is known.
    pub address: Option<String>,
    /// What was done: a stable word.
    #[schema(example = "sync.start")]
    pub action: String,
    /// To what; `null` if that needs no saying.
    pub target: Option<AuditTargetDto>,
    /// More about it.
    pub detail: serde_json::Value,
}

/// Who did something.
#[derive(Serialize, ToSchema, Debug)]
#[schema(as = Actor)]
pub struct ActorDto {
    /// `user`, `token`, `local`, `command` or `system`.
    pub kind: String,
    /// The user or the token.
    pub id: Option<Uuid>,
    /// What they were called then.
    pub name: String,
}

/// What something was done to.
#[derive(Serialize, ToSchema, Debug)]
#[schema(as = AuditTarget)]
pub struct AuditTargetDto {
    /// What kind of thing.
    pub kind: String,
    /// Which one.
    pub id: String,
}

impl From<AuditRecord> for AuditDto {
    fn from(row: AuditRecord) -> Self {
        let target = row.target_kind.zip(row.target_id);
        Self {
            id: row.id,
            at: row.at,
            actor: ActorDto { kind: row.actor_kind, id: row.actor_id, name: row.actor_name },
            address: row.address,
            action: row.action,
            target: target.map(|(kind, id)| AuditTargetDto { kind, id }),
            detail: row.detail,
        }
    }
}

/// A page of the audit log.
#[derive(Serialize, ToSchema, Debug)]
#[schema(as = AuditList)]
pub struct AuditList {
    /// The lines, the latest first.
    pub items: Vec<AuditDto>,
    /// What to send as `cursor` to get the next page; `null` on the last one.
    pub next: Option<String>,
}
