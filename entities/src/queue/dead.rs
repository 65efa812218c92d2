//! The dead set: what was given up and waits for an operator.

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
    Select, Set,
};

use crate::{
    ids::{DeadJobId, SyncId, TenantId},
    scope::Scoped,
    tables::dead_job,
};

/// How much of a message that is no job is kept, in characters.
pub const MAX_PAYLOAD_CHARS: usize = 65_536;

/// What to note of something that is given up.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewDeadJob {
    /// The sync and whose it is; none of a message that is no job.
    pub sync: Option<(TenantId, SyncId)>,
    /// The message, where it is no job.
    pub payload: Option<String>,
    /// A stable word for the reason.
    pub code: String,
    /// The reason in words.
    pub message: String,
    /// How often it was begun or delivered.
    pub attempts: i32,
}

/// Which of the dead are meant. Everything, where nothing is said.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct DeadFilter {
    /// Only those given up for this reason.
    pub code: Option<String>,
    /// Only those given up before.
    pub before: Option<DateTime<Utc>>,
    /// Only those that are syncs (or are not).
    pub is_sync: Option<bool>,
}

impl DeadFilter {
    fn apply(&self, db: &impl Scoped) -> Select<dead_job::Entity> {
        let mut select = dead_job::Entity::find().filter(db.only(dead_job::Column::TenantId));
        if let Some(code) = &self.code {
            select = select.filter(dead_job::Column::Code.eq(code));
        }
        if let Some(before) = self.before {
            select = select.filter(dead_job::Column::CreatedAt.lt(before));
        }
        match self.is_sync {
            Some(true) => select.filter(dead_job::Column::SyncId.is_not_null()),
            Some(false) => select.filter(dead_job::Column::SyncId.is_null()),
            None => select,
        }
    }
}

/// Notes something that is given up.
pub async fn bury(db: &impl Scoped, new: NewDeadJob, now: DateTime<Utc>) -> Result<dead_job::Model, DbErr> {
    let row = dead_job::ActiveModel {
        id: Set(DeadJobId::generate()),
        tenant_id: Set(new.sync.map(|(tenant, _)| tenant)),
        sync_id: Set(new.sync.map(|(_, sync)| sync)),
        // NUL is no text for Postgres.
        payload: Set(new
            .payload
            .map(|text| text.chars().filter(|c| *c != '\0').take(MAX_PAYLOAD_CHARS).collect())),
        code: Set(new.code),
        message: Set(new.message),
        attempts: Set(new.attempts),
        created_at: Set(now),
    };
    row.insert(db).await
}

/// The dead, the latest first, at most `limit`; `after` continues behind one of an earlier page.
pub async fn dead_jobs(
    db: &impl Scoped,
    filter: &DeadFilter,
    after: Option<DeadJobId>,
    limit: u64,
) -> Result<Vec<dead_job::Model>, DbErr> {
    let mut select = filter.apply(db);
    if let Some(after) = after {
        select = select.filter(dead_job::Column::Id.lt(after));
    }
    select.order_by_desc(dead_job::Column::Id).limit(limit).all(db).await
}

/// How many there are.
pub async fn count_dead(db: &impl Scoped, filter: &DeadFilter) -> Result<u64, DbErr> {
    filter.apply(db).count(db).await
}

/// One of the dead.
pub async fn dead(db: &impl Scoped, id: DeadJobId) -> Result<Option<dead_job::Model>, DbErr> {
    dead_job::Entity::find_by_id(id).filter(db.only(dead_job::Column::TenantId)).one(db).await
}

/// Takes a sync out of the dead set, if it is there.
pub async fn remove_dead_sync(db: &impl Scoped, sync: SyncId) -> Result<(), DbErr> {
    dead_job::Entity::delete_many()
        .filter(db.only(dead_job::Column::TenantId))
        .filter(dead_job::Column::SyncId.eq(sync))
        .exec(db)
        .await?;
    Ok(())
}

/// Takes one out of the dead set. `false` if it is not there (any more).
pub async fn remove_dead(db: &impl Scoped, id: DeadJobId) -> Result<bool, DbErr> {
    let removed = dead_job::Entity::delete_many()
        .filter(db.only(dead_job::Column::TenantId))
        .filter(dead_job::Column::Id.eq(id))
        .exec(db)
        .await?;
    Ok(removed.rows_affected == 1)
}
