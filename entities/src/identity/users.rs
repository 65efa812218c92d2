//! Users, and the first of them.

use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbBackend, DbErr, EntityTrait, FromQueryResult, QueryFilter, QueryOrder,
    QuerySelect, Set, Statement,
    sea_query::{Expr, OnConflict},
};

use super::{
    IdentityError, Role, TenantName,
    members::insert_membership,
    names::{MAX_NAME_CHARS, checked},
    passwords::{self, Password, PasswordHash},
};
use crate::{
    ids::{SessionId, TenantId, UserId},
    projects::{LOCAL_TENANT, ensure_tenant},
    scope::{OfSystem, SystemTx},
    tables::{session, user},
};

/// How many tenants of a user are listed at most.
pub const MAX_LISTED_TENANTS: u64 = 1_000;

/// The advisory lock of whoever changes who owns what ("owners" in a phone's letters).
const OWNERS_LOCK: i64 = 696_377;

/// Whether there is any user: without one an installation is not set up.
///
/// # Errors
/// If the database is away.
pub async fn any(db: &impl OfSystem) -> Result<bool, DbErr> {
    Ok(user::Entity::find().limit(1).one(db).await?.is_some())
}

/// Finds a user.
///
/// # Errors
/// If the database is away.
pub async fn get(db: &impl OfSystem, id: UserId) -> Result<Option<user::Model>, DbErr> {
    user::Entity::find_by_id(id).one(db).await
}

/// Finds a user by name.
///
/// # Errors
/// If the database is away.
pub async fn by_name(db: &impl OfSystem, name: &str) -> Result<Option<user::Model>, DbErr> {
    named(db, name.trim()).await
}

async fn named(db: &impl OfSystem, name: &str) -> Result<Option<user::Model>, DbErr> {
    user::Entity::find().filter(user::Column::Name.eq(name)).one(db).await
}

/// The users whose names come after `after`, by name, at most `limit`.
///
/// # Errors
/// If the database is away.
pub async fn page(db: &impl OfSystem, after: Option<&str>, limit: u64) -> Result<Vec<user::Model>, DbErr> {
    let mut select = user::Entity::find();
    if let Some(after) = after {
        select = select.filter(user::Column::Name.gt(after));
    }
    select.order_by_asc(user::Column::Name).limit(limit).all(db).await
}

/// Finds a user by name, or makes one, who needs a password. A password is only for a new user: nobody gets that of
/// somebody else changed by adding them somewhere.
///
/// # Errors
/// [`IdentityError::NameTaken`] if there is one and a password is given, [`IdentityError::Invalid`] if there is none and
/// no password is given.
pub(super) async fn ensure(
    db: &impl OfSystem,
    name: &str,
    password: Option<PasswordHash>,
    now: DateTime<Utc>,
) -> Result<user::Model, IdentityError> {
    let name = checked(name, MAX_NAME_CHARS)?;
    let id = UserId::generate();
    match (named(db, name).await?, &password) {
        (Some(_), Some(_)) => return Err(IdentityError::NameTaken { what: "user" }),
        (Some(found), None) => return Ok(found),
        (None, None) => return Err(IdentityError::invalid("password", "is needed for a new user")),
        (None, Some(_)) => {}
    }
    let row = user::ActiveModel {
        id: Set(id),
        name: Set(name.to_owned()),
        password_hash: Set(password.map(|password| password.0)),
        is_operator: Set(false),
        created_at: Set(now),
        disabled_at: Set(None),
    };
    let exists = OnConflict::column(user::Column::Name).do_nothing().to_owned();
    user::Entity::insert(row).on_conflict(exists).try_insert().exec_without_returning(db).await?;
    match named(db, name).await? {
        Some(made) if made.id == id => Ok(made),
        // Somebody was quicker.
        _ => Err(IdentityError::NameTaken { what: "user" }),
    }
}

/// Makes a user, who is a member of nothing yet.
///
/// # Errors
/// [`IdentityError::NameTaken`], or [`IdentityError::Invalid`] if the name cannot be accepted.
pub async fn create(
    db: &impl OfSystem,
    name: &str,
    password: PasswordHash,
    now: DateTime<Utc>,
) -> Result<user::Model, IdentityError> {
    ensure(db, name, Some(password), now).await
}

/// Makes the first user: operator, and owner of the local tenant.
///
/// # Errors
/// [`IdentityError::AlreadySetUp`] if there is one.
pub async fn set_up(
    transaction: &SystemTx,
    name: &str,
    password: PasswordHash,
    now: DateTime<Utc>,
) -> Result<(user::Model, TenantId), IdentityError> {
    lock_owners(transaction).await?;
    if any(transaction).await? {
        return Err(IdentityError::AlreadySetUp);
    }
    let tenant = ensure_tenant(transaction, LOCAL_TENANT, now).await?;
    let mut first = create(transaction, name, password, now).await?;
    set_operator(transaction, first.id, true).await?;
    first.is_operator = true;
    insert_membership(transaction, tenant, first.id, Role::Owner, now).await?;
    Ok((first, tenant))
}

