//! Going back to an earlier sync.

use axum::{extract::State, response::Response};
use entities::{
    ProjectSync, SyncKind, SyncTrigger,
    identity::audit::Action,
    projects,
    syncs::{self, NewSync, Requested},
};
use serde_json::json;

use super::sync_start::answer;
use crate::{
    extract::{Body, LoadedProject, Syncs, TraceParent, load_sync},
    look::completed,
    model::{RestoreRequest, StartedDto},
    problem::{Code, Problem, ProblemBody},
    state::App,
};

/// Restore an earlier state
///
/// Files and memory become what they were after an earlier sync. It is a sync of its own; nothing is fetched.
#[utoipa::path(
    post,
    path = "/api/v1/projects/{projectId}/sync/restore",
    operation_id = "projects.sync.restoreMemory",
    tag = "sync",
    params(
        ("projectId" = Uuid, Path, description = "The project."),
        ("Idempotency-Key" = Option<String>, Header, description = "The same request under the same key is served once."),
        ("traceparent" = Option<String>, Header, description = "The W3C trace context that the sync belongs to."),
    ),
    request_body = RestoreRequest,
    responses(
        (status = 202, description = "A new sync.", body = StartedDto,
            headers(("Location" = String, description = "Where the sync is."))),
        (status = 200, description = "The same restore waits or runs already.", body = StartedDto,
            headers(("Location" = String, description = "Where the sync is."))),
        (status = 404, description = "`project-not-found`, `sync-not-found`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "`sync-not-completed`, `branch-busy`, `request-in-progress`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 410, description = "`sync-forgotten`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "`idempotency-key-reused`", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn sync_restore(
    State(app): State<App>,
    LoadedProject { project, permit }: LoadedProject<Syncs>,
    TraceParent(trace_parent): TraceParent,
    Body(body): Body<RestoreRequest>,
) -> Result<Response, Problem> {
    let target = load_sync(&permit, body.sync_id, "syncId").await?;
    let gone = || Problem::new(Code::SyncNotFound, "the project has no such sync").field("syncId");
    let branch = projects::branch(permit.db(), target.branch_id).await?.ok_or_else(gone)?;
    if branch.repository_id != project.repository.id {
        return Err(gone());
    }
    let seq = completed(permit.db(), &target).await?.seq();
    let others =
        [syncs::active(permit.db(), branch.id).await?, syncs::waiting(permit.db(), branch.id).await?];
    if let Some(other) = others.iter().flatten().find(|sync| !restores(sync, seq)) {
        return Err(busy(other));
    }
    let new = NewSync { trigger: SyncTrigger::Api, forced: false, restore_seq: Some(seq), trace_parent };
    let requested: Requested = app.dispatcher.request(&branch, new, false, app.now()).await?;
    // Another one may have been asked for just now.
    if !restores(&requested.sync, seq) {
        return Err(busy(&requested.sync));
    }
    let detail = json!({ "project": project.project.id, "branch": branch.name, "to": body.sync_id });
    permit.note(permit.did(Action::SyncRestore).target("sync", requested.sync.id).detail(detail)).await;
    answer(permit.db(), requested).await
}

fn restores(sync: &ProjectSync, seq: i64) -> bool {
    sync.kind == SyncKind::Restore && sync.restore_seq == Some(seq)
}

fn busy(other: &ProjectSync) -> Problem {
    let detail = format!("sync {} of the branch is {}; cancel it, or let it end", other.id, other.status);
    Problem::new(Code::BranchBusy, detail).sync(other.id)
}
