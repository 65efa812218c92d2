//! The secrets that hosts sign their hooks with: sealed as credentials are, and bound to tenant, project and kind of host.

use std::fmt;

use chrono::{DateTime, SubsecRound, Utc};
use sea_orm::{
    ColumnTrait, DbErr, EntityTrait, QueryFilter, Set,
    sea_query::{Expr, OnConflict},
};
use zeroize::Zeroizing;

use super::{DeliveryResult, HookKind};
use crate::{
    credentials::CredentialError,
    ids::{ProjectId, TenantId},
    keys::{KeyRing, KeyStore, OpenError, Sealed},
    scope::OfTenant,
    sealed::{self, Columns, Rotated},
    secret::Secret,
    tables::project_hook::{self, Column, Entity},
};

/// The shortest secret that is taken, in bytes: shorter ones could be guessed from one signed body.
pub const MIN_SECRET_BYTES: usize = 16;

/// The longest secret, in bytes.
pub const MAX_SECRET_BYTES: usize = 1_024;

/// How much of a secret's end is shown, in characters.
const HINT_CHARS: usize = 4;

/// How many random bytes a secret is made of.
const NEW_SECRET_BYTES: usize = 32;

/// What may be told of a hook.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HookMeta {
    /// Which host sends it.
    pub kind: HookKind,
    /// Enough to tell its secret from another one.
    pub hint: String,
    /// When the project first had a hook.
    pub created_at: DateTime<Utc>,
    /// When this one was set.
    pub updated_at: DateTime<Utc>,
    /// When the host last sent something that was signed.
    pub last_delivery_at: Option<DateTime<Utc>>,
    /// What came of that.
    pub last_result: Option<DeliveryResult>,
}

/// A new secret: 64 hexadecimal digits.
///
/// # Errors
/// If the operating system gives no random bytes.
pub fn new_secret() -> Result<Secret, getrandom::Error> {
    let mut bytes: Zeroizing<[u8; NEW_SECRET_BYTES]> = Zeroizing::default();
    getrandom::fill(bytes.as_mut_slice())?;
    Ok(Secret::from(hex::encode(bytes.as_slice())))
}

/// Whether a text may be a secret: ASCII of one line, neither too short nor too long.
pub fn is_secret(text: &str) -> bool {
    let is_visible = text.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
    is_visible && (MIN_SECRET_BYTES..=MAX_SECRET_BYTES).contains(&text.len())
}

/// What a hook's seal is bound to.
fn context(tenant: TenantId, project: ProjectId, kind: HookKind) -> Vec<u8> {
    let mut context = b"project hook ".to_vec();
    context.extend_from_slice(tenant.0.as_bytes());
    context.extend_from_slice(project.0.as_bytes());
    context.extend_from_slice(kind.as_str().as_bytes());
    context
}

fn unseal(keys: &KeyRing, row: &project_hook::Model) -> Result<Zeroizing<Vec<u8>>, OpenError> {
    let sealed = Sealed { key_id: row.key_id.clone(), bytes: row.sealed.clone() };
    keys.open(&context(row.tenant_id, row.project_id, row.kind), &sealed)
}

/// Stores the secret of a project's hook, in the place of the one before. The project must exist, and the secret be one
/// ([`is_secret`]).
///
/// # Errors
/// If there are no keys, or the database is away.
pub async fn set(
    db: &impl OfTenant,
    keys: &KeyStore,
    project: ProjectId,
    kind: HookKind,
    secret: &Secret,
    now: DateTime<Utc>,
) -> Result<HookMeta, CredentialError> {
    let now = now.trunc_subsecs(3);
    let tenant = db.tenant();
    let text = secret.expose();
    let sealed = keys.ring()?.seal(&context(tenant, project, kind), text.as_bytes())?;
    let end: String = text.chars().skip(text.chars().count().saturating_sub(HINT_CHARS)).collect();
    let row = project_hook::ActiveModel {
        tenant_id: Set(tenant),
        project_id: Set(project),
        kind: Set(kind),
        hint: Set(format!("…{end}")),
        key_id: Set(sealed.key_id),
        sealed: Set(sealed.bytes),
        created_at: Set(now),
        updated_at: Set(now),
        last_delivery_at: Set(None),
        last_result: Set(None),
    };
    let replace = OnConflict::columns([Column::TenantId, Column::ProjectId])
        .update_columns([Column::Kind, Column::Hint, Column::KeyId, Column::Sealed, Column::UpdatedAt])
        .to_owned();
    Ok(Entity::insert(row).on_conflict(replace).exec_with_returning(db).await?.into())
}

/// What may be told of a project's hook; none if it takes none.
///
/// # Errors
/// If the database is away.
pub async fn get(db: &impl OfTenant, project: ProjectId) -> Result<Option<HookMeta>, DbErr> {
    Ok(row(db, project).await?.map(Into::into))
}

/// Which host sends a project's hook, and the secret that it signs with; none if it takes none.
///
/// # Errors
/// If there are no keys, it does not open, or the database is away.
pub async fn open(
    db: &impl OfTenant,
    keys: &KeyStore,
    project: ProjectId,
) -> Result<Option<(HookKind, Secret)>, CredentialError> {
    let Some(row) = row(db, project).await? else { return Ok(None) };
    let plain = unseal(keys.ring()?, &row)?;
    let text = std::str::from_utf8(&plain).map_err(|_| OpenError::Altered)?;
    Ok(Some((row.kind, Secret::new(text))))
}

/// Removes a project's hook. What it brought stays in the log. `false` if there was none.
///
/// # Errors
/// If the database is away.
pub async fn remove(db: &impl OfTenant, project: ProjectId) -> Result<bool, DbErr> {
    let removed = Entity::delete_many()
        .filter(db.only(Column::TenantId))
        .filter(Column::ProjectId.eq(project))
        .exec(db)
        .await?;
    Ok(removed.rows_affected > 0)
}

/// Notes what came of the latest delivery.
///
/// # Errors
/// If the database is away.
pub async fn heard(
    db: &impl OfTenant,
    project: ProjectId,
    result: DeliveryResult,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    Entity::update_many()
        .col_expr(Column::LastDeliveryAt, Expr::value(now))
        .col_expr(Column::LastResult, Expr::value(result.as_str()))
        .filter(db.only(Column::TenantId))
        .filter(Column::ProjectId.eq(project))
        .exec(db)
        .await?;
    Ok(())
}

fn columns() -> Columns<Column> {
    Columns { tenant: Column::TenantId, id: Column::ProjectId, key_id: Column::KeyId, sealed: Column::Sealed }
}

/// Seals secrets of a tenant with the first key of the ring, as [`crate::credentials::rotate`] does credentials.
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

/// How many hooks of a tenant are sealed with each key, by the key's name.
///
/// # Errors
/// If the database is away.
pub async fn by_key(db: &impl OfTenant) -> Result<Vec<(String, u64)>, DbErr> {
    sealed::by_key::<Entity>(db, columns()).await
}

async fn row(db: &impl OfTenant, project: ProjectId) -> Result<Option<project_hook::Model>, DbErr> {
    Entity::find_by_id((db.tenant(), project)).one(db).await
}

impl From<project_hook::Model> for HookMeta {
    fn from(row: project_hook::Model) -> Self {
        Self {
            kind: row.kind,
            hint: row.hint,
            created_at: row.created_at,
            updated_at: row.updated_at,
            last_delivery_at: row.last_delivery_at,
            last_result: row.last_result,
        }
    }
}

impl fmt::Debug for project_hook::Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProjectHook").field("project", &self.project_id).field("hint", &self.hint).finish()
    }
}
