//! Asking a sync to end.

use axum::{Json, extract::State, http::StatusCode};
use entities::{ProjectSync, Scoped, identity::audit::Action, syncs};

use crate::{
    extract::{LoadedSync, Syncs},
    model::SyncDto,
    places::sync_dto,
    problem::{Code, Problem, ProblemBody},
    state::App,
};

/// Cancel a sync
///
/// One that waits ends at once; one that runs ends within a second. What was visible before stays.
#[utoipa::path(
    post,
    path = "/api/v1/syncs/{syncId}/cancel",
    operation_id = "syncs.cancel",
    tag = "sync",
    params(("syncId" = Uuid, Path, description = "The sync.")),
    responses(
        (status = 202, description = "The sync, which ends.", body = SyncDto),
        (status = 404, description = "`sync-not-found`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "`already-ended`", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn syncs_cancel(
    State(app): State<App>,
    LoadedSync { sync, permit }: LoadedSync<Syncs>,
) -> Result<(StatusCode, Json<SyncDto>), Problem> {
    let record = permit.did(Action::SyncCancel).target("sync", sync.id);
    let sync = cancel(&app, permit.db(), sync).await?;
    permit.note(record).await;
    Ok((StatusCode::ACCEPTED, Json(sync_dto(permit.db(), &sync).await?)))
}

/// Asks a sync to end. How it stands then.
pub(super) async fn cancel(app: &App, db: &impl Scoped, sync: ProjectSync) -> Result<ProjectSync, Problem> {
    let is_ending = app.dispatcher.cancel(&sync, app.now()).await?;
    let sync = syncs::get(db, sync.id).await?.unwrap_or(sync);
    if !is_ending {
        let detail = format!("sync {} is {} already", sync.id, sync.status);
        return Err(Problem::new(Code::AlreadyEnded, detail).sync(sync.id));
    }
    Ok(sync)
}
