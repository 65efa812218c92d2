//! Whose branches are looked at now and then.

use sea_orm::entity::prelude::*;

use crate::{
    ids::{ProjectId, TenantId},
    triggers::PollResult,
};

/// How a project is polled. It has one such row at most.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "polls")]
pub struct Model {
    /// Whose it is.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: TenantId,
    /// The project.
    #[sea_orm(primary_key, auto_increment = false)]
    pub project_id: ProjectId,
    /// Seconds between two looks.
    pub every_seconds: i32,
    /// The branches, a list of names; if none, those that were ever synced.
    pub branches: Option<Json>,
    /// The heads that were seen last, by branch: see [`Seen`](crate::triggers::polls::Seen).
    pub seen: Json,
    /// When it is looked next.
    pub next_at: DateTimeUtc,
    /// Until when whoever looks has time for it.
    pub claimed_until: Option<DateTimeUtc>,
    /// How many looks failed since the last that did not.
    pub failures: i32,
    /// When it was looked last.
    pub last_at: Option<DateTimeUtc>,
    /// What came of that.
    pub last_result: Option<PollResult>,
    /// Why it failed, in words.
    pub last_error: Option<String>,
    /// When polling was set up.
    pub created_at: DateTimeUtc,
    /// When it was changed last.
    pub updated_at: DateTimeUtc,
}

/// Joins are written out where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
