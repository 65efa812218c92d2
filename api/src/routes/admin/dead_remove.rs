//! Removing one that was given up.

use axum::{extract::State, http::StatusCode};
use entities::{DeadJobId, queue};

use super::dead_get::{load, missing};
use crate::{
    extract::Id,
    problem::{Problem, ProblemBody},
    state::App,
};

/// Remove a dead job
///
/// The failed sync stays in the history.
#[utoipa::path(
    delete,
    path = "/api/v1/admin/dead/{id}",
    operation_id = "admin.dead.remove",
    tag = "admin",
    params(("id" = Uuid, Path, description = "The dead job.")),
    responses(
        (status = 204, description = "It is gone."),
        (status = 404, description = "`dead-job-not-found`", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn dead_remove(
    State(app): State<App>,
    Id(id): Id<DeadJobId>,
) -> Result<StatusCode, Problem> {
    let dead = load(&app, id).await?;
    match queue::remove_dead(app.system(), dead.id).await? {
        true => Ok(StatusCode::NO_CONTENT),
        // Another operator was quicker.
        false => Err(missing(id)),
    }
}
