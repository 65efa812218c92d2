//! One sync.

use axum::Json;

use crate::{
    extract::{LoadedSync, Read},
    model::SyncDto,
    places::sync_dto,
    problem::{Problem, ProblemBody},
};

/// Show a sync
#[utoipa::path(
    get,
    path = "/api/v1/syncs/{syncId}",
    operation_id = "syncs.get",
    tag = "sync",
    params(("syncId" = Uuid, Path, description = "The sync.")),
    responses(
        (status = 200, description = "The sync.", body = SyncDto),
        (status = 404, description = "`sync-not-found`", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn syncs_get(
    LoadedSync { sync, permit }: LoadedSync<Read>,
) -> Result<Json<SyncDto>, Problem> {
    Ok(Json(sync_dto(permit.db(), &sync).await?))
}
