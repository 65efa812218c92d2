//! Sealing what is stored with another key.

use sea_orm::{
    ColumnTrait, DbErr, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect, sea_query::Expr,
};

use super::{CredentialError, context, unseal};
use crate::{
    ids::{ProjectId, TenantId},
    keys::KeyRing,
    scope::{OfSystem, OfTenant},
    tables::{
        project_credential::{Column, Entity},
        tenant,
    },
};

/// How many credentials one call of [`rotate`] looks at.
pub const ROTATION_BATCH: u64 = 100;

/// What one call of [`rotate`] did.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Rotated {
    /// How many credentials are sealed with the first key now and were not before.
    pub resealed: u64,
    /// The projects whose credentials do not open, and stay as they are.
    pub unreadable: Vec<ProjectId>,
    /// Where to go on; none after the last one.
    pub next: Option<ProjectId>,
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
) -> Result<Rotated, CredentialError> {
    let mut find = Entity::find()
        .filter(db.only(Column::TenantId))
        .filter(Column::KeyId.ne(keys.first_id()))
        .order_by_asc(Column::ProjectId)
        .limit(ROTATION_BATCH);
    if let Some(after) = after {
        find = find.filter(Column::ProjectId.gt(after));
    }
    let rows = find.all(db).await?;
    let mut rotated = Rotated::default();
    if rows.len() as u64 == ROTATION_BATCH {
        rotated.next = rows.last().map(|row| row.project_id);
    }
    for row in rows {
        let Ok(plain) = unseal(keys, &row) else {
            rotated.unreadable.push(row.project_id);
            continue;
        };
        let sealed = keys.seal(&context(row.tenant_id, row.project_id, row.kind), &plain)?;
        let updated = Entity::update_many()
            .col_expr(Column::KeyId, Expr::value(sealed.key_id))
            .col_expr(Column::Sealed, Expr::value(sealed.bytes))
            .filter(db.only(Column::TenantId))
            .filter(Column::ProjectId.eq(row.project_id))
            .filter(Column::Sealed.eq(row.sealed))
            .exec(db)
            .await?;
        rotated.resealed += updated.rows_affected;
    }
    Ok(rotated)
}

/// How many credentials of a tenant are sealed with each key, by the key's name.
///
/// # Errors
/// If the database is away.
pub async fn by_key(db: &impl OfTenant) -> Result<Vec<(String, u64)>, DbErr> {
    #[derive(FromQueryResult)]
    struct Count {
        key_id: String,
        count: i64,
    }
    let counts = Entity::find()
        .select_only()
        .column(Column::KeyId)
        .column_as(Column::ProjectId.count(), "count")
        .filter(db.only(Column::TenantId))
        .group_by(Column::KeyId)
        .order_by_asc(Column::KeyId)
        .into_model::<Count>()
        .all(db)
        .await?;
    Ok(counts.into_iter().map(|row| (row.key_id, row.count.unsigned_abs())).collect())
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
