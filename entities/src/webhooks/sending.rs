//! What is due, who sends it, and what came of it.
//!
//! Whoever takes a delivery moves it into the future by its own patience, and that is its lease: if nobody says what came
//! of it, it is due again then. Attempts are counted when it is taken, so that one that takes its sender with it counts,
//! too. Whoever writes a webhook and a delivery in one transaction writes the webhook first.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, DbBackend, DbErr, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect,
    Statement, Value, sea_query::Expr,
};
use serde_json::json;

use crate::{
    identity::audit::{self, Action, Actor, NewRecord},
    ids::{DeliveryId, TenantId, WebhookId},
    scope::{OfSystem, OfTenant},
    status::DeliveryStatus,
    tables::{webhook, webhook_delivery},
};

/// The longest text that is kept of what went wrong, in characters.
pub const MAX_ERROR_CHARS: usize = 500;

/// The longest reason that is kept for switching a webhook off, in characters.
const MAX_REASON_CHARS: usize = 200;

/// What is said of deliveries that wait for a webhook which is switched off.
const SWITCHED_OFF: &str = "the webhook was switched off";

/// A delivery that somebody has taken.
#[derive(Clone, PartialEq, Eq, Debug, FromQueryResult)]
pub struct Claimed {
    /// Which one.
    pub id: DeliveryId,
    /// Whose it is.
    pub tenant_id: TenantId,
    /// Where to.
    pub webhook_id: WebhookId,
    /// Which attempt this is, counted from 1.
    pub attempts: i32,
}

/// How much one claim takes, so that nobody keeps the others waiting.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Fairness {
    /// In all.
    pub total: usize,
    /// For one tenant.
    pub per_tenant: usize,
    /// For one webhook.
    pub per_webhook: usize,
}

/// What is on its way already, which counts as taken.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct UnderWay {
    /// To these tenants, so much.
    pub tenants: Vec<(TenantId, usize)>,
    /// To these webhooks, so much.
    pub webhooks: Vec<(WebhookId, usize)>,
}

/// What one attempt came to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// It was taken.
    Delivered,
    /// It was not, and is tried again.
    Retry {
        /// When.
        at: DateTime<Utc>,
    },
    /// It was not, and is given up. After so many of these in a row the webhook is switched off; 0: never.
    Failed {
        /// How many.
        disable_after: u32,
    },
    /// It was not, and the webhook is switched off.
    SwitchOff {
        /// Why.
        reason: String,
    },
}

/// An attempt.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sent {
    /// What came of it.
    pub outcome: Outcome,
    /// What it was answered with, if it was.
    pub response_status: Option<u16>,
    /// What was wrong, in words that tell no secret.
    pub error: Option<String>,
    /// How long it took.
    pub took: Duration,
}

/// What came of noting an attempt.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Settled {
    /// It is noted.
    Noted,
    /// It is noted, and the webhook was switched off because of it.
    SwitchedOff,
    /// Somebody else has it by now, or it has ended: nothing is noted.
    NotOurs,
}

/// How many of what is due one claim chooses from, at least: a receiver that was away for long leaves many thousands.
const LOOKED_AT: usize = 500;

/// Takes what is due, at most so much with what is on its way, until `now + lease`. What waits longest comes first, one of
/// each webhook in turn. It chooses from the [`LOOKED_AT`] that wait longest, without those who have enough on their way:
/// whoever still has room asks again until nothing is given.
///
/// # Errors
/// If the database is away.
pub async fn claim(
    db: &impl OfSystem,
    fairness: Fairness,
    under_way: &UnderWay,
    now: DateTime<Utc>,
    lease: Duration,
) -> Result<Vec<Claimed>, DbErr> {
    let backend = db.get_database_backend();
    let mut values: Vec<Value> = vec![now.into(), (now + lease).into(), (fairness.total as i64).into()];
    let tenants = under_way.tenants.iter().map(|(id, count)| (Value::from(*id), *count));
    let (not_tenants, of_tenant) = shares("tenant_id", tenants, fairness.per_tenant, &mut values);
    let webhooks = under_way.webhooks.iter().map(|(id, count)| (Value::from(*id), *count));
    let (not_webhooks, of_webhook) = shares("webhook_id", webhooks, fairness.per_webhook, &mut values);
    let looked_at = LOOKED_AT.max(fairness.total);
    // SQLite has one writer at a time; in Postgres another sender's rows are passed over.
    let lock = if backend == DbBackend::Postgres { "FOR UPDATE SKIP LOCKED" } else { "" };
    let sql = format!(
        "UPDATE webhook_deliveries SET next_at = $2, last_tried_at = $1, attempts = attempts + 1 WHERE id IN (\
             SELECT id FROM webhook_deliveries WHERE status = 'pending' AND next_at <= $1 AND id IN (\
                 SELECT id FROM (\
                     SELECT id, tenant_id, webhook_id, next_at, \
                         row_number() OVER (PARTITION BY tenant_id ORDER BY next_at, id) AS of_tenant, \
                         row_number() OVER (PARTITION BY webhook_id ORDER BY next_at, id) AS of_webhook \
                     FROM (\
                         SELECT id, tenant_id, webhook_id, next_at FROM webhook_deliveries \
                         WHERE status = 'pending' AND next_at <= $1{not_tenants}{not_webhooks} \
                         ORDER BY next_at, id LIMIT {looked_at}\
                     ) AS oldest\
                 ) AS due WHERE of_tenant <= {of_tenant} AND of_webhook <= {of_webhook} \
                 ORDER BY of_webhook, next_at, id LIMIT $3\
             ) {lock}\
         ) RETURNING id, tenant_id, webhook_id, attempts"
    );
    let statement = Statement::from_sql_and_values(backend, sql, values);
    Claimed::find_by_statement(statement).all(db).await
}

