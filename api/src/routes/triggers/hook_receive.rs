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

/// One path for each kind of host: whatever else follows `/webhooks/` is about what we send.
macro_rules! receiver {
    ($name:ident, $host:literal, $path:literal, $operation:literal) => {
        /// Receive a hook
        ///
        /// For the host. Its signature is what shows who sends it; no token is asked for. A push to a branch that is synced
        /// asks for a sync, the deletion of one is noted, everything else is written down and ignored. What was sent before
        /// is not done again.
        #[utoipa::path(
            post,
            path = $path,
            operation_id = $operation,
            tag = "triggers",
            params(("projectId" = Uuid, Path, description = "The project.")),
            request_body(content = Object, description = "What the host sends.", content_type = "application/json"),
            responses(
                (status = 202, description = "It was taken.", body = ReceivedDto),
                (status = 401, description = "`unauthorized`: not signed with the secret of the project's hook, or there is no such project", body = ProblemBody, content_type = "application/problem+json"),
                (status = 408, description = "`body-timeout`", body = ProblemBody, content_type = "application/problem+json"),
                (status = 413, description = "`body-too-large`", body = ProblemBody, content_type = "application/problem+json"),
                (status = 503, description = "`not-ready`, `database-unavailable`: send it again", body = ProblemBody, content_type = "application/problem+json"),
            )
        )]
        pub(crate) async fn $name(
            State(app): State<App>,
            Path(project): Path<String>,
            request: Request,
        ) -> Result<(StatusCode, Json<ReceivedDto>), Problem> {
            receive(&app, $host, &project, request).await
        }
    };
}

receiver!(hook_github, "github", "/api/v1/webhooks/github/{projectId}", "webhooks.receiveGithub");
receiver!(hook_gitlab, "gitlab", "/api/v1/webhooks/gitlab/{projectId}", "webhooks.receiveGitlab");
receiver!(hook_gitea, "gitea", "/api/v1/webhooks/gitea/{projectId}", "webhooks.receiveGitea");

async fn receive(
    app: &App,
    host: &str,
    project: &str,
    request: Request,
) -> Result<(StatusCode, Json<ReceivedDto>), Problem> {
    let signed = Signed::read(app, host, project, request.into_parts()).await?;
    let received = hooks::act(app, signed).await?;
    let body = ReceivedDto { result: received.result.to_owned(), sync_id: received.sync };
    Ok((StatusCode::ACCEPTED, Json(body)))
}
