//! One that was given up.

use axum::Json;
use entities::{DeadJob, DeadJobId, queue};

use crate::{
    extract::{Id, Operate, Permitted},
    model::DeadJobDto,
    problem::{Code, Problem, ProblemBody},
};

/// Show a dead job
#[utoipa::path(
    get,
    path = "/api/v1/admin/dead/{id}",
    operation_id = "admin.dead.get",
    tag = "admin",
    params(("id" = Uuid, Path, description = "The dead job.")),
    responses(
        (status = 200, description = "The dead job.", body = DeadJobDto),
        (status = 404, description = "`dead-job-not-found`", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn dead_get(
    permit: Permitted<Operate>,
    Id(id): Id<DeadJobId>,
) -> Result<Json<DeadJobDto>, Problem> {
    Ok(Json(load(&permit, id).await?.into()))
}

/// The dead job of this id.
pub(super) async fn load(permit: &Permitted<Operate>, id: DeadJobId) -> Result<DeadJob, Problem> {
    queue::dead(&permit.system(), id).await?.ok_or_else(|| missing(id))
}

/// That there is none of this id.
pub(super) fn missing(id: DeadJobId) -> Problem {
    Problem::new(Code::DeadJobNotFound, format!("there is no dead job {id}")).field("id")
}
