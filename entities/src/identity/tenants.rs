//! Tenants.

use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::{
    IdentityError, Role,
    members::insert_membership,
    names::{MAX_TENANT_NAME_CHARS, checked},
    passwords::PasswordHash,
    users::ensure,
};
use crate::{
    ids::TenantId,
    projects::ensure_tenant,
    scope::{OfSystem, OfTenant, SystemTx},
    tables::{tenant, user},
};

/// Makes a tenant and its first owner: the user of this name, or a new one with this password.
///
/// # Errors
/// [`IdentityError::NameTaken`] if there is such a tenant, or if a password is given and there is such a user;
/// [`IdentityError::Invalid`] if there is no such user and no password is given.
pub async fn create(
    transaction: &SystemTx,
    name: &str,
    owner: &str,
    password: Option<PasswordHash>,
    now: DateTime<Utc>,
) -> Result<(tenant::Model, user::Model), IdentityError> {
    let name = checked(name, MAX_TENANT_NAME_CHARS)?;
    if by_name(transaction, name).await?.is_some() {
        return Err(IdentityError::NameTaken { what: "tenant" });
    }
    let owner = ensure(transaction, owner, password, now).await?;
    let id = ensure_tenant(transaction, name, now).await?;
    insert_membership(transaction, id, owner.id, Role::Owner, now).await?;
    let tenant = get(transaction, id).await?.ok_or(IdentityError::NotFound { what: "tenant" })?;
    Ok((tenant, owner))
}

/// Finds a tenant.
///
/// # Errors
/// If the database is away.
pub async fn get(db: &impl OfSystem, id: TenantId) -> Result<Option<tenant::Model>, DbErr> {
    tenant::Entity::find_by_id(id).one(db).await
}

/// The tenant in whose name `db` is asked.
///
/// # Errors
/// If the database is away.
pub async fn own(db: &impl OfTenant) -> Result<Option<tenant::Model>, DbErr> {
    tenant::Entity::find_by_id(db.tenant()).one(db).await
}

/// Finds a tenant by name.
///
/// # Errors
/// If the database is away.
pub async fn by_name(db: &impl OfSystem, name: &str) -> Result<Option<tenant::Model>, DbErr> {
    tenant::Entity::find().filter(tenant::Column::Name.eq(name.trim())).one(db).await
}

/// The tenants whose names come after `after`, by name, at most `limit`.
///
/// # Errors
/// If the database is away.
pub async fn page(db: &impl OfSystem, after: Option<&str>, limit: u64) -> Result<Vec<tenant::Model>, DbErr> {
    let mut select = tenant::Entity::find();
    if let Some(after) = after {
        select = select.filter(tenant::Column::Name.gt(after));
    }
    select.order_by_asc(tenant::Column::Name).limit(limit).all(db).await
}
