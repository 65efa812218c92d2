//! Removing what was given up.

use axum::{Json, extract::State};
use entities::identity::audit::Action;

use super::dead_requeue_all::checked;
use crate::{
    admin::{DeadVerb, change_dead},
    extract::{Body, Operate, Permitted},
    model::{BulkDto, DeadBulkRequest},
    problem::{Problem, ProblemBody},
    state::App,
};

/// Remove dead jobs that a filter matches
///
/// The latest first, at most 1,000. The failed syncs stay in the history.
#[utoipa::path(
    post,
    path = "/api/v1/admin/dead/purge",
    operation_id = "admin.dead.purge",
    tag = "admin",
    request_body = DeadBulkRequest,
    responses(
        (status = 200, description = "What came of it.", body = BulkDto),
        (status = 422, description = "`filter-required`", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn dead_purge(
    permit: Permitted<Operate>,
    State(app): State<App>,
    Body(body): Body<DeadBulkRequest>,
) -> Result<Json<BulkDto>, Problem> {
    let filter = checked(&app, &body)?;
    let bulk = change_dead(&app.dispatcher, DeadVerb::Purge, &filter, body.dry_run, app.now()).await?;
    permit.note_bulk(Action::DeadRemove, bulk.changed).await;
    Ok(Json(bulk.into()))
}
