//! Sealing what is stored with another key.

use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::{CredentialError, context, unseal};
use crate::{
    ids::{ProjectId, TenantId},
    keys::KeyRing,
    scope::{OfSystem, OfTenant},
    sealed::{self, Columns, ROTATION_BATCH, Rotated},
    tables::{
        project_credential::{Column, Entity},
        tenant,
    },
};

fn columns() -> Columns<Column> {
    Columns { tenant: Column::TenantId, id: Column::ProjectId, key_id: Column::KeyId, sealed: Column::Sealed }
}

/// Seals credentials of a tenant with the first key of the ring, those of the projects after `after`, at most
/// [`ROTATION_BATCH`]. What was set anew meanwhile stays. Can be broken off and repeated at will.
///
/// # Errors
/// If the database is away, or the cryptographic library fails.
pub async fn rotate(
    db: &impl OfTenant,
    keys: &KeyRing,
    after: Option<ProjectId>,
) -> Result<Rotated<ProjectId>, CredentialError> {
    sealed::rotate::<Entity, _, _>(
        db,
        keys,
        columns(),
        after,
        |row| (row.project_id, &row.sealed),
        |row| {
            let Ok(plain) = unseal(keys, row) else { return Ok(None) };
            Ok(Some(keys.seal(&context(row.tenant_id, row.project_id, row.kind), &plain)?))
        },
    )
    .await
}

/// How many credentials of a tenant are sealed with each key, by the key's name.
///
/// # Errors
/// If the database is away.
pub async fn by_key(db: &impl OfTenant) -> Result<Vec<(String, u64)>, DbErr> {
    sealed::by_key::<Entity>(db, columns()).await
}

/// The tenants after `after`, at most [`ROTATION_BATCH`]: whoever looks after the keys of all goes through them.
///
/// # Errors
/// If the database is away.
pub async fn tenants(db: &impl OfSystem, after: Option<TenantId>) -> Result<Vec<TenantId>, DbErr> {
    let mut find = tenant::Entity::find().order_by_asc(tenant::Column::Id).limit(ROTATION_BATCH);
    if let Some(after) = after {
        find = find.filter(tenant::Column::Id.gt(after));
    }
    Ok(find.all(db).await?.into_iter().map(|row| row.id).collect())
}
