//! Doing again all that was given up and that a filter matches.

use axum::{Json, extract::State};
use entities::{SyncTrigger, identity::audit::Action, queue::DeadFilter};

use crate::{
    admin::{DeadVerb, change_dead},
    extract::{Body, Operate, Permitted},
    model::{BulkDto, DeadBulkRequest, DeadFilterDto},
    problem::{Code, Problem, ProblemBody},
    state::App,
};

/// Repeat dead jobs that a filter matches
///
/// The latest first, at most 1,000. Those that are no syncs stay.
#[utoipa::path(
    post,
    path = "/api/v1/admin/dead/requeue",
    operation_id = "admin.dead.requeueAll",
    tag = "admin",
    request_body = DeadBulkRequest,
    responses(
        (status = 200, description = "What came of it.", body = BulkDto),
        (status = 422, description = "`filter-required`", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn dead_requeue_all(
    permit: Permitted<Operate>,
    State(app): State<App>,
    Body(body): Body<DeadBulkRequest>,
) -> Result<Json<BulkDto>, Problem> {
    let filter = checked(&app, &body)?;
    let verb = DeadVerb::Requeue(SyncTrigger::Api);
    let bulk = change_dead(&app.dispatcher, verb, &filter, body.dry_run, app.now()).await?;
    permit.note_bulk(Action::DeadRequeue, bulk.changed).await;
    Ok(Json(bulk.into()))
}

/// The filter, if it says something, or all are meant.
pub(super) fn checked(app: &App, body: &DeadBulkRequest) -> Result<DeadFilter, Problem> {
    if !body.all && body.filter == DeadFilterDto::default() {
        let detail = "filter must say which are meant, or all must be true";
        return Err(Problem::new(Code::FilterRequired, detail).field("filter"));
    }
    Ok(body.filter.to_rows(app.now()))
}
