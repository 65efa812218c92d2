//! What other systems are told.

use sea_orm::entity::prelude::*;

use crate::ids::{EventId, ProjectId, TenantId};

/// One thing that happened and that others may want to know.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "outbox")]
pub struct Model {
    /// Its place: of one project, what was committed later has a higher one.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Whose it is.
    pub tenant_id: TenantId,
    /// The project that it happened to, which may be gone.
    pub project_id: ProjectId,
    /// Which of the [`LANES`](crate::outbox::LANES) it goes by: always the same one for a project.
    pub lane: i16,
    /// Its id, the same however often it is passed on.
    pub event_id: EventId,
    /// Its number among the events of its project: 1, 2, 3…
    pub sequence: i64,
    /// What happened, such as `project_sync.completed`.
    pub kind: String,
    /// What is told of it.
    pub data: Json,
    /// The W3C trace context of the request that it goes back to.
    pub trace_parent: Option<String>,
    /// When it happened.
    pub created_at: DateTimeUtc,
    /// When a broker took it; none while no broker has.
    pub published_at: Option<DateTimeUtc>,
}

/// Joins are written out where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
