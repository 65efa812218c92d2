//! Whether the process lives, and whether it can serve.

use std::time::Duration;

use axum::{Json, extract::State};
use migration::MigrateError;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    problem::{Code, Problem, ProblemBody},
    state::App,
};

/// How long each part is given to answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// That all is well.
#[derive(Serialize, ToSchema)]
pub(crate) struct Health {
    /// `ok`.
    status: &'static str,
}

/// Tell that the process lives
#[utoipa::path(
    get,
    path = "/healthz",
    operation_id = "health.live",
    tag = "about",
    responses((status = 200, description = "It lives.", body = Health))
)]
pub(crate) async fn live() -> Json<Health> {
    Json(Health { status: "ok" })
}

/// Tell whether requests can be served
///
/// The database answers and is migrated, and the queue answers.
#[utoipa::path(
    get,
    path = "/readyz",
    operation_id = "health.ready",
    tag = "about",
    responses(
        (status = 200, description = "They can.", body = Health),
        (status = 503, description = "`not-ready`", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn ready(State(app): State<App>) -> Result<Json<Health>, Problem> {
    let pending = tokio::time::timeout(PATIENCE, migration::pending(app.dispatcher.db.pool()));
    match pending.await {
        Ok(Ok(pending)) if pending.is_empty() => {}
        Ok(Ok(_)) => return Err(not_ready("the database has pending migrations")),
        Ok(Err(MigrateError::Database(_))) | Err(_) => return Err(not_ready("the database does not answer")),
        Ok(Err(_)) => return Err(not_ready("the database was migrated by another program")),
    }
    match tokio::time::timeout(PATIENCE, app.dispatcher.queue.stats()).await {
        Ok(Ok(_)) => Ok(Json(Health { status: "ok" })),
        Ok(Err(_)) | Err(_) => Err(not_ready("the queue does not answer")),
    }
}

fn not_ready(detail: &str) -> Problem {
    tracing::warn!(detail, "not ready");
    Problem::new(Code::NotReady, detail).retry_after(1)
}
