//! The queue at a glance.

use axum::{Json, extract::State};

use crate::{
    admin,
    extract::{Operate, Permitted},
    model::QueueDto,
    problem::Problem,
    state::App,
};

/// Show the queue
///
/// How much waits, runs and was given up, who serves it, and what is paused.
#[utoipa::path(
    get,
    path = "/api/v1/admin/queue",
    operation_id = "admin.queue.get",
    tag = "admin",
    responses((status = 200, description = "The queue.", body = QueueDto))
)]
pub(crate) async fn queue_get(
    _: Permitted<Operate>,
    State(app): State<App>,
) -> Result<Json<QueueDto>, Problem> {
    let now = app.now();
    Ok(Json(QueueDto::new(admin::overview(&app.dispatcher, now).await?, now)))
}
