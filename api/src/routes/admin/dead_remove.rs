//! Removing one that was given up.

use axum::http::StatusCode;
use entities::{DeadJobId, identity::audit::Action, queue};

use super::dead_get::{load, missing};
use crate::{
    extract::{Id, Operate, Permitted},
    problem::{Problem, ProblemBody},
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
    permit: Permitted<Operate>,
    Id(id): Id<DeadJobId>,
) -> Result<StatusCode, Problem> {
    let dead = load(&permit, id).await?;
    match queue::remove_dead(&permit.system(), dead.id).await? {
        true => {
            permit.note_for(dead.tenant_id, permit.did(Action::DeadRemove).target("dead", dead.id)).await;
            Ok(StatusCode::NO_CONTENT)
        }
        // Another operator was quicker.
        false => Err(missing(id)),
    }
}
