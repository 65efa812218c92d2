//! Members of a tenant.
//!
//! A tenant sees who its members are. Who becomes one, or is one no longer, touches users and sessions as well, which are
//! the system's alone: so that is written in its name.

use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, PaginatorTrait, QueryFilter, Set,
    Statement, Value,
    sea_query::{Expr, OnConflict},
};

use super::{
    IdentityError, Role,
    passwords::PasswordHash,
    users::{ensure, lock_owners},
};
use crate::{
    ids::{TenantId, UserId},
    scope::{OfSystem, OfTenant, Scoped, SystemTx},
    tables::{membership, session},
};

/// How many members a tenant may have.
pub const MAX_MEMBERS: u64 = 10_000;

/// A member.
#[derive(Clone, PartialEq, Eq, Debug, FromQueryResult)]
pub struct Member {
    /// The user.
    pub user_id: UserId,
    /// What they are called.
    pub name: String,
    /// Their role in the tenant.
    pub role: Role,
    /// Since when they are a member.
    pub created_at: DateTime<Utc>,
    /// Since when they may not do anything.
    pub disabled_at: Option<DateTime<Utc>>,
}

/// The members whose names come after `after`, by name, at most `limit`.
///
/// # Errors
/// If the database is away.
pub async fn page(db: &impl OfTenant, after: Option<&str>, limit: u64) -> Result<Vec<Member>, DbErr> {
    let mut values: Vec<Value> = vec![db.tenant().into(), limit.into()];
    let mut condition = "";
    if let Some(after) = after {
        values.push(after.into());
        condition = " AND u.name > $3";
    }
    select(db, condition, values).await
}

/// One member of a tenant.
///
/// # Errors
/// If the database is away.
pub async fn get(db: &impl OfTenant, user: UserId) -> Result<Option<Member>, DbErr> {
    one(db, db.tenant(), user).await
}

async fn one(db: &impl Scoped, tenant: TenantId, user: UserId) -> Result<Option<Member>, DbErr> {
    let values = vec![tenant.into(), 1_u64.into(), user.into()];
    Ok(select(db, " AND m.user_id = $3", values).await?.pop())
}

async fn select(db: &impl Scoped, condition: &str, values: Vec<Value>) -> Result<Vec<Member>, DbErr> {
    let sql = format!(
        "SELECT m.user_id, u.name, m.role, m.created_at, u.disabled_at FROM memberships m \
         JOIN users u ON u.id = m.user_id WHERE m.tenant_id = $1{condition} ORDER BY u.name LIMIT $2"
    );
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    Member::find_by_statement(statement).all(db).await
}

/// Makes a user a member of a tenant: the one of this name, or a new one with this password.
///
/// # Errors
/// [`IdentityError::NameTaken`] if they are a member, or if a password is given and there is such a user;
/// [`IdentityError::Invalid`] if there is none and no password is given.
pub async fn add(
    transaction: &SystemTx,
    tenant: TenantId,
    name: &str,
    role: Role,
    password: Option<PasswordHash>,
    now: DateTime<Utc>,
) -> Result<Member, IdentityError> {
    let of_tenant = membership::Entity::find().filter(membership::Column::TenantId.eq(tenant));
    if of_tenant.count(transaction).await? >= MAX_MEMBERS {
        return Err(IdentityError::TooMany { what: "members", most: MAX_MEMBERS });
    }
    let user = ensure(transaction, name, password, now).await?;
    if one(transaction, tenant, user.id).await?.is_some() {
        return Err(IdentityError::NameTaken { what: "member" });
    }
    insert_membership(transaction, tenant, user.id, role, now).await?;
    one(transaction, tenant, user.id).await?.ok_or(IdentityError::NotFound { what: "member" })
}

/// Gives a member of a tenant another role.
///
/// # Errors
/// [`IdentityError::NotFound`], or [`IdentityError::LastOwner`] if no owner were left.
pub async fn change(
    transaction: &SystemTx,
    tenant: TenantId,
    user: UserId,
    role: Role,
) -> Result<Member, IdentityError> {
    let member = found(transaction, tenant, user).await?;
    if role != Role::Owner {
        check_another_owner(transaction, tenant, &member).await?;
    }
    membership::Entity::update_many()
        .col_expr(membership::Column::Role, Expr::value(role.as_str()))
        .filter(membership::Column::TenantId.eq(tenant))
        .filter(membership::Column::UserId.eq(user))
        .exec(transaction)
        .await?;
    Ok(Member { role, ..member })
}

/// Ends a membership. The user's sessions that look at the tenant end with it, their tokens with the next request.
///
/// # Errors
/// [`IdentityError::NotFound`], or [`IdentityError::LastOwner`] if no owner were left.
pub async fn remove(transaction: &SystemTx, tenant: TenantId, user: UserId) -> Result<Member, IdentityError> {
    let member = found(transaction, tenant, user).await?;
    check_another_owner(transaction, tenant, &member).await?;
    session::Entity::delete_many()
        .filter(session::Column::TenantId.eq(tenant))
        .filter(session::Column::UserId.eq(user))
        .exec(transaction)
        .await?;
    membership::Entity::delete_many()
        .filter(membership::Column::TenantId.eq(tenant))
        .filter(membership::Column::UserId.eq(user))
        .exec(transaction)
        .await?;
    Ok(member)
}

/// The member as they are until the end of the transaction: nobody else changes who owns what meanwhile.
async fn found(transaction: &SystemTx, tenant: TenantId, user: UserId) -> Result<Member, IdentityError> {
    lock_owners(transaction).await?;
    one(transaction, tenant, user).await?.ok_or(IdentityError::NotFound { what: "member" })
}

/// That an owner who can log in stays when this member is none any more.
async fn check_another_owner(
    transaction: &SystemTx,
    tenant: TenantId,
    member: &Member,
) -> Result<(), IdentityError> {
    if member.role != Role::Owner {
        return Ok(());
    }
    let sql = "SELECT 1 AS one FROM memberships m JOIN users u ON u.id = m.user_id WHERE m.tenant_id = $1 \
               AND m.role = 'owner' AND m.user_id <> $2 AND u.disabled_at IS NULL LIMIT 1";
    let values = [tenant.into(), member.user_id.into()];
    let statement = Statement::from_sql_and_values(transaction.get_database_backend(), sql, values);
    match transaction.query_one_raw(statement).await? {
        Some(_) => Ok(()),
        None => Err(IdentityError::LastOwner),
    }
}

/// Writes a membership, if it is not there.
pub(super) async fn insert_membership(
    db: &impl OfSystem,
    tenant: TenantId,
    user: UserId,
    role: Role,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let row = membership::ActiveModel {
        tenant_id: Set(tenant),
        user_id: Set(user),
        role: Set(role),
        created_at: Set(now),
    };
    let exists = OnConflict::columns([membership::Column::TenantId, membership::Column::UserId])
        .do_nothing()
        .to_owned();
    membership::Entity::insert(row).on_conflict(exists).try_insert().exec_without_returning(db).await?;
    Ok(())
}
