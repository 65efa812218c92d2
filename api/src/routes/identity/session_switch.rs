//! Looking at another tenant.

use std::sync::Arc;

use axum::{Json, extract::State};
use entities::identity::sessions;

use super::session_get::dto;
use crate::{
    access::Caller,
    extract::{Body, OwnSession},
    model::{SessionDto, SwitchRequest},
    problem::{Problem, ProblemBody},
    state::App,
};

/// Look at another tenant
#[utoipa::path(
    put,
    path = "/api/v1/session",
    operation_id = "session.switch",
    tag = "identity",
    request_body = SwitchRequest,
    responses(
        (status = 200, description = "Who asks from now on.", body = SessionDto),
        (status = 403, description = "`forbidden`: this is for sessions only; `foreign-origin`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "`tenant-not-found`: the user is no member of it", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn session_switch(
    State(app): State<App>,
    OwnSession { session, caller }: OwnSession,
    Body(body): Body<SwitchRequest>,
) -> Result<Json<SessionDto>, Problem> {
    let transaction = app.dispatcher.db.system().begin_write().await?;
    let found = sessions::switch(&transaction, &session, body.tenant_id).await?;
    transaction.commit().await?;
    let caller = Caller {
        principal: Some(found.principal.clone()),
        session: Some(found),
        ..Arc::unwrap_or_clone(caller)
    };
    Ok(Json(dto(&app, &caller).await?))
}
