//! Removing a job.

use axum::{extract::State, http::StatusCode};
use entities::identity::audit::Action;

use crate::{
    admin::{Removal, remove_job},
    extract::LoadedJob,
    problem::{Code, Problem, ProblemBody},
    state::App,
};

/// Remove a job
///
/// One that failed, was cancelled, or waits and was never begun. Completed ones are the history, and stay.
#[utoipa::path(
    delete,
    path = "/api/v1/admin/jobs/{syncId}",
    operation_id = "admin.jobs.remove",
    tag = "admin",
    params(("syncId" = Uuid, Path, description = "The sync.")),
    responses(
        (status = 204, description = "It is gone."),
        (status = 404, description = "`sync-not-found`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "`sync-active`: cancel it first; `sync-completed`", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn jobs_remove(
    State(app): State<App>,
    LoadedJob { sync, permit }: LoadedJob,
) -> Result<StatusCode, Problem> {
    let id = sync.id;
    let refused = |code, detail: &str| Err(Problem::new(code, format!("sync {id} {detail}")).sync(id));
    match remove_job(&app.dispatcher, &sync, app.now()).await? {
        Removal::Removed => {
            permit.note_for(Some(sync.tenant_id), permit.did(Action::JobRemove).target("sync", id)).await;
            Ok(StatusCode::NO_CONTENT)
        }
        Removal::Active => refused(Code::SyncActive, "has not ended; cancel it first"),
        Removal::Completed => refused(Code::SyncCompleted, "completed: later syncs build on it"),
        Removal::NotFound => refused(Code::SyncNotFound, "is gone already"),
    }
}
