//! The first user.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode, Uri, header},
    response::IntoResponse,
};
use entities::identity::{
    audit::{self, Action},
    passwords::{self, Password},
    sessions, users,
};

use super::session_get::dto;
use crate::{
    access::{Caller, check_neighbour, cookie},
    extract::{AnyCaller, Body},
    model::{SessionDto, SetUpRequest},
    problem::{Code, Problem, ProblemBody},
    state::App,
};

/// Set up the first user
///
/// Who operates the installation and owns its first tenant. Once, and from the machine of the service only; elsewhere
/// `project-sync user add` does it.
#[utoipa::path(
    post,
    path = "/api/v1/setup",
    operation_id = "setup",
    tag = "identity",
    request_body = SetUpRequest,
    responses(
        (status = 201, description = "Who asks from now on.", body = SessionDto,
            headers(("Set-Cookie" = String, description = "The session."))),
        (status = 403, description = "`foreign-origin`: not from this machine", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "`already-set-up`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "`invalid-value`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 429, description = "`too-many-requests`", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn set_up(
    State(app): State<App>,
    AnyCaller(caller): AnyCaller,
    uri: Uri,
    headers: HeaderMap,
    Body(body): Body<SetUpRequest>,
) -> Result<impl IntoResponse, Problem> {
    // By whoever found the address first the installation must not be taken.
    if !caller.address.is_some_and(|address| address.is_loopback()) {
        let detail = "set-up is done on the machine of the service, or by: project-sync user add";
        return Err(Problem::new(Code::ForeignOrigin, detail));
    }
    check_neighbour(&app.settings, &uri, &headers)?;
    if app.gate.has_users().await? {
        return Err(Problem::new(Code::AlreadySetUp, "there is a user already"));
    }
    let hash = passwords::hash(Password::chosen(body.password)?).await?;
    let (now, transaction) = (app.now(), app.dispatcher.db.system().begin_write().await?);
    let (user, tenant) = users::set_up(&transaction, &body.name, hash, now).await?;
    let (secret, found) = sessions::begin(&transaction, &user, Some(tenant), now).await?;
    let caller = Caller {
        principal: Some(found.principal.clone()),
        session: Some(found),
        is_open: false,
        ..Arc::unwrap_or_clone(caller)
    };
    let record = caller.did(Action::SetUp).target("user", user.id);
    audit::record_for(&transaction, Some(tenant), record, now).await?;
    transaction.commit().await?;
    let body = Json(dto(&app, &caller).await?);
    Ok((StatusCode::CREATED, [(header::SET_COOKIE, cookie(&secret, &headers))], body))
}
