//! What opens a project's repository at its host: stored sealed, opened only to be sent there.
//!
//! A credential is sealed together with its tenant, its project and its kind ([`crate::keys`]): bytes that are moved to
//! another row do not open there. Everything but [`open`] and [`rotate()`] works without the keys.

mod rotate;

use std::{borrow::Cow, fmt};

use chrono::{DateTime, SubsecRound, Utc};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, Set, sea_query::OnConflict};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

pub use crate::sealed::{ROTATION_BATCH, Rotated};
pub use crate::status::CredentialKind;
use crate::{
    ids::{ProjectId, TenantId},
    keys::{KeyRing, KeyRingError, KeyStore, KeysError, OpenError, Sealed},
    scope::OfTenant,
    secret::Secret,
    tables::project_credential,
};
pub use rotate::{by_key, rotate, tenants};

/// The longest token, in bytes.
pub const MAX_TOKEN_BYTES: usize = 4_096;

/// The longest private key, in bytes: those of RSA with 16,384 bits take fewer.
pub const MAX_PRIVATE_KEY_BYTES: usize = 32 << 10;

/// From this length on the end of a token is shown, in characters: shorter ones would tell too much of themselves.
const MIN_HINTED_CHARS: usize = 20;

/// How much of a token's end is shown, in characters.
const HINT_CHARS: usize = 4;

/// The words that GitHub's tokens begin with. They tell what kind of token it is and nothing of its secret.
const TOKEN_WORDS: [&str; 6] = ["ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"];

/// What opens a repository.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Credential {
    /// A token that is sent as it is.
    Token(Secret),
    /// An app's installation, whose key signs for short-lived tokens.
    GithubApp {
        /// The app's number.
        app_id: u64,
        /// The number of its installation that reaches the repository.
        installation_id: u64,
        /// The app's private RSA key, in PEM.
        private_key: Secret,
    },
}

/// What may be told of a credential.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CredentialMeta {
    /// What it is.
    pub kind: CredentialKind,
    /// Enough to tell it from another one: `ghp_…ab12`, or `app 123, installation 456`.
    pub hint: String,
    /// The key that it is sealed with.
    pub key_id: String,
    /// When the project first had a credential.
    pub created_at: DateTime<Utc>,
    /// When this one was set.
    pub updated_at: DateTime<Utc>,
}

/// What is wrong with a credential that somebody wants to store, by its field. Nothing of it is told.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum InvalidCredential {
    /// The token.
    #[error("token: must be 1 to {MAX_TOKEN_BYTES} visible ASCII characters without spaces")]
    Token,
    /// The app's number.
    #[error("appId: must be at least 1")]
    AppId,
    /// The installation's number.
    #[error("installationId: must be at least 1")]
    InstallationId,
    /// The private key.
    #[error("privateKey: must be an RSA key in PEM (-----BEGIN … PRIVATE KEY-----) of at most {} KiB", MAX_PRIVATE_KEY_BYTES >> 10)]
    PrivateKey,
}

