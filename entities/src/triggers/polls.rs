//! Looking at branches now and then, for projects whose hosts cannot reach us.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, Condition, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Set,
    sea_query::{Expr, OnConflict},
};
use serde::{Deserialize, Serialize};

use super::PollResult;
use crate::{
    ids::ProjectId,
    object::ObjectId,
    scope::{OfSystem, OfTenant},
    tables::poll::{ActiveModel, Column, Entity, Model},
};

/// The longest text about a failed look that is kept, in characters.
pub const MAX_ERROR_CHARS: usize = 500;

/// A head as it was seen.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SeenHead {
    /// The commit.
    pub commit: ObjectId,
    /// Its root tree, where the host told.
    pub tree: Option<ObjectId>,
    /// What to ask with whether it is still this one.
    pub validator: Option<String>,
}

/// The heads that were seen last, by the name of the branch.
pub type Seen = BTreeMap<String, SeenHead>;

/// What came of a look.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Polled {
    /// When.
    pub at: DateTime<Utc>,
    /// What.
    pub result: PollResult,
    /// Why it failed.
    pub error: Option<String>,
    /// The heads that are known from now on.
    pub seen: Seen,
    /// When it is looked next.
    pub next_at: DateTime<Utc>,
    /// How many looks have failed in a row.
    pub failures: i32,
}

impl Model {
    /// The branches by name; none if those that were ever synced.
    pub fn names(&self) -> Option<Vec<String>> {
        self.branches.clone().and_then(|json| serde_json::from_value(json).ok())
    }

    /// The heads that were seen last. What cannot be read counts as not seen.
    pub fn seen_heads(&self) -> Seen {
        serde_json::from_value(self.seen.clone()).unwrap_or_default()
    }
}

/// Lets a project be polled, from now on. What was seen before is still known.
///
/// # Errors
/// If the database is away, or the project is gone.
pub async fn set(
    db: &impl OfTenant,
    project: ProjectId,
    every_seconds: u32,
    branches: Option<&[String]>,
    now: DateTime<Utc>,
) -> Result<Model, DbErr> {
    let row = ActiveModel {
        tenant_id: Set(db.tenant()),
        project_id: Set(project),
        every_seconds: Set(i32::try_from(every_seconds).unwrap_or(i32::MAX)),
        branches: Set(branches.map(|names| names.into())),
        seen: Set(serde_json::json!({})),
        next_at: Set(now),
        claimed_until: Set(None),
        failures: Set(0),
        last_at: Set(None),
        last_result: Set(None),
        last_error: Set(None),
        created_at: Set(now),
        updated_at: Set(now),
    };
    let replace = OnConflict::columns([Column::TenantId, Column::ProjectId])
        .update_columns([
            Column::EverySeconds,
            Column::Branches,
            Column::NextAt,
            Column::ClaimedUntil,
            Column::Failures,
            Column::UpdatedAt,
        ])
        .to_owned();
    Entity::insert(row).on_conflict(replace).exec_with_returning(db).await
}

/// How a project is polled; none if it is not.
///
/// # Errors
/// If the database is away.
pub async fn get(db: &impl OfTenant, project: ProjectId) -> Result<Option<Model>, DbErr> {
    Entity::find_by_id((db.tenant(), project)).one(db).await
}

/// Lets a project be polled no more. `false` if it was not.
///
/// # Errors
/// If the database is away.
pub async fn remove(db: &impl OfTenant, project: ProjectId) -> Result<bool, DbErr> {
    let removed = Entity::delete_many()
        .filter(db.only(Column::TenantId))
        .filter(Column::ProjectId.eq(project))
        .exec(db)
        .await?;
    Ok(removed.rows_affected == 1)
}

/// The projects that are to be looked at by now and that nobody is at, those that wait longest first, at most `limit`.
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

/// Takes a project on: nobody else looks at it before `until`. `false` if somebody was faster, or it was changed.
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
        .filter(Column::TenantId.eq(seen.tenant_id))
        .filter(Column::ProjectId.eq(seen.project_id))
        .filter(Column::NextAt.eq(seen.next_at))
        .filter(is_free(now))
        .exec(db)
        .await?;
    Ok(updated.rows_affected == 1)
}

/// Ends what [`claim`] began. `false` if polling was set up anew or ended meanwhile.
///
/// # Errors
/// If the database is away.
pub async fn polled(db: &impl OfTenant, seen: &Model, polled: Polled) -> Result<bool, DbErr> {
    let heads = serde_json::to_value(&polled.seen).map_err(|error| DbErr::Json(error.to_string()))?;
    let error: Option<String> = polled.error.map(|text| text.chars().take(MAX_ERROR_CHARS).collect());
    let updated = Entity::update_many()
        .col_expr(Column::Seen, Expr::value(heads))
        .col_expr(Column::NextAt, Expr::value(polled.next_at))
        .col_expr(Column::ClaimedUntil, Expr::value(Option::<DateTime<Utc>>::None))
        .col_expr(Column::Failures, polled.failures.into())
        .col_expr(Column::LastAt, Expr::value(polled.at))
        .col_expr(Column::LastResult, Expr::value(polled.result.as_str()))
        .col_expr(Column::LastError, Expr::value(error))
        .filter(db.only(Column::TenantId))
        .filter(Column::ProjectId.eq(seen.project_id))
        .filter(Column::NextAt.eq(seen.next_at))
        .exec(db)
        .await?;
    Ok(updated.rows_affected == 1)
}

fn is_free(now: DateTime<Utc>) -> Condition {
    Condition::any().add(Column::ClaimedUntil.is_null()).add(Column::ClaimedUntil.lt(now))
}
