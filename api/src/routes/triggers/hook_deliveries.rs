//! What a project's host sent.

use axum::{Json, extract::State};
use entities::{HookDeliveryId, triggers::deliveries};

use crate::{
    cursor,
    extract::{Admin, LoadedProject, Queried, page_limit},
    model::{DeliveryPage, Page},
    problem::{Problem, ProblemBody},
    routes::identity::{Paged, cut},
    state::App,
};

/// List what a project's host sent
///
/// As far as it was signed, the latest first. Old ones are forgotten: see `triggers.keep_days`.
#[utoipa::path(
    get,
    path = "/api/v1/projects/{projectId}/hook/deliveries",
    operation_id = "projects.hook.deliveries",
    tag = "triggers",
    params(("projectId" = Uuid, Path, description = "The project."), Paged),
    responses(
        (status = 200, description = "A page of deliveries.", body = DeliveryPage),
        (status = 403, description = "`forbidden`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "`project-not-found`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "`invalid-value`", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn hook_deliveries(
    State(app): State<App>,
    LoadedProject { project, permit }: LoadedProject<Admin>,
    Queried(params): Queried<Paged>,
) -> Result<Json<DeliveryPage>, Problem> {
    let limit = page_limit(&app, params.limit)?;
    let before: Option<HookDeliveryId> = cursor::decode(params.cursor.as_deref())?;
    let found = deliveries::page(permit.db(), project.project.id, before, limit + 1).await?;
    let (found, next_cursor) = cut(found, limit, |row| row.id)?;
    Ok(Json(Page { items: found.iter().map(Into::into).collect(), next_cursor }))
}
