//! The files of a state.

use axum::{Json, extract::State};
use entities::temporal::FileFilter;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::{
    cursor,
    extract::{LoadedProject, Queried, Read, checked_text, page_limit},
    look::{self, Position},
    model::{FilePage, Page},
    problem::{Problem, ProblemBody},
    state::App,
};

/// Which files, and which page.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Params {
    /// The branch; the default one if absent.
    branch: Option<String>,
    /// The state: a sync's id, its number on the branch, or `latest`.
    at: Option<String>,
    /// Only those whose path holds this text; capital letters count as small ones.
    query: Option<String>,
    /// Only those whose path begins with this text.
    prefix: Option<String>,
    /// How many items the page holds at most.
    #[param(minimum = 1)]
    limit: Option<u64>,
    /// The `nextCursor` of the page before.
    cursor: Option<String>,
}

/// List files
///
/// By path: the files of the branch as a sync left it.
#[utoipa::path(
    get,
    path = "/api/v1/projects/{projectId}/files",
    operation_id = "projects.files",
    tag = "content",
    params(("projectId" = Uuid, Path, description = "The project."), Params),
    responses(
        (status = 200, description = "A page of files.", body = FilePage),
        (status = 404, description = "`project-not-found`, `branch-not-found`, `sync-not-found`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "`sync-not-completed`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 410, description = "`sync-forgotten`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "`invalid-value`", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn project_files(
    State(app): State<App>,
    LoadedProject { project, permit }: LoadedProject<Read>,
    Queried(params): Queried<Params>,
) -> Result<Json<FilePage>, Problem> {
    let limit = page_limit(&app, params.limit)?;
    let filter = FileFilter {
        query: checked_text("query", params.query)?,
        prefix: checked_text("prefix", params.prefix)?.map(String::into_bytes),
    };
    let state = look::state_at(&permit, &project, params.branch.as_deref(), params.at.as_deref()).await?;
    let position: Option<Position<String>> = cursor::decode(params.cursor.as_deref())?;
    let (state, after) = look::same_state(state, position)?;
    let after = after.map(|text| cursor::from_bytes(&text));
    let mut files = state.files_page(permit.db(), &filter, after.as_deref(), limit + 1).await?;
    let has_more = files.len() as u64 > limit;
    files.truncate(limit as usize);
    let next_cursor = match files.last() {
        Some(last) if has_more => {
            let after = cursor::bytes(&last.path);
            Some(cursor::encode(&Position { branch: state.branch(), seq: state.seq(), after })?)
        }
        _ => None,
    };
    Ok(Json(Page { items: files.iter().map(Into::into).collect(), next_cursor }))
}
