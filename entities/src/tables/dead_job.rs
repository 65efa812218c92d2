//! What the queue gave up on.

use sea_orm::entity::prelude::*;

use crate::ids::{DeadJobId, SyncId, TenantId};

/// A sync that failed for good though a retry might have helped, or a message that is no job.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "dead_jobs")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: DeadJobId,
    /// Whose it is; none of a message that is no job.
    pub tenant_id: Option<TenantId>,
    /// The sync that failed; none of a message that is no job.
    pub sync_id: Option<SyncId>,
    /// The message, cut at [`MAX_PAYLOAD_CHARS`](crate::queue::MAX_PAYLOAD_CHARS), where it is no job.
    pub payload: Option<String>,
    /// A stable word for the reason.
    pub code: String,
    /// The reason in words.
    pub message: String,
    /// How often it was begun or delivered.
    pub attempts: i32,
    /// When it was given up.
    pub created_at: DateTimeUtc,
}

/// Joins are written out where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
