//! A ticket for a stream.

use axum::{Json, extract::State, http::StatusCode};
use entities::identity::tickets::{StreamTarget, Ticket};

use crate::{
    extract::{Body, Permitted, Read, load_project, load_sync},
    model::{TicketDto, TicketRequest},
    problem::{Problem, ProblemBody},
    state::App,
};

/// Get a ticket for a stream
///
/// `EventSource` of a page from another origin sends neither a token nor a cookie. A ticket in the URL opens the stream
/// that it is for, for a minute.
#[utoipa::path(
    post,
    path = "/api/v1/stream-tickets",
    operation_id = "streamTickets.create",
    tag = "events",
    request_body = Option<TicketRequest>,
    responses(
        (status = 201, description = "The ticket.", body = TicketDto),
        (status = 403, description = "`forbidden`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "`project-not-found`, `sync-not-found`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "`invalid-value`", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn stream_ticket(
    permit: Permitted<Read>,
    State(app): State<App>,
    Body(body): Body<TicketRequest>,
) -> Result<(StatusCode, Json<TicketDto>), Problem> {
    let target = match (body.project_id, body.sync_id) {
        (None, None) => StreamTarget::Any,
        (Some(project), None) => StreamTarget::Project(load_project(&permit, project).await?.project.id),
        (None, Some(sync)) => StreamTarget::Sync(load_sync(&permit, sync, "syncId").await?.id),
        (Some(_), Some(_)) => {
            return Err(Problem::invalid("syncId", "a ticket is for a project or for a sync, not for both"));
        }
    };
    let ticket = Ticket::new(&permit.principal, target, app.now());
    let answer = TicketDto { ticket: app.gate.signer().sign(&ticket), expires_at: ticket.expires_at };
    Ok((StatusCode::CREATED, Json(answer)))
}
