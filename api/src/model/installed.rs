//! Installations of GitHub Apps.

use entities::{Secret, credentials::Credential};
use serde::{Deserialize, Serialize};
use source::InstalledRepository;
use utoipa::ToSchema;

/// An installation of a GitHub App, to be asked once. Nothing of it is kept.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = Installation)]
pub struct InstallationRequest {
    /// The app's number.
    pub app_id: u64,
    /// The number of its installation.
    pub installation_id: u64,
    /// The app's private RSA key, in PEM.
    #[schema(format = Password)]
    pub private_key: String,
    /// The API's base URL of a GitHub Enterprise server; the public GitHub if absent.
    pub api_url: Option<String>,
}

impl InstallationRequest {
    /// The credential that it is, and where it is asked.
    pub fn into_parts(self) -> (Credential, Option<String>) {
        let Self { app_id, installation_id, private_key, api_url } = self;
        let private_key = Secret::from(private_key);
        (Credential::GithubApp { app_id, installation_id, private_key }, api_url)
    }
}

/// A repository that an installation of a GitHub App reaches.
#[derive(Serialize, ToSchema, Debug)]
#[serde(rename_all = "camelCase")]
#[schema(as = InstalledRepository)]
pub struct InstalledRepositoryDto {
    /// `owner/name`.
    pub full_name: String,
    /// Its default branch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_branch: Option<String>,
    /// Whether it is not open to all.
    pub private: bool,
    /// Whether nothing can be pushed to it any more.
    pub archived: bool,
}

impl From<InstalledRepository> for InstalledRepositoryDto {
    fn from(found: InstalledRepository) -> Self {
        let InstalledRepository { full_name, default_branch, private, archived } = found;
        Self { full_name, default_branch, private, archived }
    }
}
