//! The memory of a state.

use axum::{Json, extract::State};
use entities::temporal::{MemoryFilter, MemoryPosition};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::{
    cursor,
    extract::{LoadedProject, Queried, Read, checked_text, page_limit},
    look::{self, Position},
    model::{MemoryKind, MemoryPage, Page},
    problem::{Problem, ProblemBody},
    state::App,
};

/// Which entries, and which page.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Params {
    /// The branch; the default one if absent.
    branch: Option<String>,
    /// The state: a sync's id, its number on the branch, or `latest`.
    at: Option<String>,
    /// Words that must all occur in the text, in any form of them. The best matches come first.
    query: Option<String>,
    /// Only entries of this kind.
    kind: Option<MemoryKind>,
    /// Superseded entries too, marked as such: every version of every entry up to the state.
    #[serde(default)]
    all: bool,
    /// How many items the page holds at most. It holds fewer where their texts come to 4 MiB.
    #[param(minimum = 1)]
    limit: Option<u64>,
    /// The `nextCursor` of the page before.
    cursor: Option<String>,
}

/// List memory
///
/// By path, or, with `query`, the best matches first: the active entries of the branch as a sync left it.
#[utoipa::path(
    get,
    path = "/api/v1/projects/{projectId}/memory",
    operation_id = "projects.memory",
    tag = "content",
    params(("projectId" = Uuid, Path, description = "The project."), Params),
    responses(
        (status = 200, description = "A page of memory.", body = MemoryPage),
        (status = 404, description = "`project-not-found`, `branch-not-found`, `sync-not-found`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "`sync-not-completed`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 410, description = "`sync-forgotten`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "`invalid-value`", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn project_memory(
    State(app): State<App>,
    LoadedProject { project, permit }: LoadedProject<Read>,
    Queried(params): Queried<Params>,
) -> Result<Json<MemoryPage>, Problem> {
    let query = checked_text("query", params.query)?;
    if query.as_deref().is_some_and(|words| !words.contains(char::is_alphanumeric)) {
        return Err(Problem::invalid("query", "query holds no word"));
    }
    let filter = MemoryFilter {
        query,
        kind: params.kind.map(Into::into),
        superseded_too: params.all,
        limit: Some(page_limit(&app, params.limit)?),
    };
    let state = look::state_at(&permit, &project, params.branch.as_deref(), params.at.as_deref()).await?;
    let position: Option<Position<After>> = cursor::decode(params.cursor.as_deref())?;
    let (state, after) = look::same_state(state, position)?;
    let after = after.map(|(rank, path, id)| MemoryPosition { rank, path: cursor::from_bytes(&path), id });
    let (entries, next) = state.memory_page(permit.db(), &filter, after.as_ref()).await?;
    let next_cursor = match next {
        Some(next) => {
            let after: After = (next.rank, cursor::bytes(&next.path), next.id);
            Some(cursor::encode(&Position { branch: state.branch(), seq: state.seq(), after })?)
        }
        None => None,
    };
    Ok(Json(Page { items: entries.into_iter().map(Into::into).collect(), next_cursor }))
}

/// How well the last entry matched, its path and its id.
type After = (u64, String, i64);
