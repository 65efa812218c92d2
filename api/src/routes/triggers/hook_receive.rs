//! What a host sends when something was pushed.

use axum::{
    Json,
    extract::{Path, Request, State},
    http::StatusCode,
};

use crate::{
    hooks::{self, Signed},
    model::ReceivedDto,
    problem::{Problem, ProblemBody},
    state::App,
};

/// Receive a hook
///
/// For hosts: GitHub, GitLab, and Gitea or Forgejo. The signature is what shows who sends it; no token is asked for. A push
/// to a branch that is synced asks for a sync, the deletion of one is noted, everything else is written down and ignored.
/// What was sent before is not done again.
#[utoipa::path(
    post,
    path = "/api/v1/webhooks/{host}/{projectId}",
    operation_id = "webhooks.receive",
    tag = "triggers",
    params(
        ("host" = String, Path, description = "The kind of host: `github`, `gitlab` or `gitea`."),
        ("projectId" = Uuid, Path, description = "The project."),
    ),
    request_body(content = Object, description = "What the host sends.", content_type = "application/json"),
    responses(
        (status = 202, description = "It was taken.", body = ReceivedDto),
        (status = 401, description = "`unauthorized`: not signed with the secret of the project's hook, or there is no such project", body = ProblemBody, content_type = "application/problem+json"),
        (status = 408, description = "`body-timeout`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 413, description = "`body-too-large`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "`not-ready`, `database-unavailable`: send it again", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn hook_receive(
    State(app): State<App>,
    Path((host, project)): Path<(String, String)>,
    request: Request,
) -> Result<(StatusCode, Json<ReceivedDto>), Problem> {
    let signed = Signed::read(&app, &host, &project, request.into_parts()).await?;
    let received = hooks::act(&app, signed).await?;
    let body = ReceivedDto { result: received.result.to_owned(), sync_id: received.sync };
    Ok((StatusCode::ACCEPTED, Json(body)))
}
