//! Which requests were answered, so that the same request gets the same answer.

use std::time::Duration;

use chrono::{DateTime, SubsecRound, Utc};
use sea_orm::{
    ColumnTrait, DbErr, EntityTrait, QueryFilter, Set, Statement,
    sea_query::{Expr, OnConflict},
};

use crate::{
    ids::TenantId,
    scope::{OfSystem, OfTenant},
    tables::idempotency_key,
};

/// The longest key, in bytes.
pub const MAX_KEY_BYTES: usize = 255;

/// The longest body of an answer that is kept, in bytes.
pub const MAX_KEPT_BODY_BYTES: usize = 1 << 20;

/// How long answers are kept.
pub const KEEP: Duration = Duration::from_hours(24);

/// After this time a request that was not answered counts as lost, and the next one of its key is served.
pub const GIVE_UP: Duration = Duration::from_mins(1);

/// How many outdated answers one call of [`expire`] removes at most.
pub const MAX_EXPIRED: u64 = 1_000;

/// The right to answer a request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ticket {
    tenant: TenantId,
    key: String,
    since: DateTime<Utc>,
}

/// An answer that is kept.
#[derive(Clone, PartialEq, Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The headers that matter: a JSON object.
    pub headers: sea_orm::JsonValue,
    /// The body.
    pub body: String,
}

/// What a request with a key comes to.
#[derive(Clone, PartialEq, Debug)]
pub enum Begun {
    /// Serve it.
    Serve(Ticket),
    /// It was answered before: this was the answer.
    Answered(Answer),
    /// It is being served. Ask again after this time.
    InProgress(Duration),
    /// The key belongs to another request.
    OtherRequest,
}

/// Begins to serve a request. `digest` tells requests apart.
///
/// # Errors
/// If the database is away.
pub async fn begin(db: &impl OfTenant, key: &str, digest: &[u8], now: DateTime<Utc>) -> Result<Begun, DbErr> {
    // What the row holds must equal what the ticket holds: Postgres keeps microseconds.
    let now = now.trunc_subsecs(3);
    let tenant = db.tenant();
    let ticket = Ticket { tenant, key: key.to_owned(), since: now };
    let row = idempotency_key::ActiveModel {
        tenant_id: Set(tenant),
        key: Set(key.to_owned()),
        request_digest: Set(digest.to_vec()),
        created_at: Set(now),
        ..Default::default()
    };
    let exists = OnConflict::columns([idempotency_key::Column::TenantId, idempotency_key::Column::Key])
        .do_nothing()
        .to_owned();
    // Twice: an outdated row that stands in the way is removed first.
    for _ in 0..2 {
        let insert = idempotency_key::Entity::insert(row.clone()).on_conflict(exists.clone()).try_insert();
        if matches!(insert.exec_without_returning(db).await?, sea_orm::TryInsertResult::Inserted(1)) {
            return Ok(Begun::Serve(ticket));
        }
        let found = idempotency_key::Entity::find_by_id((tenant, key.to_owned())).one(db).await?;
        let Some(found) = found else { continue };
        if found.created_at + KEEP > now {
            return again(db, found, digest, ticket).await;
        }
        remove(db, &Ticket { since: found.created_at, ..ticket.clone() }).await?;
    }
    Ok(Begun::InProgress(Duration::from_secs(1)))
}

/// What a request comes to whose key is known.
async fn again(
    db: &impl OfTenant,
    found: idempotency_key::Model,
    digest: &[u8],
    ticket: Ticket,
) -> Result<Begun, DbErr> {
    if found.request_digest != digest {
        return Ok(Begun::OtherRequest);
    }
    if let Some(status) = found.status {
        let headers = found.headers.unwrap_or_default();
        let status = u16::try_from(status).unwrap_or_default();
        return Ok(Begun::Answered(Answer { status, headers, body: found.body.unwrap_or_default() }));
    }
    let given_up = found.created_at + GIVE_UP;
    if given_up > ticket.since {
        return Ok(Begun::InProgress((given_up - ticket.since).to_std().unwrap_or_default()));
    }
    let taken = idempotency_key::Entity::update_many()
        .col_expr(idempotency_key::Column::CreatedAt, Expr::value(ticket.since))
        .filter(held(db, &Ticket { since: found.created_at, ..ticket.clone() }))
        .exec(db)
        .await?;
    Ok(match taken.rows_affected {
        1 => Begun::Serve(ticket),
        _ => Begun::InProgress(GIVE_UP),
    })
}

/// Keeps the answer. `false` if somebody else took the request over.
///
/// # Errors
/// If the database is away.
pub async fn finish(db: &impl OfTenant, ticket: &Ticket, answer: Answer) -> Result<bool, DbErr> {
    let updated = idempotency_key::Entity::update_many()
        .col_expr(idempotency_key::Column::Status, Expr::value(i32::from(answer.status)))
        .col_expr(idempotency_key::Column::Headers, Expr::value(answer.headers))
        .col_expr(idempotency_key::Column::Body, Expr::value(answer.body))
        .filter(held(db, ticket))
        .exec(db)
        .await?;
    Ok(updated.rows_affected == 1)
}

/// Forgets a request that got no answer worth keeping: the next one is served.
///
/// # Errors
/// If the database is away.
pub async fn forget(db: &impl OfTenant, ticket: &Ticket) -> Result<(), DbErr> {
    idempotency_key::Entity::delete_many().filter(held(db, ticket)).exec(db).await?;
    Ok(())
}

/// Removes answers that were kept long enough, at most [`MAX_EXPIRED`], the oldest first. Tells how many.
///
/// # Errors
/// If the database is away.
pub async fn expire(db: &impl OfSystem, now: DateTime<Utc>) -> Result<u64, DbErr> {
    let sql = "DELETE FROM idempotency_keys WHERE (tenant_id, key) IN (SELECT tenant_id, key FROM idempotency_keys \
               WHERE created_at < $1 ORDER BY created_at LIMIT $2)";
    let values = [(now - KEEP).into(), MAX_EXPIRED.into()];
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    Ok(db.execute_raw(statement).await?.rows_affected())
}

/// The row that was made at the ticket's time, which must be the tenant's own.
fn row_of(db: &impl OfTenant, ticket: &Ticket) -> sea_orm::Condition {
    sea_orm::Condition::all()
        .add(db.only(idempotency_key::Column::TenantId))
        .add(idempotency_key::Column::TenantId.eq(ticket.tenant))
        .add(idempotency_key::Column::Key.eq(&ticket.key))
        .add(idempotency_key::Column::CreatedAt.eq(ticket.since))
}

/// The row of a request that is being served under this ticket.
fn held(db: &impl OfTenant, ticket: &Ticket) -> sea_orm::Condition {
    row_of(db, ticket).add(idempotency_key::Column::Status.is_null())
}

/// Removes the ticket's row, answered or not.
async fn remove(db: &impl OfTenant, ticket: &Ticket) -> Result<(), DbErr> {
    idempotency_key::Entity::delete_many().filter(row_of(db, ticket)).exec(db).await?;
    Ok(())
}