/// What a claim says of those to whom something is on its way: a condition that leaves out whoever has enough, and how much
/// each of the others may be given.
fn shares(
    column: &str,
    under_way: impl Iterator<Item = (Value, usize)>,
    most: usize,
    values: &mut Vec<Value>,
) -> (String, String) {
    let (mut full, mut less) = (Vec::new(), String::new());
    for (id, count) in under_way {
        values.push(id);
        let mark = format!("${}", values.len());
        match most.saturating_sub(count) {
            0 => full.push(mark),
            room => less += &format!(" WHEN {mark} THEN {room}"),
        }
    }
    let except = match full.is_empty() {
        true => String::new(),
        false => format!(" AND {column} NOT IN ({})", full.join(", ")),
    };
    let share = match less.is_empty() {
        true => most.to_string(),
        false => format!("CASE {column}{less} ELSE {most} END"),
    };
    (except, share)
}

/// Gives back what was taken and not sent: it is due at `at`, and the attempt does not count.
///
/// # Errors
/// If the database is away: then its lease ends by itself.
pub async fn put_back(db: &impl OfSystem, claimed: &Claimed, at: DateTime<Utc>) -> Result<(), DbErr> {
    webhook_delivery::Entity::update_many()
        .col_expr(webhook_delivery::Column::NextAt, Expr::value(at))
        .col_expr(webhook_delivery::Column::Attempts, Expr::value(claimed.attempts - 1))
        .filter(db.only(webhook_delivery::Column::TenantId))
        .filter(is_ours(claimed))
        .exec(db)
        .await?;
    Ok(())
}

fn is_ours(claimed: &Claimed) -> sea_orm::Condition {
    sea_orm::Condition::all()
        .add(webhook_delivery::Column::Id.eq(claimed.id))
        .add(webhook_delivery::Column::Status.eq(DeliveryStatus::Pending))
        .add(webhook_delivery::Column::Attempts.eq(claimed.attempts))
}

/// Notes what came of an attempt, in a transaction that writes. If it gives [`Settled::NotOurs`], the transaction is to be
/// rolled back.
///
/// # Errors
/// If the database is away.
pub async fn settle(
    db: &impl OfTenant,
    claimed: &Claimed,
    sent: &Sent,
    now: DateTime<Utc>,
) -> Result<Settled, DbErr> {
    let reason = match &sent.outcome {
        Outcome::Retry { .. } => None,
        Outcome::Delivered => {
            forget_failures(db, claimed.webhook_id).await?;
            None
        }
        Outcome::Failed { disable_after } => {
            let failures = count_failure(db, claimed.webhook_id).await?;
            let is_enough = *disable_after > 0 && failures >= i64::from(*disable_after);
            is_enough.then(|| format!("{failures} deliveries in a row came to nothing"))
        }
        Outcome::SwitchOff { reason } => Some(reason.clone()),
    };
    let is_off = match reason {
        Some(reason) => switch_off(db, claimed.webhook_id, &reason, now).await?,
        None => false,
    };
    if !note(db, claimed, sent, now).await? {
        return Ok(Settled::NotOurs);
    }
    if is_off {
        give_up_waiting(db, claimed.webhook_id, now).await?;
        return Ok(Settled::SwitchedOff);
    }
    Ok(Settled::Noted)
}

async fn note(db: &impl OfTenant, claimed: &Claimed, sent: &Sent, now: DateTime<Utc>) -> Result<bool, DbErr> {
    use webhook_delivery::Column;
    let (status, next_at) = match &sent.outcome {
        Outcome::Delivered => (DeliveryStatus::Delivered, None),
        Outcome::Retry { at } => (DeliveryStatus::Pending, Some(*at)),
        Outcome::Failed { .. } | Outcome::SwitchOff { .. } => (DeliveryStatus::Failed, None),
    };
    let finished_at = (status != DeliveryStatus::Pending).then_some(now);
    let error = sent.error.as_deref().map(|text| cut(text, MAX_ERROR_CHARS));
    let took = i64::try_from(sent.took.as_millis()).unwrap_or(i64::MAX);
    let updated = webhook_delivery::Entity::update_many()
        .col_expr(Column::Status, Expr::value(status))
        .col_expr(Column::NextAt, Expr::value(next_at))
        .col_expr(Column::FinishedAt, Expr::value(finished_at))
        .col_expr(
            Column::ResponseStatus,
            Expr::value(sent.response_status.and_then(|code| i16::try_from(code).ok())),
        )
        .col_expr(Column::Error, Expr::value(error))
        .col_expr(Column::TookMs, Expr::value(took))
        .filter(db.only(Column::TenantId))
        .filter(is_ours(claimed))
        .exec(db)
        .await?;
    Ok(updated.rows_affected == 1)
}

