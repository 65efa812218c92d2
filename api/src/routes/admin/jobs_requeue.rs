//! Doing a job again.

use axum::{extract::State, response::Response};
use bus::Requeued;
use entities::{ProjectSync, Scoped, SyncTrigger, identity::audit::Action};
use serde_json::json;

use crate::{
    extract::{LoadedJob, TraceParent},
    model::StartedDto,
    problem::{Code, Problem, ProblemBody},
    routes::sync_start::answer,
    state::App,
};

/// Repeat a job
///
/// What a sync that has ended was to do is done again, by a new sync.
#[utoipa::path(
    post,
    path = "/api/v1/admin/jobs/{syncId}/requeue",
    operation_id = "admin.jobs.requeue",
    tag = "admin",
    params(("syncId" = Uuid, Path, description = "The sync.")),
    responses(
        (status = 202, description = "The new sync.", body = StartedDto),
        (status = 200, description = "The sync that does the same already.", body = StartedDto),
        (status = 404, description = "`sync-not-found`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "`sync-active`, `branch-busy`", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn jobs_requeue(
    State(app): State<App>,
    TraceParent(trace_parent): TraceParent,
    LoadedJob { sync, permit }: LoadedJob,
) -> Result<Response, Problem> {
    if !sync.status.is_terminal() {
        let detail = format!("sync {} is {}: it will be done, and is not repeated", sync.id, sync.status);
        return Err(Problem::new(Code::SyncActive, detail).sync(sync.id));
    }
    let requeued = app.dispatcher.requeue(&sync, SyncTrigger::Api, trace_parent, app.now()).await?;
    let record = permit.did(Action::JobRequeue).target("sync", sync.id);
    permit.note_for(Some(sync.tenant_id), record.detail(requeued_as(&requeued))).await;
    answered(&permit.system(), requeued).await
}

/// The new sync, for the audit log.
pub(super) fn requeued_as(requeued: &Requeued) -> serde_json::Value {
    match requeued {
        Requeued::As(requested) => json!({ "as": requested.sync.id }),
        Requeued::NoSync | Requeued::Busy(_) => json!({ "as": null }),
    }
}

/// What came of repeating something.
pub(super) async fn answered(db: &impl Scoped, requeued: Requeued) -> Result<Response, Problem> {
    match requeued {
        Requeued::As(requested) => answer(db, *requested).await,
        Requeued::NoSync => Err(Problem::new(Code::NothingToRepeat, "it is no sync that could be repeated")),
        Requeued::Busy(other) => Err(busy(&other)),
    }
}

fn busy(other: &ProjectSync) -> Problem {
    let detail = format!("sync {} of the branch is {}; cancel it, or let it end", other.id, other.status);
    Problem::new(Code::BranchBusy, detail).sync(other.id)
}
