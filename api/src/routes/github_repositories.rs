//! The repositories that an installation of a GitHub App reaches.

use axum::{Json, extract::State};
use entities::{
    SourceSpec,
    credentials::{self, Credential, CredentialError},
    keys::KeysError,
};
use serde::{Deserialize, Serialize};
use source::{SourceError, installed_repositories};
use utoipa::IntoParams;

use super::credential_set::refused;
use crate::{
    cursor,
    extract::{Body, LoadedProject, Manage, Permitted, Queried, page_limit},
    look,
    model::{InstallationRequest, InstalledRepositoryPage, Page},
    problem::{Code, Problem, ProblemBody},
    state::App,
};

/// The most repositories that GitHub gives in a page.
const MAX_PAGE: u64 = 100;

/// Which page.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Params {
    /// How many items the page holds at most; never more than 100. The pages after it are of the same size.
    #[param(minimum = 1)]
    limit: Option<u64>,
    /// The `nextCursor` of the page before.
    cursor: Option<String>,
}

/// Where a page begins: GitHub counts pages, so that all of a list are of one size.
#[derive(Serialize, Deserialize)]
struct Position {
    page: u64,
    size: usize,
}

/// List what an app reaches
///
/// The repositories of an installation of a GitHub App, to choose from before a project is made. The key is used for
/// this and not kept.
#[utoipa::path(
    post,
    path = "/api/v1/github/repositories",
    operation_id = "github.repositories",
    tag = "projects",
    params(Params),
    request_body = InstallationRequest,
    responses(
        (status = 200, description = "A page of repositories.", body = InstalledRepositoryPage),
        (status = 403, description = "`forbidden`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "`invalid-value`, `source-…`", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn github_repositories(
    State(app): State<App>,
    _permit: Permitted<Manage>,
    Queried(params): Queried<Params>,
    Body(body): Body<InstallationRequest>,
) -> Result<Json<InstalledRepositoryPage>, Problem> {
    let (credential, api_url) = body.into_parts();
    credential.check().map_err(|invalid| refused(CredentialError::Invalid(invalid)))?;
    list(&app, api_url.as_deref(), &credential, params).await
}

/// List what a project's app reaches
///
/// The repositories of the installation that the project's credential names. For those who may decide about all
/// projects: an installation reaches more than one.
#[utoipa::path(
    get,
    path = "/api/v1/projects/{projectId}/credential/repositories",
    operation_id = "projects.credential.repositories",
    tag = "projects",
    params(("projectId" = Uuid, Path, description = "The project."), Params),
    responses(
        (status = 200, description = "A page of repositories.", body = InstalledRepositoryPage),
        (status = 403, description = "`forbidden`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "`project-not-found`, `credential-not-found`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "`no-keys`: the service has none to open it with", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "`invalid-value`, `source-…`", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn credential_repositories(
    State(app): State<App>,
    LoadedProject { project, permit }: LoadedProject<Manage>,
    Queried(params): Queried<Params>,
) -> Result<Json<InstalledRepositoryPage>, Problem> {
    let keys = app.source_settings.keys.store();
    let found = credentials::open(permit.db(), keys, project.project.id).await.map_err(unopened)?;
    let none = || Problem::new(Code::CredentialNotFound, "the project has no credential");
    let credential = found.ok_or_else(none)?;
    let Ok(SourceSpec::GitHub { api_url, .. }) = project.source() else {
        let why = "a GitHub App opens repositories on GitHub only";
        return Err(SourceError::Credential(why.to_owned()).into());
    };
    list(&app, api_url.as_deref(), &credential, params).await
}

async fn list(
    app: &App,
    api_url: Option<&str>,
    credential: &Credential,
    params: Params,
) -> Result<Json<InstalledRepositoryPage>, Problem> {
    let limit = page_limit(app, params.limit)?.min(MAX_PAGE);
    let begin = Position { page: 1, size: usize::try_from(limit).unwrap_or_default() };
    let Position { page, size } = cursor::decode(params.cursor.as_deref())?.unwrap_or(begin);
    let size = size.clamp(1, MAX_PAGE as usize);
    let found = look::in_time(app, async |context| {
        installed_repositories(api_url, credential, (page, size), &app.source_settings, context).await
    })
    .await?;
    let next = found.has_more.then(|| cursor::encode(&Position { page: page.saturating_add(1), size }));
    let items = found.items.into_iter().map(Into::into).collect();
    Ok(Json(Page { items, next_cursor: next.transpose()? }))
}

/// Why a stored credential does not open. The path of a file with keys is for the log only.
fn unopened(error: CredentialError) -> Problem {
    match error {
        CredentialError::Keys(KeysError::None) => Problem::new(Code::NoKeys, KeysError::None.to_string()),
        CredentialError::Database(error) => error.into(),
        CredentialError::Unreadable(error) => SourceError::Credential(error.to_string()).into(),
        other => Problem::internal(other),
    }
}
