//! What the API tells about itself.

use std::time::Duration;

use axum::{Router, extract::State, http::header, response::IntoResponse};
use utoipa::openapi::OpenApi;
use utoipa_swagger_ui::SwaggerUi;

use crate::{
    problem::{Code, Problem, ProblemBody},
    state::App,
};

/// The media type of Prometheus's text format.
const PROMETHEUS_TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// How long the queue is given to be counted.
const PATIENCE: Duration = Duration::from_secs(2);

/// The document at `/openapi.json`, and a page at `/docs` that shows it without anything from elsewhere.
pub(super) fn docs(document: OpenApi) -> Router<App> {
    SwaggerUi::new("/docs").url("/openapi.json", document).into()
}

/// Show metrics
///
/// In Prometheus's text format.
#[utoipa::path(
    get,
    path = "/metrics",
    operation_id = "metrics",
    tag = "about",
    responses(
        (status = 200, description = "The metrics.", body = String, content_type = "text/plain"),
        (status = 404, description = "`not-found`: this process keeps none", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn metrics(State(app): State<App>) -> Result<impl IntoResponse, Problem> {
    let off = || Problem::new(Code::NotFound, "this process keeps no metrics");
    // What the queue holds is read when it is asked for; a queue that is away keeps its last values.
    let _ = tokio::time::timeout(PATIENCE, bus::telemetry::observe(&app.dispatcher, app.now())).await;
    let text = app.metrics.as_ref().ok_or_else(off)?.render();
    Ok(([(header::CONTENT_TYPE, PROMETHEUS_TEXT)], text))
}
