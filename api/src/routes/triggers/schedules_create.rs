//! Making a schedule.

use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use entities::{
    ScheduleId,
    identity::audit::{self, Action},
    triggers::schedules::{self, NewSchedule},
};
use serde_json::json;

use super::first_run;
use crate::{
    extract::{Admin, Body, LoadedProject},
    look,
    model::{ScheduleDto, ScheduleRequest},
    problem::{Code, Problem, ProblemBody},
    state::App,
};

/// Make a schedule
///
/// A sync of the branch is asked for whenever it comes due; one that was missed, because nothing ran, is made up for once.
/// A pattern with one time of day comes due once on each of its days, whatever is done to the clock.
#[utoipa::path(
    post,
    path = "/api/v1/projects/{projectId}/schedules",
    operation_id = "projects.schedules.create",
    tag = "triggers",
    params(
        ("projectId" = Uuid, Path, description = "The project."),
        ("Idempotency-Key" = Option<String>, Header, description = "The same request under the same key is served once."),
    ),
    request_body = ScheduleRequest,
    responses(
        (status = 201, description = "The schedule.", body = ScheduleDto,
            headers(("Location" = String, description = "Where the schedule is."))),
        (status = 403, description = "`forbidden`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "`project-not-found`, `branch-not-found`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "`limit-reached`, `request-in-progress`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "`invalid-value`, `source-…`, `idempotency-key-reused`", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn schedules_create(
    State(app): State<App>,
    LoadedProject { project, permit }: LoadedProject<Admin>,
    Body(body): Body<ScheduleRequest>,
) -> Result<Response, Problem> {
    let (project_id, id, new) = (project.project.id, ScheduleId::generate(), NewSchedule::from(body));
    let next = first_run(&app, &new, id)?;
    // Makes the branch known, so that there is something to sync.
    look::branch_to_sync(&app, permit.db(), &project, new.branch.as_deref()).await?;
    let (now, transaction) = (app.now(), permit.db().begin_write().await?);
    let most = app.triggers.max_schedules;
    if schedules::count(&transaction, project_id).await? >= most {
        let detail = format!("a project has at most {most} schedules (triggers.max_schedules)");
        return Err(Problem::new(Code::LimitReached, detail));
    }
    let row = schedules::create(&transaction, project_id, id, new, next, now).await?;
    let detail = json!({ "schedule": id, "cron": row.cron, "timeZone": row.time_zone });
    let record = permit.did(Action::ScheduleCreate).target("project", project_id).detail(detail);
    audit::record(&transaction, record, now).await?;
    transaction.commit().await?;
    let location = format!("/api/v1/projects/{project_id}/schedules/{id}");
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], Json(ScheduleDto::from(&row))).into_response())
}
