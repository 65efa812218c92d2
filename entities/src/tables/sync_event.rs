//! Events: how each sync went, step by step.

use sea_orm::entity::prelude::*;

use crate::ids::{SyncId, TenantId};

/// One event of one sync.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sync_events")]
pub struct Model {
    /// Whose it is.
    pub tenant_id: TenantId,
    /// The sync.
    #[sea_orm(primary_key, auto_increment = false)]
    pub sync_id: SyncId,
    /// Its number within the sync: 1, 2, 3… without a hole.
    #[sea_orm(primary_key, auto_increment = false)]
    pub seq: i64,
    /// When it happened.
    pub at: DateTimeUtc,
    /// The event as JSON.
    pub payload: Json,
}

/// Joins are written out where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
