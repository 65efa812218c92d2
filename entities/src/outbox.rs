//! What other systems are told: rows that are written in the transaction in which something happens, and passed on to a
//! broker later.
//!
//! A project's events rise in `id` and `sequence` in the order of their commits, since whoever adds one holds the project's
//! row. Each project belongs to one of [`LANES`] lanes, and a lane is passed on by whoever has its lease: so several relays
//! share the work, and no project is told by two at a time.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, DbErr, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect,
    Set, Statement, prelude::Json, sea_query::Expr,
};

use crate::{
    ids::{EventId, ProjectId},
    scope::{OfSystem, OfTenant},
    tables::outbox_event,
};

/// How many lanes there are: the most relays that have something to do at once.
pub const LANES: i16 = 64;

/// What is to be told.
#[derive(Clone, PartialEq, Debug)]
pub struct NewEvent {
    /// Its id.
    pub id: EventId,
    /// The project that it happens to.
    pub project: ProjectId,
    /// What happens.
    pub kind: String,
    /// What is told of it.
    pub data: Json,
    /// The W3C trace context of the request that it goes back to.
    pub trace_parent: Option<String>,
}

/// A lane that a relay may pass on until its lease ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Lane {
    /// Which one.
    pub lane: i16,
    /// The token of this lease: a later one has a higher token.
    pub token: i64,
}

/// Notes an event, in the transaction in which it happens. That transaction must hold the project's row
/// ([`projects::lock_project`](crate::projects::lock_project)) from its beginning.
///
/// # Errors
/// If the database is away, or the project is gone.
pub async fn append(
    db: &impl OfTenant,
    new: NewEvent,
    now: DateTime<Utc>,
) -> Result<outbox_event::Model, DbErr> {
    let statement = Statement::from_sql_and_values(
        db.get_database_backend(),
        "UPDATE projects SET events_told = events_told + 1 WHERE id = $1 AND tenant_id = $2 RETURNING events_told",
        [new.project.into(), db.tenant().into()],
    );
    let row = db.query_one_raw(statement).await?;
    let row = row.ok_or_else(|| DbErr::RecordNotFound(format!("project {}", new.project)))?;
    let event = outbox_event::ActiveModel {
        tenant_id: Set(db.tenant()),
        project_id: Set(new.project),
        lane: Set(lane_of(new.project)),
        event_id: Set(new.id),
        sequence: Set(row.try_get("", "events_told")?),
        kind: Set(new.kind),
        data: Set(new.data),
        trace_parent: Set(new.trace_parent),
        created_at: Set(now),
        published_at: Set(None),
        ..Default::default()
    };
    event.insert(db).await
}

/// The lane of a project.
pub fn lane_of(project: ProjectId) -> i16 {
    // The last bits of an id are random.
    (project.0.as_u128() % LANES.unsigned_abs() as u128) as i16
}

/// Lanes in which something waits and that are free: `$1` is the time, `$2` who asks. One look at the index for each lane,
/// however much waits.
const FREE_LANES: &str = "\
    WITH RECURSIVE numbers (lane) AS (SELECT 0 UNION ALL SELECT lane + 1 FROM numbers WHERE lane < 63), \
    firsts AS (SELECT n.lane AS lane, \
        (SELECT min(o.id) FROM outbox o WHERE o.lane = n.lane AND o.published_at IS NULL) AS id FROM numbers n) \
    SELECT CAST(f.lane AS SMALLINT) AS lane FROM firsts f LEFT JOIN outbox_lanes l ON l.lane = f.lane \
    WHERE f.id IS NOT NULL AND (l.lease_until IS NULL OR l.lease_until < $1 OR l.holder = $2) \
    ORDER BY f.id LIMIT $3";

/// Takes lanes in which something waits and that nobody has, at most `limit`, those that wait longest first. They are held
/// until `now + lease`.
///
/// # Errors
/// If the database is away.
pub async fn take_lanes(
    db: &impl OfSystem,
    holder: &str,
    now: DateTime<Utc>,
    lease: Duration,
    limit: usize,
) -> Result<Vec<Lane>, DbErr> {
    let backend = db.get_database_backend();
    let values = [now.into(), holder.into(), i64::try_from(limit).unwrap_or(i64::MAX).into()];
    let waiting = db.query_all_raw(Statement::from_sql_and_values(backend, FREE_LANES, values)).await?;
    let mut taken = Vec::new();
    for row in waiting {
        let lane: i16 = row.try_get("", "lane")?;
        let sql = "INSERT INTO outbox_lanes (lane, holder, lease_until, fencing_token) VALUES ($1, $2, $3, 1) \
                   ON CONFLICT (lane) DO UPDATE SET holder = excluded.holder, lease_until = excluded.lease_until, \
                   fencing_token = outbox_lanes.fencing_token + 1 \
                   WHERE outbox_lanes.lease_until IS NULL OR outbox_lanes.lease_until < $4 \
                   OR outbox_lanes.holder = excluded.holder RETURNING fencing_token";
        let values = [lane.into(), holder.into(), (now + lease).into(), now.into()];
        if let Some(row) = db.query_one_raw(Statement::from_sql_and_values(backend, sql, values)).await? {
            taken.push(Lane { lane, token: row.try_get("", "fencing_token")? });
        }
    }
    Ok(taken)
}

