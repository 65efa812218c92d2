//! The webhooks themselves.

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, DbBackend, DbErr, EntityTrait, IntoActiveModel, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect, Set, sea_query::LockType,
};
use serde_json::json;

use super::{MAX_WEBHOOKS, SigningSecrets, WebhookSecret, open, sending};
use crate::{
    ids::{ProjectId, WebhookId},
    keys::{KeyRingError, KeyStore, KeysError, OpenError},
    scope::OfTenant,
    tables::{project, webhook, webhook_delivery},
};

/// The longest address, in characters.
pub const MAX_URL_CHARS: usize = 2_000;

/// The most kinds of events that one webhook names.
pub const MAX_KINDS: usize = 50;

/// The longest word for a kind, in characters.
const MAX_KIND_CHARS: usize = 64;

/// A webhook to be made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewWebhook {
    /// Where to. Whether it may be asked is for whoever sends to say.
    pub url: String,
    /// The only project whose events it gets; none: those of all.
    pub project: Option<ProjectId>,
    /// The kinds of events that it gets; empty: all.
    pub kinds: Vec<String>,
}

/// What is to be changed of one.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct WebhookChange {
    /// Where to.
    pub url: Option<String>,
    /// The kinds of events that it gets; empty: all.
    pub kinds: Option<Vec<String>>,
    /// Whether it is told anything. Switched on again it begins without failures.
    pub enabled: Option<bool>,
}

/// What is wrong with a webhook that somebody wants to have.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum InvalidWebhook {
    /// The address.
    #[error("url: must be 1 to {MAX_URL_CHARS} characters")]
    Url,
    /// The kinds.
    #[error("kinds: must be at most {MAX_KINDS} words of 1 to {MAX_KIND_CHARS} characters")]
    Kinds,
}

