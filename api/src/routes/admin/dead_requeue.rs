//! Doing again what was given up.

use axum::{extract::State, response::Response};
use entities::{DeadJobId, SyncTrigger, identity::audit::Action};

use super::{
    dead_get::load,
    jobs_requeue::{answered, requeued_as},
};
use crate::{
    extract::{Id, Operate, Permitted, TraceParent},
    model::StartedDto,
    problem::{Problem, ProblemBody},
    state::App,
};

/// Repeat a dead job
///
/// It leaves the dead set, and a new sync does what it was to do.
#[utoipa::path(
    post,
    path = "/api/v1/admin/dead/{id}/requeue",
    operation_id = "admin.dead.requeue",
    tag = "admin",
    params(("id" = Uuid, Path, description = "The dead job.")),
    responses(
        (status = 202, description = "The new sync.", body = StartedDto),
        (status = 200, description = "The sync that does the same already.", body = StartedDto),
        (status = 404, description = "`dead-job-not-found`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "`branch-busy`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "`nothing-to-repeat`: it is no sync", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn dead_requeue(
    permit: Permitted<Operate>,
    State(app): State<App>,
    TraceParent(trace_parent): TraceParent,
    Id(id): Id<DeadJobId>,
) -> Result<Response, Problem> {
    let dead = load(&permit, id).await?;
    let requeued = app.dispatcher.requeue_dead(&dead, SyncTrigger::Api, trace_parent, app.now()).await?;
    let record = permit.did(Action::DeadRequeue).target("dead", dead.id);
    permit.note_for(dead.tenant_id, record.detail(requeued_as(&requeued))).await;
    answered(&permit.system(), requeued).await
}
