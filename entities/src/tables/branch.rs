//! Branches.

use sea_orm::entity::prelude::*;

use crate::ids::{BranchId, RepositoryId, SyncId, TenantId};

/// A branch that was synced at least once, or is being synced.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "branches")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: BranchId,
    /// Whose it is.
    pub tenant_id: TenantId,
    /// The repository.
    pub repository_id: RepositoryId,
    /// The name without `refs/heads/`.
    pub name: String,
    /// The number of the latest completed sync; 0 before the first. What readers see.
    pub head_seq: i64,
    /// The latest completed sync.
    pub head_sync_id: Option<SyncId>,
    /// What the host gave to ask conditionally for the head next time.
    pub validator: Option<String>,
    /// The number of the first sync whose state is kept, or 1: see [`gc`](crate::gc). At most the head's.
    pub kept_from: i64,
    /// When it was first synced.
    pub created_at: DateTimeUtc,
    /// When it was told, or found, to be deleted at its host. What was synced of it stays.
    pub deleted_at: Option<DateTimeUtc>,
}

/// Joins are written out where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
