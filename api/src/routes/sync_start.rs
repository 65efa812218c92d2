//! Asking for a sync.

use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use entities::{
    Scoped, SyncTrigger,
    identity::audit::Action,
    syncs::{NewSync, Requested},
};
use serde_json::json;

use crate::{
    extract::{Body, LoadedProject, Syncs, TraceParent},
    look,
    model::{StartRequest, StartedDto},
    places::sync_dto,
    problem::{Problem, ProblemBody},
    state::App,
};

/// Start a sync
///
/// If one of the branch waits or runs, the answer is that one, so that a double click makes one sync.
#[utoipa::path(
    post,
    path = "/api/v1/projects/{projectId}/sync",
    operation_id = "projects.sync.start",
    tag = "sync",
    params(
        ("projectId" = Uuid, Path, description = "The project."),
        ("Idempotency-Key" = Option<String>, Header, description = "The same request under the same key is served once."),
        ("traceparent" = Option<String>, Header, description = "The W3C trace context that the sync belongs to."),
    ),
    request_body = StartRequest,
    responses(
        (status = 202, description = "A new sync.", body = StartedDto,
            headers(("Location" = String, description = "Where the sync is."))),
        (status = 200, description = "The sync that was there already.", body = StartedDto,
            headers(("Location" = String, description = "Where the sync is."))),
        (status = 404, description = "`project-not-found`, `branch-not-found`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "`request-in-progress`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "`invalid-value`, `source-…`, `idempotency-key-reused`", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn sync_start(
    State(app): State<App>,
    LoadedProject { project, permit }: LoadedProject<Syncs>,
    TraceParent(trace_parent): TraceParent,
    Body(body): Body<StartRequest>,
) -> Result<Response, Problem> {
    let branch = look::branch_to_sync(&app, permit.db(), &project, body.branch.as_deref()).await?;
    let new = NewSync { trigger: SyncTrigger::Api, forced: body.force, restore_seq: None, trace_parent };
    let requested = app.dispatcher.request(&branch, new, body.queue_next, app.now()).await?;
    let detail = json!({ "project": project.project.id, "branch": branch.name, "isNew": requested.is_new });
    permit.note(permit.did(Action::SyncStart).target("sync", requested.sync.id).detail(detail)).await;
    answer(permit.db(), requested).await
}

/// The sync that answers a request for one.
pub(super) async fn answer(db: &impl Scoped, requested: Requested) -> Result<Response, Problem> {
    let Requested { sync, is_new } = requested;
    let status = if is_new { StatusCode::ACCEPTED } else { StatusCode::OK };
    let location = format!("/api/v1/syncs/{}", sync.id);
    let events_url = format!("/api/v1/events/project-sync/{}", sync.id);
    let body = StartedDto { sync: sync_dto(db, &sync).await?, is_new, events_url };
    Ok((status, [(header::LOCATION, location)], Json(body)).into_response())
}
