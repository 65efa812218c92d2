//! What hosts sent.

use sea_orm::entity::prelude::*;

use crate::{
    ids::{HookDeliveryId, ProjectId, SyncId, TenantId},
    object::ObjectId,
    triggers::DeliveryResult,
};

/// A delivery.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "hook_deliveries")]
pub struct Model {
    /// Its id. Later ones sort later.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: HookDeliveryId,
    /// Whose it is.
    pub tenant_id: TenantId,
    /// The project.
    pub project_id: ProjectId,
    /// What the host calls it.
    pub delivery: String,
    /// When it came.
    pub received_at: DateTimeUtc,
    /// The host's word for what happened.
    pub event: String,
    /// The branch, where it is about one.
    pub branch: Option<String>,
    /// The commit that the branch was pushed to.
    pub commit_id: Option<ObjectId>,
    /// What came of it.
    pub result: DeliveryResult,
    /// The sync that was asked for.
    pub sync_id: Option<SyncId>,
    /// How often the commit was looked for.
    pub looks: i32,
    /// When it is looked for next; never, if it was seen or given up.
    pub look_at: Option<DateTimeUtc>,
}

/// Joins are written out where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
