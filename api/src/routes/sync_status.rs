//! Where a branch stands.

use axum::{Json, extract::State};
use bus::ProgressEvent;
use entities::{BranchId, ProjectSync, SyncKind, SyncStatus, syncs};
use sea_orm::DbErr;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::{
    extract::{LoadedProject, Queried},
    look,
    model::{ProgressDto, SyncStatusDto},
    places::sync_dto,
    problem::{Problem, ProblemBody},
    state::App,
};

/// Of which branch.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Params {
    /// The branch; the default one if absent.
    branch: Option<String>,
}

/// Show where a branch stands
///
/// The sync that runs, with its progress; else the one that waits; else the latest one.
#[utoipa::path(
    get,
    path = "/api/v1/projects/{projectId}/sync/status",
    operation_id = "projects.sync.status",
    tag = "sync",
    params(("projectId" = Uuid, Path, description = "The project."), Params),
    responses(
        (status = 200, description = "Where it stands.", body = SyncStatusDto),
        (status = 404, description = "`project-not-found`, `branch-not-found`", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn sync_status(
    State(app): State<App>,
    LoadedProject(project): LoadedProject,
    Queried(params): Queried<Params>,
) -> Result<Json<SyncStatusDto>, Problem> {
    let branch = look::known_branch(&app, &project, params.branch.as_deref()).await?;
    let active = syncs::active(app.db(), branch.id).await?;
    let waiting = syncs::waiting(app.db(), branch.id).await?;
    let (sync, next) = match (active, waiting) {
        (Some(active), waiting) => (Some(active), waiting),
        (None, Some(waiting)) => (Some(waiting), None),
        (None, None) => (latest(&app, branch.id).await?, None),
    };
    let mut status = SyncStatusDto {
        branch: branch.name,
        sync: None,
        next: None,
        progress: None,
        phases: bus::phases(sync.as_ref().map_or(SyncKind::Sync, |sync| sync.kind)).to_vec(),
    };
    if let Some(sync) = &sync {
        status.sync = Some(sync_dto(app.db(), sync).await?);
        status.progress = progress(&app, sync).await?;
    }
    if let Some(next) = &next {
        status.next = Some(sync_dto(app.db(), next).await?);
    }
    Ok(Json(status))
}

async fn latest(app: &App, branch: BranchId) -> Result<Option<ProjectSync>, DbErr> {
    let filter = syncs::SyncFilter { branch: Some(branch), ..Default::default() };
    Ok(syncs::page(app.db(), &filter, None, 1).await?.pop())
}

/// What a running sync told last.
async fn progress(app: &App, sync: &ProjectSync) -> Result<Option<ProgressDto>, Problem> {
    if sync.status != SyncStatus::Running {
        return Ok(None);
    }
    let Some(payload) = syncs::last_event_of_type(app.db(), sync.id, "phaseProgress").await? else {
        return Ok(None);
    };
    let event: ProgressEvent = serde_json::from_value(payload).map_err(Problem::internal)?;
    Ok(ProgressDto::of(event.event))
}
