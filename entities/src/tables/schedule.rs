//! When syncs are asked for by the clock.

use sea_orm::entity::prelude::*;

use crate::{
    ids::{ProjectId, ScheduleId, SyncId, TenantId},
    triggers::RunResult,
};

/// A schedule.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "schedules")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ScheduleId,
    /// Whose it is.
    pub tenant_id: TenantId,
    /// The project.
    pub project_id: ProjectId,
    /// The branch; the default one if none.
    pub branch: Option<String>,
    /// The pattern: minute, hour, day of the month, month, day of the week.
    pub cron: String,
    /// The IANA name of the time zone that the pattern is in.
    pub time_zone: String,
    /// How much later than the pattern says it may come due, in seconds.
    pub jitter_seconds: i32,
    /// Whether it comes due at all.
    pub enabled: bool,
    /// When it comes due, jitter included; never, if it is not enabled.
    pub next_at: Option<DateTimeUtc>,
    /// Until when whoever found it due has time to ask for the sync.
    pub claimed_until: Option<DateTimeUtc>,
    /// When it came due last.
    pub last_at: Option<DateTimeUtc>,
    /// What came of that.
    pub last_result: Option<RunResult>,
    /// The sync that answered.
    pub last_sync_id: Option<SyncId>,
    /// When it was made.
    pub created_at: DateTimeUtc,
    /// When it was changed last.
    pub updated_at: DateTimeUtc,
}

/// Joins are written out where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
