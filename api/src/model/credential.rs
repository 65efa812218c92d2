//! How a project's repository is opened, where it is not open to all.

use chrono::{DateTime, Utc};
use entities::{
    Secret,
    credentials::{Credential, CredentialMeta},
    status::CredentialKind,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What may be told of a credential.
#[derive(Serialize, ToSchema, Debug)]
#[serde(rename_all = "camelCase")]
#[schema(as = Credential)]
pub struct CredentialDto {
    /// What it is.
    pub kind: CredentialKind,
    /// Enough to tell it from another one: `ghp_…ab12`, or `app 123, installation 456`.
    pub hint: String,
    /// When it was set.
    pub updated_at: DateTime<Utc>,
}

impl From<CredentialMeta> for CredentialDto {
    fn from(meta: CredentialMeta) -> Self {
        Self { kind: meta.kind, hint: meta.hint, updated_at: meta.updated_at }
    }
}

/// A credential to be kept. It is sealed, and never told again.
#[derive(Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = NewCredential)]
pub enum CredentialRequest {
    /// A token that is sent as it is.
    Token {
        /// The token.
        #[schema(format = Password)]
        token: String,
    },
    /// An installation of a GitHub App.
    GithubApp {
        /// The app's number.
        #[serde(rename = "appId")]
        app_id: u64,
        /// The number of its installation that reaches the repository.
        #[serde(rename = "installationId")]
        installation_id: u64,
        /// The app's private RSA key, in PEM.
        #[serde(rename = "privateKey")]
        #[schema(format = Password)]
        private_key: String,
    },
}

impl From<CredentialRequest> for Credential {
    fn from(request: CredentialRequest) -> Self {
        match request {
            CredentialRequest::Token { token } => Self::Token(Secret::new(&token)),
            CredentialRequest::GithubApp { app_id, installation_id, private_key } => {
                Self::GithubApp { app_id, installation_id, private_key: Secret::new(&private_key) }
            }
        }
    }
}
