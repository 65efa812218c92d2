//! Sessions of browsers: begun by a password, known by a cookie.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, DbErr, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect, Set, Statement,
    sea_query::Expr,
};

use super::{
    Checked, Digest, IdentityError, Issued, LAST_USED_PRECISION, Principal, Refusal, Right, Role, TenantName,
    secret::is_well_formed, users,
};
use crate::{
    ids::{SessionId, TenantId, UserId},
    scope::{OfSystem, SystemTx},
    tables::{session, user},
};

/// A session ends when it was not used for so long.
pub const IDLE: Duration = Duration::from_hours(24);

/// A session ends after so long, however it is used.
pub const LONGEST: Duration = Duration::from_hours(14 * 24);

/// How many sessions a user has at once; when more are begun, the oldest end.
pub const MAX_PER_USER: u64 = 20;

/// How many outdated sessions one call of [`expire`] removes at most.
pub const MAX_EXPIRED: u64 = 1_000;

/// What the cookies begin with: nothing. They are never taken for tokens, which begin with `ps_`.
const PREFIX: &str = "";

/// A session that was found by its cookie.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Found {
    /// The session.
    pub id: SessionId,
    /// Who logged in.
    pub user: UserId,
    /// Who asks.
    pub principal: Principal,
}

/// Begins a session of a user who showed who they are: in a tenant that they are a member of, or in their first one by
/// name. The cookie is new whatever the browser sent, so that nobody can have chosen it.
///
/// # Errors
/// [`IdentityError::NotFound`] if they are no member (of that tenant).
pub async fn begin(
    transaction: &SystemTx,
    user: &user::Model,
    tenant: Option<TenantId>,
    now: DateTime<Utc>,
) -> Result<(Issued, Found), IdentityError> {
    let place = place(transaction, user.id, tenant).await?;
    let cookie = Issued::generate(PREFIX)?;
    let expires_at = now + LONGEST;
    let row = session::ActiveModel {
        id: Set(SessionId::generate()),
        tenant_id: Set(place.tenant_id),
        user_id: Set(user.id),
        hash: Set(cookie.digest().0),
        created_at: Set(now),
        last_used_at: Set(now),
        expires_at: Set(expires_at),
    };
    let id = *row.id.as_ref();
    session::Entity::insert(row).exec_without_returning(transaction).await?;
    end_oldest(transaction, user.id).await?;
    let principal = Principal {
        until: Some(expires_at),
        ..Principal::user(user.id, user.name.clone(), place.tenant(), place.role, user.is_operator)
    };
    Ok((cookie, Found { id, user: user.id, principal }))
}

/// The membership that a session is to look at.
async fn place(
    db: &impl OfSystem,
    user: UserId,
    tenant: Option<TenantId>,
) -> Result<users::MemberOf, IdentityError> {
    let mut all = users::tenants_of(db, user).await?.into_iter();
    let found = match tenant {
        Some(wanted) => all.find(|place| place.tenant_id == wanted),
        None => all.next(),
    };
    found.ok_or(IdentityError::NotFound { what: "tenant of this user" })
}

/// Ends the user's sessions beyond [`MAX_PER_USER`].
async fn end_oldest(db: &impl OfSystem, user: UserId) -> Result<(), DbErr> {
    let sessions: Vec<SessionId> = session::Entity::find()
        .filter(session::Column::UserId.eq(user))
        .order_by_desc(session::Column::Id)
        .offset(MAX_PER_USER)
        .limit(MAX_EXPIRED)
        .all(db)
        .await?
        .into_iter()
        .map(|row| row.id)
        .collect();
    if !sessions.is_empty() {
        session::Entity::delete_many().filter(session::Column::Id.is_in(sessions)).exec(db).await?;
    }
    Ok(())
}

#[derive(FromQueryResult)]
struct Row {
    id: SessionId,
    tenant_id: TenantId,
    tenant_name: String,
    user_id: UserId,
    user_name: String,
    is_operator: bool,
    disabled_at: Option<DateTime<Utc>>,
    role: Role,
    last_used_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
}

/// Who sends this cookie. The role is the present one: what changes for a member changes for their sessions.
///
/// # Errors
/// If the database is away.
pub async fn authenticate(
    db: &impl OfSystem,
    cookie: &str,
    now: DateTime<Utc>,
) -> Result<Checked<Found>, DbErr> {
    if !is_well_formed(cookie, PREFIX) {
        return Ok(Err(Refusal::Unknown));
    }
    let sql = "SELECT s.id, s.tenant_id, t.name AS tenant_name, s.user_id, u.name AS user_name, u.is_operator, \
               u.disabled_at, m.role, s.last_used_at, s.expires_at FROM sessions s JOIN users u ON u.id = s.user_id \
               JOIN tenants t ON t.id = s.tenant_id \
               JOIN memberships m ON m.tenant_id = s.tenant_id AND m.user_id = s.user_id WHERE s.hash = $1";
    let values = [Digest::of(cookie).0.into()];
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    let Some(row) = Row::find_by_statement(statement).one(db).await? else {
        return Ok(Err(Refusal::Unknown));
    };
    if now >= row.expires_at || now >= row.last_used_at + IDLE {
        return Ok(Err(Refusal::Expired));
    }
    if row.disabled_at.is_some() {
        return Ok(Err(Refusal::Disabled));
    }
    if now >= row.last_used_at + LAST_USED_PRECISION {
        session::Entity::update_many()
            .col_expr(session::Column::LastUsedAt, Expr::value(now))
            .filter(session::Column::Id.eq(row.id))
            .exec(db)
            .await?;
    }
    let tenant = TenantName { id: row.tenant_id, name: row.tenant_name };
    let principal = Principal {
        until: Some(row.expires_at),
        ..Principal::user(row.user_id, row.user_name, tenant, row.role, row.is_operator)
    };
    Ok(Ok(Found { id: row.id, user: row.user_id, principal }))
}

/// Lets a session look at another tenant of its user.
///
/// # Errors
/// [`IdentityError::NotFound`] if the user is no member of it.
pub async fn switch(transaction: &SystemTx, found: &Found, tenant: TenantId) -> Result<Found, IdentityError> {
    let place = place(transaction, found.user, Some(tenant)).await?;
    session::Entity::update_many()
        .col_expr(session::Column::TenantId, Expr::value(tenant))
        .filter(session::Column::Id.eq(found.id))
        .exec(transaction)
        .await?;
    let is_operator = found.principal.may(Right::Operate);
    let name = found.principal.name.clone();
    let principal = Principal {
        until: found.principal.until,
        ..Principal::user(found.user, name, place.tenant(), place.role, is_operator)
    };
    Ok(Found { principal, ..found.clone() })
}

/// Ends a session.
///
/// # Errors
/// If the database is away.
pub async fn end(db: &impl OfSystem, id: SessionId) -> Result<(), DbErr> {
    session::Entity::delete_by_id(id).exec(db).await?;
    Ok(())
}

/// Removes sessions whose time is over, at most [`MAX_EXPIRED`]. Tells how many.
///
/// # Errors
/// If the database is away.
pub async fn expire(db: &impl OfSystem, now: DateTime<Utc>) -> Result<u64, DbErr> {
    let sql = "DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE expires_at <= $1 OR last_used_at <= $2 \
               LIMIT $3)";
    let values = [now.into(), (now - IDLE).into(), MAX_EXPIRED.into()];
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    Ok(db.execute_raw(statement).await?.rows_affected())
}