/// Why a webhook is not made or changed. Only [`Self::Database`] may pass by itself.
#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    /// It cannot be one.
    #[error(transparent)]
    Invalid(#[from] InvalidWebhook),
    /// There are as many as there may be.
    #[error("there are {MAX_WEBHOOKS} webhooks already")]
    TooMany,
    /// There is no such project.
    #[error("there is no such project")]
    NoProject,
    /// There are no keys to seal its secret with.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// Its secret does not open.
    #[error("the webhook's secret: {0}")]
    Unreadable(#[from] OpenError),
    /// The cryptographic library failed.
    #[error(transparent)]
    Library(#[from] KeyRingError),
    /// The operating system gives no random bytes.
    #[error("the operating system gives no random bytes")]
    Random,
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbErr),
}

fn checked_url(url: &str) -> Result<&str, InvalidWebhook> {
    let is_long = url.chars().count() > MAX_URL_CHARS;
    if url.is_empty() || is_long || url.chars().any(char::is_control) {
        Err(InvalidWebhook::Url)
    } else {
        Ok(url)
    }
}

fn checked_kinds(kinds: &[String]) -> Result<(), InvalidWebhook> {
    let is_word = |kind: &String| {
        (1..=MAX_KIND_CHARS).contains(&kind.chars().count()) && !kind.chars().any(char::is_control)
    };
    (kinds.len() <= MAX_KINDS && kinds.iter().all(is_word)).then_some(()).ok_or(InvalidWebhook::Kinds)
}

/// Makes a webhook. Its secret is given this once.
///
/// # Errors
/// See [`WebhookError`].
pub async fn create(
    db: &impl OfTenant,
    keys: &KeyStore,
    new: NewWebhook,
    now: DateTime<Utc>,
) -> Result<(WebhookSecret, webhook::Model), WebhookError> {
    checked_kinds(&new.kinds)?;
    let url = checked_url(&new.url)?.to_owned();
    if let Some(id) = new.project {
        let found =
            project::Entity::find_by_id(id).filter(db.only(project::Column::TenantId)).one(db).await?;
        found.ok_or(WebhookError::NoProject)?;
    }
    let count = webhook::Entity::find().filter(db.only(webhook::Column::TenantId)).count(db).await?;
    if count >= MAX_WEBHOOKS {
        return Err(WebhookError::TooMany);
    }
    let (id, secret) = (WebhookId::generate(), WebhookSecret::generate()?);
    let sealed = SigningSecrets::new(secret.clone()).seal(keys.ring()?, db.tenant(), id)?;
    let row = webhook::ActiveModel {
        id: Set(id),
        tenant_id: Set(db.tenant()),
        project_id: Set(new.project),
        url: Set(url),
        kinds: Set(json!(new.kinds)),
        key_id: Set(sealed.key_id),
        sealed: Set(sealed.bytes),
        enabled: Set(true),
        failures: Set(0),
        disabled_reason: Set(None),
        created_at: Set(now),
        updated_at: Set(now),
    };
    Ok((secret, row.insert(db).await?))
}

/// A webhook of a tenant.
///
/// # Errors
/// If the database is away.
pub async fn get(db: &impl OfTenant, id: WebhookId) -> Result<Option<webhook::Model>, DbErr> {
    webhook::Entity::find_by_id(id).filter(db.only(webhook::Column::TenantId)).one(db).await
}

/// The same, held until the transaction ends.
pub(super) async fn locked(db: &impl OfTenant, id: WebhookId) -> Result<Option<webhook::Model>, DbErr> {
    let mut find = webhook::Entity::find_by_id(id).filter(db.only(webhook::Column::TenantId));
    if db.get_database_backend() == DbBackend::Postgres {
        find = find.lock(LockType::Update);
    }
    find.one(db).await
}

/// The webhooks of a tenant, the latest first, at most `limit`; `after` continues behind one of an earlier page.
///
/// # Errors
/// If the database is away.
pub async fn page(
    db: &impl OfTenant,
    after: Option<WebhookId>,
    limit: u64,
) -> Result<Vec<webhook::Model>, DbErr> {
    let mut select = webhook::Entity::find().filter(db.only(webhook::Column::TenantId));
    if let Some(after) = after {
        select = select.filter(webhook::Column::Id.lt(after));
    }
    select.order_by_desc(webhook::Column::Id).limit(limit).all(db).await
}

/// Changes a webhook, in a transaction that writes. What waits for one that is switched off is given up, and can be
/// delivered again once it is on. `None` if it is not there (any more).
///
/// # Errors
/// If it could not be one, or the database is away.
pub async fn update(
    db: &impl OfTenant,
    id: WebhookId,
    change: WebhookChange,
    now: DateTime<Utc>,
) -> Result<Option<webhook::Model>, WebhookError> {
    let Some(row) = locked(db, id).await? else { return Ok(None) };
    let was_enabled = row.enabled;
    let mut row = row.into_active_model();
    if let Some(url) = &change.url {
        row.url = Set(checked_url(url)?.to_owned());
    }
    if let Some(kinds) = &change.kinds {
        checked_kinds(kinds)?;
        row.kinds = Set(json!(kinds));
    }
    if let Some(enabled) = change.enabled {
        row.enabled = Set(enabled);
        row.disabled_reason = Set(None);
        row.failures = Set(0);
    }
    row.updated_at = Set(now);
    let row = row.update(db).await?;
    if was_enabled && !row.enabled {
        sending::give_up_waiting(db, id, now).await?;
    }
    Ok(Some(row))
}

/// Gives a webhook another secret, in a transaction that writes. The one before signs beside it for
/// [`OVERLAP`](super::OVERLAP). `None` if there is no such webhook (any more).
///
/// # Errors
/// If there are no keys, or the database is away.
pub async fn rotate_secret(
    db: &impl OfTenant,
    keys: &KeyStore,
    id: WebhookId,
    now: DateTime<Utc>,
) -> Result<Option<(WebhookSecret, webhook::Model)>, WebhookError> {
    let Some(row) = locked(db, id).await? else { return Ok(None) };
    let (ring, secret) = (keys.ring()?, WebhookSecret::generate()?);
    let secrets = match open(ring, &row) {
        Ok(before) => before.followed_by(secret.clone(), now),
        // What does not open signs nothing: a new secret is the way out.
        Err(_) => SigningSecrets::new(secret.clone()),
    };
    let sealed = secrets.seal(ring, row.tenant_id, id)?;
    let mut row = row.into_active_model();
    row.key_id = Set(sealed.key_id);
    row.sealed = Set(sealed.bytes);
    row.updated_at = Set(now);
    Ok(Some((secret, row.update(db).await?)))
}

/// Removes a webhook with its log, in a transaction that writes. `false` if it is not there (any more).
///
/// # Errors
/// If the database is away.
pub async fn remove(db: &impl OfTenant, id: WebhookId) -> Result<bool, DbErr> {
    // Who notes an event for it just now is waited for.
    if locked(db, id).await?.is_none() {
        return Ok(false);
    }
    webhook_delivery::Entity::delete_many()
        .filter(db.only(webhook_delivery::Column::TenantId))
        .filter(webhook_delivery::Column::WebhookId.eq(id))
        .exec(db)
        .await?;
    let removed = webhook::Entity::delete_many()
        .filter(db.only(webhook::Column::TenantId))
        .filter(webhook::Column::Id.eq(id))
        .exec(db)
        .await?;
    Ok(removed.rows_affected == 1)
}
