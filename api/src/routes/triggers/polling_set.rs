//! Polling a project.

use axum::{Json, extract::State};
use entities::{
    identity::audit::{self, Action},
    projects::MAX_BRANCH_NAME_BYTES,
    triggers::polls,
};
use serde_json::json;

use crate::{
    extract::{Admin, Body, LoadedProject},
    model::{PollingDto, PollingRequest},
    problem::{Problem, ProblemBody},
    state::{App, Inner},
};

/// The longest pause between two looks, in seconds: a week.
const MAX_SECONDS: u32 = 604_800;

/// Poll a project
///
/// Its host is asked now and then where the branches stand, and a sync is asked for where one was moved: for those whose
/// hosts cannot reach this service. Where the host can tell that nothing changed, this costs nothing.
#[utoipa::path(
    put,
    path = "/api/v1/projects/{projectId}/polling",
    operation_id = "projects.polling.set",
    tag = "triggers",
    params(("projectId" = Uuid, Path, description = "The project.")),
    request_body = PollingRequest,
    responses(
        (status = 200, description = "How it is polled.", body = PollingDto),
        (status = 403, description = "`forbidden`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "`project-not-found`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "`invalid-value`", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn polling_set(
    State(app): State<App>,
    LoadedProject { project, permit }: LoadedProject<Admin>,
    Body(body): Body<PollingRequest>,
) -> Result<Json<PollingDto>, Problem> {
    check(&app, &body)?;
    let (id, now) = (project.project.id, app.now());
    let transaction = permit.db().begin_write().await?;
    let row = polls::set(&transaction, id, body.every_seconds, body.branches.as_deref(), now).await?;
    let detail = json!({ "everySeconds": row.every_seconds });
    let record = permit.did(Action::PollingSet).target("project", id).detail(detail);
    audit::record(&transaction, record, now).await?;
    transaction.commit().await?;
    Ok(Json(row.into()))
}

fn check(app: &Inner, body: &PollingRequest) -> Result<(), Problem> {
    let least = app.triggers.min_poll_seconds.max(1);
    if !(least..=MAX_SECONDS.max(least)).contains(&body.every_seconds) {
        let detail =
            format!("everySeconds must be from {least} (triggers.min_poll_seconds) to {MAX_SECONDS}");
        return Err(Problem::invalid("everySeconds", detail));
    }
    let Some(branches) = &body.branches else { return Ok(()) };
    let most = app.triggers.max_poll_branches;
    let is_name = |name: &String| (1..=MAX_BRANCH_NAME_BYTES).contains(&name.len()) && !name.contains('\0');
    if !(1..=most).contains(&branches.len()) || !branches.iter().all(is_name) {
        let detail = format!(
            "branches must be 1 to {most} names of branches, of at most {MAX_BRANCH_NAME_BYTES} bytes"
        );
        return Err(Problem::invalid("branches", detail));
    }
    Ok(())
}
