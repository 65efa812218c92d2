//! Where a branch stands.

use axum::Json;
use bus::ProgressEvent;
use entities::{BranchId, ProjectSync, SyncKind, SyncStatus, TenantDb, syncs};
use sea_orm::DbErr;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::{
    extract::{LoadedProject, Queried, Read},
    look,
    model::{ProgressDto, SyncStatusDto},
    places::sync_dto,
    problem::{Problem, ProblemBody},
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
    LoadedProject { project, permit }: LoadedProject<Read>,
    Queried(params): Queried<Params>,
) -> Result<Json<SyncStatusDto>, Problem> {
    let branch = look::known_branch(permit.db(), &project, params.branch.as_deref()).await?;
    let active = syncs::active(permit.db(), branch.id).await?;
    let waiting = syncs::waiting(permit.db(), branch.id).await?;
    let (sync, next) = match (active, waiting) {
        (Some(active), waiting) => (Some(active), waiting),
        (None, Some(waiting)) => (Some(waiting), None),
        (None, None) => (latest(permit.db(), branch.id).await?, None),
    };
    let mut status = SyncStatusDto {
        branch: branch.name,
        sync: None,
        next: None,
        progress: None,
        phases: bus::phases(sync.as_ref().map_or(SyncKind::Sync, |sync| sync.kind)).to_vec(),
    };
    if let Some(sync) = &sync {
        status.sync = Some(sync_dto(permit.db(), sync).await?);
        status.progress = progress(permit.db(), sync).await?;
    }
    if let Some(next) = &next {
        status.next = Some(sync_dto(permit.db(), next).await?);
    }
    Ok(Json(status))
}

async fn latest(db: &TenantDb, branch: BranchId) -> Result<Option<ProjectSync>, DbErr> {
    let filter = syncs::SyncFilter { branch: Some(branch), ..Default::default() };
    Ok(syncs::page(db, &filter, None, 1).await?.pop())
}

/// What a running sync told last.
async fn progress(db: &TenantDb, sync: &ProjectSync) -> Result<Option<ProgressDto>, Problem> {
    if sync.status != SyncStatus::Running {
        return Ok(None);
    }
    let Some(payload) = syncs::last_event_of_type(db, sync.id, "phaseProgress").await? else {
        return Ok(None);
    };
    let event: ProgressEvent = serde_json::from_value(payload).map_err(Problem::internal)?;
    Ok(ProgressDto::of(event.event))
}
