//! One sync as operators see it.

use axum::Json;
use entities::{projects, syncs};

use crate::{
    extract::LoadedJob,
    model::{JobDetailDto, JobDto},
    problem::{Problem, ProblemBody},
};

/// How many of its last events are told.
const LAST_EVENTS: u64 = 20;

/// Show a job
///
/// The sync, who runs it, and what happened last.
#[utoipa::path(
    get,
    path = "/api/v1/admin/jobs/{syncId}",
    operation_id = "admin.jobs.get",
    tag = "admin",
    params(("syncId" = Uuid, Path, description = "The sync.")),
    responses(
        (status = 200, description = "The job.", body = JobDetailDto),
        (status = 404, description = "`sync-not-found`", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn jobs_get(LoadedJob { sync, permit }: LoadedJob) -> Result<Json<JobDetailDto>, Problem> {
    let places = projects::places(&permit.system(), [sync.branch_id]).await?;
    let mut events = syncs::last_events(&permit.system(), sync.id, LAST_EVENTS).await?;
    events.reverse();
    let events = events.into_iter().map(Into::into).collect();
    Ok(Json(JobDetailDto { job: JobDto::new(&sync, &places), events }))
}
