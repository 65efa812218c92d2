//! All projects.

use axum::{Json, extract::State};
use entities::projects;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::{
    cursor,
    extract::{Permitted, Queried, Read, page_limit},
    model::{Page, ProjectDto, ProjectPage},
    problem::{Problem, ProblemBody},
    state::App,
};

/// Which page.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Params {
    /// How many items the page holds at most.
    #[param(minimum = 1)]
    limit: Option<u64>,
    /// The `nextCursor` of the page before.
    cursor: Option<String>,
}

/// List projects
///
/// By name.
#[utoipa::path(
    get,
    path = "/api/v1/projects",
    operation_id = "projects.list",
    tag = "projects",
    params(Params),
    responses(
        (status = 200, description = "A page of projects.", body = ProjectPage),
        (status = 422, description = "`invalid-value`", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn projects_list(
    State(app): State<App>,
    permit: Permitted<Read>,
    Queried(params): Queried<Params>,
) -> Result<Json<ProjectPage>, Problem> {
    let limit = page_limit(&app, params.limit)?;
    let after: Option<String> = cursor::decode(params.cursor.as_deref())?;
    let mut found = match permit.principal.project_id {
        // Whoever is for one project sees no other.
        Some(only) => projects::get(permit.db(), only).await?.into_iter().collect(),
        None => projects::page(permit.db(), after.as_deref(), limit + 1).await?,
    };
    let next_cursor = match found.len() as u64 > limit {
        true => {
            found.truncate(limit as usize);
            found.last().map(|last| cursor::encode(&last.project.name)).transpose()?
        }
        false => None,
    };
    let items = found.iter().map(ProjectDto::new).collect::<Result<_, _>>()?;
    Ok(Json(Page { items, next_cursor }))
}
