//! What may not be begun.

use sea_orm::entity::prelude::*;

use crate::ids::{PauseId, ProjectId, TenantId};

/// The queue, or one project, is paused: what waits is not begun, what runs goes on.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "queue_pauses")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PauseId,
    /// Whose project; none of the whole queue.
    pub tenant_id: Option<TenantId>,
    /// The project; none of the whole queue.
    pub project_id: Option<ProjectId>,
    /// Why, in the operator's words.
    pub reason: Option<String>,
    /// Since when.
    pub created_at: DateTimeUtc,
}

/// Joins are written out where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