async fn forget_failures(db: &impl OfTenant, id: WebhookId) -> Result<(), DbErr> {
    webhook::Entity::update_many()
        .col_expr(webhook::Column::Failures, Expr::value(0))
        .filter(db.only(webhook::Column::TenantId))
        .filter(webhook::Column::Id.eq(id))
        .filter(webhook::Column::Failures.ne(0))
        .exec(db)
        .await?;
    Ok(())
}

async fn count_failure(db: &impl OfTenant, id: WebhookId) -> Result<i64, DbErr> {
    let sql = "UPDATE webhooks SET failures = failures + 1 WHERE id = $1 AND tenant_id = $2 AND enabled \
               RETURNING failures";
    let values = [id.into(), db.tenant().into()];
    let row =
        db.query_one_raw(Statement::from_sql_and_values(db.get_database_backend(), sql, values)).await?;
    // One that is gone or off fails no more.
    row.map_or(Ok(0), |row| row.try_get::<i32>("", "failures").map(i64::from))
}

/// Tells a webhook nothing any more, and notes that. `false` if it is off already, or gone.
async fn switch_off(
    db: &impl OfTenant,
    id: WebhookId,
    reason: &str,
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let reason = cut(reason, MAX_REASON_CHARS);
    let updated = webhook::Entity::update_many()
        .col_expr(webhook::Column::Enabled, Expr::value(false))
        .col_expr(webhook::Column::DisabledReason, Expr::value(reason.clone()))
        .col_expr(webhook::Column::UpdatedAt, Expr::value(now))
        .filter(db.only(webhook::Column::TenantId))
        .filter(webhook::Column::Id.eq(id))
        .filter(webhook::Column::Enabled.eq(true))
        .exec(db)
        .await?;
    if updated.rows_affected == 0 {
        return Ok(false);
    }
    let record = NewRecord::new(Actor::system(), Action::WebhookDisable).target("webhook", id);
    audit::record(db, record.detail(json!({ "reason": reason })), now).await?;
    Ok(true)
}

/// Gives up what waits for a webhook that is switched off.
pub(super) async fn give_up_waiting(
    db: &impl OfTenant,
    id: WebhookId,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    use webhook_delivery::Column;
    webhook_delivery::Entity::update_many()
        .col_expr(Column::Status, Expr::value(DeliveryStatus::Failed))
        .col_expr(Column::NextAt, Expr::value(None::<DateTime<Utc>>))
        .col_expr(Column::FinishedAt, Expr::value(now))
        .col_expr(Column::Error, Expr::value(SWITCHED_OFF))
        .filter(db.only(Column::TenantId))
        .filter(Column::WebhookId.eq(id))
        .filter(Column::Status.eq(DeliveryStatus::Pending))
        .exec(db)
        .await?;
    Ok(())
}

/// How much waits, and since when.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Backlog {
    /// Deliveries that have not ended.
    pub waiting: i64,
    /// When the one that is to be sent first is or was due: not when it was made, since a receiver that fails is tried for a
    /// day.
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
    let sql =
        "SELECT count(*) AS waiting, min(next_at) AS oldest FROM webhook_deliveries WHERE status = 'pending'";
    let statement = Statement::from_string(db.get_database_backend(), sql);
    let found = Found::find_by_statement(statement).one(db).await?;
    Ok(found.map(|found| Backlog { waiting: found.waiting, oldest: found.oldest }).unwrap_or_default())
}

/// Forgets deliveries that ended and were made before `before`, at most `limit` at a time; gives how many it was.
///
/// # Errors
/// If the database is away.
pub async fn prune(db: &impl OfSystem, before: DateTime<Utc>, limit: u64) -> Result<u64, DbErr> {
    // Ids are made of the time.
    let ids: Vec<DeliveryId> = webhook_delivery::Entity::find()
        .select_only()
        .column(webhook_delivery::Column::Id)
        .filter(db.only(webhook_delivery::Column::TenantId))
        .filter(webhook_delivery::Column::CreatedAt.lt(before))
        .filter(webhook_delivery::Column::Status.ne(DeliveryStatus::Pending))
        .order_by_asc(webhook_delivery::Column::Id)
        .limit(limit)
        .into_tuple()
        .all(db)
        .await?;
    if ids.is_empty() {
        return Ok(0);
    }
    let removed = webhook_delivery::Entity::delete_many()
        .filter(db.only(webhook_delivery::Column::TenantId))
        .filter(webhook_delivery::Column::Id.is_in(ids))
        .filter(webhook_delivery::Column::Status.ne(DeliveryStatus::Pending))
        .exec(db)
        .await?;
    Ok(removed.rows_affected)
}

/// A text without what Postgres refuses, cut at so many characters.
fn cut(text: &str, most: usize) -> String {
    text.chars().filter(|c| !c.is_control()).take(most).collect()
}