/// Says whether a user operates the installation.
///
/// # Errors
/// If the database is away.
pub async fn set_operator(db: &impl OfSystem, id: UserId, is_operator: bool) -> Result<(), DbErr> {
    change(db, id, user::Column::IsOperator, is_operator).await
}

/// Gives a user another password and ends their sessions, but for `keep`.
///
/// # Errors
/// If the database is away.
pub async fn set_password(
    transaction: &SystemTx,
    id: UserId,
    password: PasswordHash,
    keep: Option<SessionId>,
) -> Result<(), DbErr> {
    change(transaction, id, user::Column::PasswordHash, password.0).await?;
    let mut sessions = session::Entity::delete_many().filter(session::Column::UserId.eq(id));
    if let Some(keep) = keep {
        sessions = sessions.filter(session::Column::Id.ne(keep));
    }
    sessions.exec(transaction).await?;
    Ok(())
}

/// Ends what a user may do: their sessions at once, their tokens with the next request.
///
/// # Errors
/// [`IdentityError::LastOwner`] if a tenant would be left without an owner who can log in.
pub async fn disable(transaction: &SystemTx, id: UserId, now: DateTime<Utc>) -> Result<(), IdentityError> {
    lock_owners(transaction).await?;
    let sql = "SELECT 1 AS one FROM memberships mine WHERE mine.user_id = $1 AND mine.role = 'owner' AND NOT EXISTS \
               (SELECT 1 FROM memberships m JOIN users u ON u.id = m.user_id WHERE m.tenant_id = mine.tenant_id \
               AND m.role = 'owner' AND m.user_id <> $1 AND u.disabled_at IS NULL) LIMIT 1";
    let statement = Statement::from_sql_and_values(transaction.get_database_backend(), sql, [id.into()]);
    if transaction.query_one_raw(statement).await?.is_some() {
        return Err(IdentityError::LastOwner);
    }
    change(transaction, id, user::Column::DisabledAt, now).await?;
    session::Entity::delete_many().filter(session::Column::UserId.eq(id)).exec(transaction).await?;
    Ok(())
}

/// Takes [`disable`] back.
///
/// # Errors
/// If the database is away.
pub async fn enable(db: &impl OfSystem, id: UserId) -> Result<(), DbErr> {
    change(db, id, user::Column::DisabledAt, None::<DateTime<Utc>>).await
}

async fn change(
    db: &impl OfSystem,
    id: UserId,
    column: user::Column,
    value: impl Into<sea_orm::Value>,
) -> Result<(), DbErr> {
    user::Entity::update_many()
        .col_expr(column, Expr::value(value))
        .filter(user::Column::Id.eq(id))
        .exec(db)
        .await?;
    Ok(())
}

/// Keeps others from changing who owns what until the end of the transaction.
pub(super) async fn lock_owners(transaction: &SystemTx) -> Result<(), DbErr> {
    // SQLite's writers hold the only write lock already.
    if transaction.get_database_backend() != DbBackend::Sqlite {
        transaction.execute_unprepared(&format!("SELECT pg_advisory_xact_lock({OWNERS_LOCK})")).await?;
    }
    Ok(())
}

/// What came of a name and a password.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Login {
    /// They belong together.
    Right(user::Model),
    /// They do not, or the user may not log in. If there is a user of the name, this is who.
    Wrong(Option<user::Model>),
}

/// Looks whether a password is the user's of this name. That takes as long where there is no such user.
///
/// # Errors
/// [`IdentityError::Busy`].
pub async fn log_in(db: &impl OfSystem, name: &str, password: Password) -> Result<Login, IdentityError> {
    let found = match checked(name, MAX_NAME_CHARS) {
        Ok(name) => named(db, name).await?,
        Err(_) => None,
    };
    let kept = found.as_ref().and_then(|user| user.password_hash.clone()).map(PasswordHash);
    let is_right = passwords::verify(password, kept).await?;
    Ok(match found {
        Some(user) if is_right && user.disabled_at.is_none() => Login::Right(user),
        found => Login::Wrong(found),
    })
}

/// A tenant that a user is a member of.
#[derive(Clone, PartialEq, Eq, Debug, FromQueryResult)]
pub struct MemberOf {
    /// The tenant.
    pub tenant_id: TenantId,
    /// What it is called.
    pub name: String,
    /// The user's role in it.
    pub role: Role,
}

impl MemberOf {
    /// The tenant, by id and by name.
    pub fn tenant(&self) -> TenantName {
        TenantName { id: self.tenant_id, name: self.name.clone() }
    }
}

/// The tenants that a user is a member of, by name, at most [`MAX_LISTED_TENANTS`].
///
/// # Errors
/// If the database is away.
pub async fn tenants_of(db: &impl OfSystem, id: UserId) -> Result<Vec<MemberOf>, DbErr> {
    let sql = "SELECT m.tenant_id, t.name, m.role FROM memberships m JOIN tenants t ON t.id = m.tenant_id \
               WHERE m.user_id = $1 ORDER BY t.name LIMIT $2";
    let values = [id.into(), MAX_LISTED_TENANTS.into()];
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    MemberOf::find_by_statement(statement).all(db).await
}
