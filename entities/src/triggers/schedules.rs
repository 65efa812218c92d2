//! Schedules: rows that come due. What their patterns mean is not known here; whoever writes them tells when they come due
//! next.

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, Set, sea_query::Expr,
};

use super::RunResult;
use crate::{
    ids::{ProjectId, ScheduleId, SyncId},
    scope::{OfSystem, OfTenant},
    tables::schedule::{ActiveModel, Column, Entity, Model},
};

/// The longest pattern, in bytes.
pub const MAX_CRON_BYTES: usize = 200;

/// The longest name of a time zone, in bytes.
pub const MAX_TIME_ZONE_BYTES: usize = 64;

/// The most seconds of jitter.
pub const MAX_JITTER_SECONDS: u32 = 3_600;

/// The most schedules of a project that are ever listed; settings allow fewer.
pub const MAX_LISTED: u64 = 1_000;

/// What a schedule is to be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewSchedule {
    /// The branch; the default one if none.
    pub branch: Option<String>,
    /// The pattern.
    pub cron: String,
    /// The time zone that it is in.
    pub time_zone: String,
    /// How much later it may come due, in seconds; at most [`MAX_JITTER_SECONDS`].
    pub jitter_seconds: u32,
    /// Whether it comes due at all.
    pub enabled: bool,
}

/// What came of a schedule that was due.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ran {
    /// When.
    pub at: DateTime<Utc>,
    /// What.
    pub result: RunResult,
    /// The sync that answered.
    pub sync: Option<SyncId>,
    /// When it comes due next; never again if none.
    pub next_at: Option<DateTime<Utc>>,
}

/// Makes a schedule of a project. Its id is made before, since jitter comes from it.
///
/// # Errors
/// If the database is away, or the project is gone.
pub async fn create(
    db: &impl OfTenant,
    project: ProjectId,
    id: ScheduleId,
    new: NewSchedule,
    next_at: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Result<Model, DbErr> {
    let row = ActiveModel {
        id: Set(id),
        tenant_id: Set(db.tenant()),
        project_id: Set(project),
        branch: Set(new.branch),
        cron: Set(new.cron),
        time_zone: Set(new.time_zone),
        jitter_seconds: Set(seconds(new.jitter_seconds)),
        enabled: Set(new.enabled),
        next_at: Set(next_at.filter(|_| new.enabled)),
        claimed_until: Set(None),
        last_at: Set(None),
        last_result: Set(None),
        last_sync_id: Set(None),
        created_at: Set(now),
        updated_at: Set(now),
    };
    row.insert(db).await
}

/// A project's schedules, the oldest first.
///
/// # Errors
/// If the database is away.
pub async fn list(db: &impl OfTenant, project: ProjectId) -> Result<Vec<Model>, DbErr> {
    of(db, project).order_by_asc(Column::Id).limit(MAX_LISTED).all(db).await
}

/// How many schedules a project has.
///
/// # Errors
/// If the database is away.
pub async fn count(db: &impl OfTenant, project: ProjectId) -> Result<u64, DbErr> {
    of(db, project).count(db).await
}

/// A schedule of a project.
///
/// # Errors
/// If the database is away.
pub async fn get(db: &impl OfTenant, project: ProjectId, id: ScheduleId) -> Result<Option<Model>, DbErr> {
    of(db, project).filter(Column::Id.eq(id)).one(db).await
}

/// Changes a schedule of a project. `None` if there is none of this id.
///
/// # Errors
/// If the database is away.
pub async fn change(
    db: &impl OfTenant,
    project: ProjectId,
    id: ScheduleId,
    new: NewSchedule,
    next_at: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Result<Option<Model>, DbErr> {
    Entity::update_many()
        .col_expr(Column::Branch, Expr::value(new.branch))
        .col_expr(Column::Cron, Expr::value(new.cron))
        .col_expr(Column::TimeZone, Expr::value(new.time_zone))
        .col_expr(Column::JitterSeconds, seconds(new.jitter_seconds).into())
        .col_expr(Column::Enabled, new.enabled.into())
        .col_expr(Column::NextAt, Expr::value(next_at.filter(|_| new.enabled)))
        .col_expr(Column::ClaimedUntil, Expr::value(Option::<DateTime<Utc>>::None))
        .col_expr(Column::UpdatedAt, Expr::value(now))
        .filter(db.only(Column::TenantId))
        .filter(Column::ProjectId.eq(project))
        .filter(Column::Id.eq(id))
        .exec(db)
        .await?;
    get(db, project, id).await
}

/// Removes a schedule of a project. `false` if there is none of this id.
///
/// # Errors
/// If the database is away.
pub async fn remove(db: &impl OfTenant, project: ProjectId, id: ScheduleId) -> Result<bool, DbErr> {
    let removed = Entity::delete_many()
        .filter(db.only(Column::TenantId))
        .filter(Column::ProjectId.eq(project))
        .filter(Column::Id.eq(id))
        .exec(db)
        .await?;
    Ok(removed.rows_affected == 1)
}

/// The schedules that are due and that nobody is at, those that wait longest first, at most `limit`.
///
/// # Errors
/// If the database is away.
pub async fn due(db: &impl OfSystem, now: DateTime<Utc>, limit: u64) -> Result<Vec<Model>, DbErr> {
    Entity::find()
        .filter(db.only(Column::TenantId))
        .filter(Column::NextAt.lte(now))
        .filter(is_free(now))
        .order_by_asc(Column::NextAt)
        .limit(limit)
        .all(db)
        .await
}

/// Takes a due schedule on: nobody else does before `until`. `false` if somebody was faster, or it was changed.
///
/// # Errors
/// If the database is away.
pub async fn claim(
    db: &impl OfSystem,
    seen: &Model,
    now: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let updated = Entity::update_many()
        .col_expr(Column::ClaimedUntil, Expr::value(until))
        .filter(db.only(Column::TenantId))
        .filter(Column::Id.eq(seen.id))
        .filter(Column::NextAt.eq(seen.next_at))
        .filter(is_free(now))
        .exec(db)
        .await?;
    Ok(updated.rows_affected == 1)
}

/// Ends what [`claim`] began. `false` if the schedule was changed or removed meanwhile.
///
/// # Errors
/// If the database is away.
pub async fn ran(db: &impl OfTenant, seen: &Model, ran: Ran) -> Result<bool, DbErr> {
    let updated = Entity::update_many()
        .col_expr(Column::NextAt, Expr::value(ran.next_at))
        .col_expr(Column::ClaimedUntil, Expr::value(Option::<DateTime<Utc>>::None))
        .col_expr(Column::LastAt, Expr::value(ran.at))
        .col_expr(Column::LastResult, Expr::value(ran.result.as_str()))
        .col_expr(Column::LastSyncId, Expr::value(ran.sync))
        .filter(db.only(Column::TenantId))
        .filter(Column::Id.eq(seen.id))
        .filter(Column::NextAt.eq(seen.next_at))
        .exec(db)
        .await?;
    Ok(updated.rows_affected == 1)
}

fn of(db: &impl OfTenant, project: ProjectId) -> sea_orm::Select<Entity> {
    Entity::find().filter(db.only(Column::TenantId)).filter(Column::ProjectId.eq(project))
}

fn is_free(now: DateTime<Utc>) -> Condition {
    Condition::any().add(Column::ClaimedUntil.is_null()).add(Column::ClaimedUntil.lt(now))
}

/// Seconds as a column holds them.
fn seconds(seconds: u32) -> i32 {
    i32::try_from(seconds).unwrap_or(i32::MAX)
}
