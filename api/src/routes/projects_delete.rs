//! Deleting a project.

use axum::http::StatusCode;
use entities::{
    identity::audit::Action,
    projects::{self, Deletion},
};
use serde::Deserialize;
use serde_json::json;
use utoipa::IntoParams;

use crate::{
    extract::{Admin, LoadedProject, Queried},
    problem::{Code, Problem, ProblemBody},
};

/// The confirmation.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Params {
    /// The project's name, to confirm that it is meant.
    #[param(required)]
    confirm: Option<String>,
}

/// Delete a project
///
/// With its whole history and all that was kept of it, in one step. It cannot be undone.
#[utoipa::path(
    delete,
    path = "/api/v1/projects/{projectId}",
    operation_id = "projects.delete",
    tag = "projects",
    params(("projectId" = Uuid, Path, description = "The project."), Params),
    responses(
        (status = 204, description = "It is gone."),
        (status = 404, description = "`project-not-found`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "`sync-active`: cancel it first", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "`confirmation-required`", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn projects_delete(
    LoadedProject { project, permit }: LoadedProject<Admin>,
    Queried(params): Queried<Params>,
) -> Result<StatusCode, Problem> {
    let project = project.project;
    if params.confirm.as_deref() != Some(project.name.as_str()) {
        let detail = "confirm must be the project's name: what is deleted cannot be brought back";
        return Err(Problem::new(Code::ConfirmationRequired, detail).field("confirm"));
    }
    let db = permit.db().clone();
    // A large one may take longer than a request may: it is deleted all the same.
    let deletion = tokio::spawn(async move { projects::delete(&db, project.id).await });
    match deletion.await.map_err(Problem::internal)?? {
        Deletion::Deleted => {
            tracing::info!(project = %project.id, "deleted");
            let record = permit.did(Action::ProjectDelete).target("project", project.id);
            permit.note(record.detail(json!({ "name": project.name }))).await;
            Ok(StatusCode::NO_CONTENT)
        }
        Deletion::NotFound => {
            Err(Problem::new(Code::ProjectNotFound, "it was deleted a moment ago").field("projectId"))
        }
        Deletion::Busy(sync) => {
            let detail = format!("sync {} is {}; cancel it, or let it end", sync.id, sync.status);
            Err(Problem::new(Code::SyncActive, detail).sync(sync.id))
        }
    }
}
