//! One project.

use axum::Json;
use entities::{projects, syncs, temporal::StateAt};

use crate::{
    extract::{LoadedProject, Read},
    model::{CountsDto, ProjectDetailDto, ProjectDto},
    places::sync_dto,
    problem::{Problem, ProblemBody},
};

/// The most branches that are listed.
const MAX_LISTED_BRANCHES: usize = 1_000;

/// Show a project
///
/// With the branches that are known here, what the default branch holds, and the latest sync.
#[utoipa::path(
    get,
    path = "/api/v1/projects/{projectId}",
    operation_id = "projects.get",
    tag = "projects",
    params(("projectId" = Uuid, Path, description = "The project.")),
    responses(
        (status = 200, description = "The project.", body = ProjectDetailDto),
        (status = 404, description = "`project-not-found`", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn projects_get(
    LoadedProject { project, permit }: LoadedProject<Read>,
) -> Result<Json<ProjectDetailDto>, Problem> {
    let mut branches = projects::branches(permit.db(), &project.repository).await?;
    let default = project.repository.default_branch.as_deref();
    let counts = match branches.iter().find(|branch| Some(branch.name.as_str()) == default) {
        Some(branch) => {
            let state = StateAt::head(branch);
            CountsDto {
                files: state.count_files(permit.db()).await?,
                memory: state.count_memory(permit.db()).await?,
            }
        }
        None => CountsDto { files: 0, memory: 0 },
    };
    let filter = syncs::SyncFilter { project: Some(project.project.id), ..Default::default() };
    let latest_sync = match syncs::page(permit.db(), &filter, None, 1).await?.first() {
        Some(sync) => Some(sync_dto(permit.db(), sync).await?),
        None => None,
    };
    branches.truncate(MAX_LISTED_BRANCHES);
    let branches = branches.iter().map(Into::into).collect();
    Ok(Json(ProjectDetailDto { project: ProjectDto::new(&project)?, branches, counts, latest_sync }))
}
