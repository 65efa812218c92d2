//! Repeat jobs that a filter matches.

use axum::{Json, extract::State};
use entities::{SyncTrigger, identity::audit::Action};

use super::check_filter;
use crate::{
    admin::{JobVerb, change_jobs},
    extract::{Body, Operate, Permitted},
    model::{BulkDto, BulkRequest},
    problem::{Problem, ProblemBody},
    state::App,
};

/// Repeat jobs that a filter matches
///
/// Of those that failed or were cancelled, the latest first, at most 1,000.
#[utoipa::path(
    post,
    path = "/api/v1/admin/jobs/requeue",
    operation_id = "admin.jobs.requeueAll",
    tag = "admin",
    request_body = BulkRequest,
    responses(
        (status = 200, description = "What came of it.", body = BulkDto),
        (status = 422, description = "`filter-required`", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn jobs_requeue_all(
    permit: Permitted<Operate>,
    State(app): State<App>,
    Body(body): Body<BulkRequest>,
) -> Result<Json<BulkDto>, Problem> {
    check_filter(&body.filter)?;
    let now = app.now();
    let filter = body.filter.to_rows(now);
    let bulk =
        change_jobs(&app.dispatcher, JobVerb::Requeue(SyncTrigger::Api), &filter, body.dry_run, now).await?;
    permit.note_bulk(Action::JobRequeue, bulk.changed).await;
    Ok(Json(bulk.into()))
}