/// Holds lanes for longer. `false` if somebody else has one of them.
///
/// # Errors
/// If the database is away.
pub async fn prolong(db: &impl OfSystem, lanes: &[Lane], until: DateTime<Utc>) -> Result<bool, DbErr> {
    for lane in lanes {
        let sql = "UPDATE outbox_lanes SET lease_until = $3 WHERE lane = $1 AND fencing_token = $2";
        let values = [lane.lane.into(), lane.token.into(), until.into()];
        let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
        if db.execute_raw(statement).await?.rows_affected() != 1 {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Lets others have a lane, at once or not before `until`. Does nothing if somebody else has it already.
///
/// # Errors
/// If the database is away: then its lease ends by itself.
pub async fn release(db: &impl OfSystem, lane: Lane, until: Option<DateTime<Utc>>) -> Result<(), DbErr> {
    let sql =
        "UPDATE outbox_lanes SET holder = NULL, lease_until = $3 WHERE lane = $1 AND fencing_token = $2";
    let values = [lane.lane.into(), lane.token.into(), until.into()];
    db.execute_raw(Statement::from_sql_and_values(db.get_database_backend(), sql, values)).await?;
    Ok(())
}

/// Whether a relay has ever taken a lane.
///
/// # Errors
/// If the database is away.
pub async fn was_relayed(db: &impl OfSystem) -> Result<bool, DbErr> {
    let statement =
        Statement::from_string(db.get_database_backend(), "SELECT lane FROM outbox_lanes LIMIT 1");
    Ok(db.query_one_raw(statement).await?.is_some())
}

/// What waits in a lane, in order, at most `limit`.
///
/// # Errors
/// If the database is away.
pub async fn waiting(db: &impl OfSystem, lane: i16, limit: u64) -> Result<Vec<outbox_event::Model>, DbErr> {
    outbox_event::Entity::find()
        .filter(db.only(outbox_event::Column::TenantId))
        .filter(outbox_event::Column::Lane.eq(lane))
        .filter(outbox_event::Column::PublishedAt.is_null())
        .order_by_asc(outbox_event::Column::Id)
        .limit(limit)
        .all(db)
        .await
}

/// Notes that a broker has taken these events. They are true to say so even if the lane is lost by now.
///
/// # Errors
/// If the database is away.
pub async fn mark_published(db: &impl OfSystem, ids: &[i64], now: DateTime<Utc>) -> Result<(), DbErr> {
    if ids.is_empty() {
        return Ok(());
    }
    outbox_event::Entity::update_many()
        .col_expr(outbox_event::Column::PublishedAt, Expr::value(now))
        .filter(db.only(outbox_event::Column::TenantId))
        .filter(outbox_event::Column::Id.is_in(ids.iter().copied()))
        .filter(outbox_event::Column::PublishedAt.is_null())
        .exec(db)
        .await?;
    Ok(())
}

/// How much waits, and since when.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Backlog {
    /// Events that no broker has taken.
    pub waiting: i64,
    /// When the oldest of them happened.
    pub oldest: Option<DateTime<Utc>>,
}

/// How much waits, and since when.
///
/// # Errors
/// If the database is away.
pub async fn backlog(db: &impl OfSystem) -> Result<Backlog, DbErr> {
    #[derive(FromQueryResult)]
    struct Found {
        waiting: i64,
        oldest: Option<DateTime<Utc>>,
    }
    let sql = "SELECT count(*) AS waiting, min(created_at) AS oldest FROM outbox WHERE published_at IS NULL";
    let statement = Statement::from_string(db.get_database_backend(), sql);
    let found = Found::find_by_statement(statement).one(db).await?;
    Ok(found.map(|found| Backlog { waiting: found.waiting, oldest: found.oldest }).unwrap_or_default())
}

/// Forgets events that happened before `before`: those that a broker has taken, and with `all` also those that none has,
/// for an installation without one. At most `limit` at a time; gives how many it was.
///
/// # Errors
/// If the database is away.
pub async fn prune(db: &impl OfSystem, before: DateTime<Utc>, all: bool, limit: u64) -> Result<u64, DbErr> {
    let mut select = outbox_event::Entity::find()
        .select_only()
        .column(outbox_event::Column::Id)
        .filter(db.only(outbox_event::Column::TenantId))
        .filter(outbox_event::Column::CreatedAt.lt(before));
    if !all {
        select = select.filter(outbox_event::Column::PublishedAt.is_not_null());
    }
    let ids: Vec<i64> =
        select.order_by_asc(outbox_event::Column::CreatedAt).limit(limit).into_tuple().all(db).await?;
    if ids.is_empty() {
        return Ok(0);
    }
    let removed = outbox_event::Entity::delete_many()
        .filter(db.only(outbox_event::Column::TenantId))
        .filter(outbox_event::Column::Id.is_in(ids))
        .exec(db)
        .await?;
    Ok(removed.rows_affected)
}
