//! Projects.

use chrono::{DateTime, Utc};
use entities::{ProjectId, SourceSpec, projects::ConnectedProject};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{branch::KnownBranchDto, sync::SyncDto};
use crate::problem::Problem;

/// Where a repository is. Never holds a secret: a URL with credentials is refused.
#[derive(Serialize, Deserialize, ToSchema, Clone, PartialEq, Eq, Debug)]
#[serde(tag = "kind", rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = Source)]
pub enum SourceDto {
    /// Any git repository.
    Git {
        /// An absolute path on the server's machine, or an `http(s)` URL.
        url: String,
    },
    /// A repository on GitHub, GitHub Enterprise, or a server that speaks its API.
    #[serde(rename = "github")]
    GitHub {
        /// The user or organisation.
        owner: String,
        /// The repository's name.
        name: String,
        /// The API's base URL; the public GitHub if absent.
        #[serde(default, rename = "apiUrl", skip_serializing_if = "Option::is_none")]
        api_url: Option<String>,
    },
}

impl From<SourceSpec> for SourceDto {
    fn from(source: SourceSpec) -> Self {
        match source {
            SourceSpec::Git { url } => Self::Git { url },
            SourceSpec::GitHub { owner, name, api_url } => Self::GitHub { owner, name, api_url },
        }
    }
}

/// A project to make.
#[derive(Deserialize, ToSchema, Debug)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewProject {
    /// Its name, 1 to 200 characters; made from the source if absent.
    pub name: Option<String>,
    /// The repository that it is connected to.
    pub source: SourceDto,
}

/// A project.
#[derive(Serialize, ToSchema, Debug)]
#[serde(rename_all = "camelCase")]
#[schema(as = Project)]
pub struct ProjectDto {
    /// Its id.
    #[schema(value_type = Uuid)]
    pub id: ProjectId,
    /// Its name.
    pub name: String,
    /// The repository that it is connected to.
    pub source: SourceDto,
    /// The default branch, as last seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_branch: Option<String>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

impl ProjectDto {
    /// A project as it is answered.
    pub fn new(connected: &ConnectedProject) -> Result<Self, Problem> {
        Ok(Self {
            id: connected.project.id,
            name: connected.project.name.clone(),
            source: connected.source().map_err(Problem::internal)?.into(),
            default_branch: connected.repository.default_branch.clone(),
            created_at: connected.project.created_at,
        })
    }
}

/// How much a state holds.
#[derive(Serialize, ToSchema, Debug)]
#[serde(rename_all = "camelCase")]
#[schema(as = Counts)]
pub struct CountsDto {
    /// Files.
    pub files: i64,
    /// Active memory entries.
    pub memory: i64,
}

/// A project with what is known of it.
#[derive(Serialize, ToSchema, Debug)]
#[serde(rename_all = "camelCase")]
#[schema(as = ProjectDetail)]
pub struct ProjectDetailDto {
    /// The project.
    #[serde(flatten)]
    pub project: ProjectDto,
    /// The branches that were synced, or are being synced, by name; at most 1,000.
    pub branches: Vec<KnownBranchDto>,
    /// What the default branch holds.
    pub counts: CountsDto,
    /// The latest sync of any branch. Absent if there was none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latest_sync: Option<SyncDto>,
}