/// Why a credential cannot be stored or opened. Only [`Self::Database`] may pass by itself.
#[derive(Debug, thiserror::Error)]
pub enum CredentialError {
    /// It cannot be one.
    #[error(transparent)]
    Invalid(#[from] InvalidCredential),
    /// There are no keys to seal or open it with.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// It is there and does not open.
    #[error("the project's credential: {0}")]
    Unreadable(#[from] OpenError),
    /// The cryptographic library failed.
    #[error(transparent)]
    Library(#[from] KeyRingError),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbErr),
}

/// A credential as it is sealed. Never serialised for anything else.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "kind", rename_all_fields = "camelCase")]
enum Plain<'a> {
    Token { token: Cow<'a, str> },
    GithubApp { app_id: u64, installation_id: u64, private_key: Cow<'a, str> },
}

impl Credential {
    /// What it is.
    pub fn kind(&self) -> CredentialKind {
        match self {
            Self::Token(_) => CredentialKind::Token,
            Self::GithubApp { .. } => CredentialKind::GithubApp,
        }
    }

    /// What may be shown of it.
    pub fn hint(&self) -> String {
        match self {
            Self::GithubApp { app_id, installation_id, .. } => {
                format!("app {app_id}, installation {installation_id}")
            }
            Self::Token(token) => {
                let token = token.expose();
                let word = TOKEN_WORDS.into_iter().find(|word| token.starts_with(word)).unwrap_or_default();
                let length = token.chars().count();
                let end = match length.checked_sub(HINT_CHARS) {
                    Some(skipped) if length >= MIN_HINTED_CHARS => token.chars().skip(skipped).collect(),
                    _ => String::new(),
                };
                format!("{word}…{end}")
            }
        }
    }

    /// Refuses what cannot be a credential. Whether it opens anything is for its host to say.
    ///
    /// # Errors
    /// The field that is wrong.
    pub fn check(&self) -> Result<(), InvalidCredential> {
        match self {
            Self::Token(token) => {
                let token = token.expose();
                let is_visible = token.bytes().all(|byte| byte.is_ascii_graphic());
                let is_token = is_visible && (1..=MAX_TOKEN_BYTES).contains(&token.len());
                is_token.then_some(()).ok_or(InvalidCredential::Token)
            }
            Self::GithubApp { app_id: 0, .. } => Err(InvalidCredential::AppId),
            Self::GithubApp { installation_id: 0, .. } => Err(InvalidCredential::InstallationId),
            Self::GithubApp { private_key, .. } => {
                let key = private_key.expose();
                let is_pem = key.starts_with("-----BEGIN ") && key.ends_with("PRIVATE KEY-----");
                let is_key = is_pem && key.is_ascii() && key.len() <= MAX_PRIVATE_KEY_BYTES;
                is_key.then_some(()).ok_or(InvalidCredential::PrivateKey)
            }
        }
    }

    fn to_plain(&self) -> Result<Zeroizing<Vec<u8>>, DbErr> {
        let plain = match self {
            Self::Token(token) => Plain::Token { token: token.expose().into() },
            Self::GithubApp { app_id, installation_id, private_key } => Plain::GithubApp {
                app_id: *app_id,
                installation_id: *installation_id,
                private_key: private_key.expose().into(),
            },
        };
        serde_json::to_vec(&plain).map(Zeroizing::new).map_err(|error| DbErr::Json(error.to_string()))
    }

    fn from_plain(bytes: &[u8]) -> Result<Self, OpenError> {
        // The parser's message would quote what it could not read.
        match serde_json::from_slice(bytes).map_err(|_| OpenError::Altered)? {
            Plain::Token { token } => Ok(Self::Token(Secret::from(token.into_owned()))),
            Plain::GithubApp { app_id, installation_id, private_key } => Ok(Self::GithubApp {
                app_id,
                installation_id,
                private_key: Secret::from(private_key.into_owned()),
            }),
        }
    }
}

/// What a credential's seal is bound to.
fn context(tenant: TenantId, project: ProjectId, kind: CredentialKind) -> Vec<u8> {
    let mut context = b"project credential ".to_vec();
    context.extend_from_slice(tenant.0.as_bytes());
    context.extend_from_slice(project.0.as_bytes());
    context.extend_from_slice(kind.as_str().as_bytes());
    context
}

fn unseal(keys: &KeyRing, row: &project_credential::Model) -> Result<Zeroizing<Vec<u8>>, OpenError> {
    let sealed = Sealed { key_id: row.key_id.clone(), bytes: row.sealed.clone() };
    keys.open(&context(row.tenant_id, row.project_id, row.kind), &sealed)
}

/// Stores a project's credential, in the place of the one it had. The project must exist.
///
/// # Errors
/// If it cannot be a credential, there are no keys, or the database is away.
pub async fn set(
    db: &impl OfTenant,
    keys: &KeyStore,
    project: ProjectId,
    credential: &Credential,
    now: DateTime<Utc>,
) -> Result<CredentialMeta, CredentialError> {
    credential.check()?;
    let now = now.trunc_subsecs(3);
    let (tenant, kind) = (db.tenant(), credential.kind());
    let sealed = keys.ring()?.seal(&context(tenant, project, kind), &credential.to_plain()?)?;
    let row = project_credential::ActiveModel {
        tenant_id: Set(tenant),
        project_id: Set(project),
        kind: Set(kind),
        hint: Set(credential.hint()),
        key_id: Set(sealed.key_id),
        sealed: Set(sealed.bytes),
        created_at: Set(now),
        updated_at: Set(now),
    };
    use project_credential::Column;
    let replace = OnConflict::columns([Column::TenantId, Column::ProjectId])
        .update_columns([Column::Kind, Column::Hint, Column::KeyId, Column::Sealed, Column::UpdatedAt])
        .to_owned();
    let row = project_credential::Entity::insert(row).on_conflict(replace).exec_with_returning(db).await?;
    Ok(row.into())
}

/// What may be told of a project's credential; none if it has none.
///
/// # Errors
/// If the database is away.
pub async fn get(db: &impl OfTenant, project: ProjectId) -> Result<Option<CredentialMeta>, DbErr> {
    Ok(row(db, project).await?.map(Into::into))
}

/// Opens a project's credential; none if it has none, for which no keys are needed.
///
/// # Errors
/// If there are no keys, it does not open, or the database is away.
pub async fn open(
    db: &impl OfTenant,
    keys: &KeyStore,
    project: ProjectId,
) -> Result<Option<Credential>, CredentialError> {
    let Some(row) = row(db, project).await? else { return Ok(None) };
    let plain = unseal(keys.ring()?, &row)?;
    Ok(Some(Credential::from_plain(&plain)?))
}

/// Removes a project's credential. `false` if it had none.
///
/// # Errors
/// If the database is away.
pub async fn remove(db: &impl OfTenant, project: ProjectId) -> Result<bool, DbErr> {
    let removed = project_credential::Entity::delete_many()
        .filter(db.only(project_credential::Column::TenantId))
        .filter(project_credential::Column::ProjectId.eq(project))
        .exec(db)
        .await?;
    Ok(removed.rows_affected > 0)
}

async fn row(db: &impl OfTenant, project: ProjectId) -> Result<Option<project_credential::Model>, DbErr> {
    project_credential::Entity::find_by_id((db.tenant(), project)).one(db).await
}

impl From<project_credential::Model> for CredentialMeta {
    fn from(row: project_credential::Model) -> Self {
        Self {
            kind: row.kind,
            hint: row.hint,
            key_id: row.key_id,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

impl fmt::Debug for project_credential::Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProjectCredential")
            .field("project", &self.project_id)
            .field("hint", &self.hint)
            .finish()
    }
}
