//! Logging in.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, header},
    response::IntoResponse,
};
use entities::{
    User,
    identity::{
        audit::{self, Action, Actor, NewRecord},
        passwords::Password,
        sessions,
        users::{self, Login},
    },
};

use super::session_get::dto;
use crate::{
    access::{Caller, cookie},
    extract::{AnyCaller, Body},
    model::{LoginRequest, SessionDto},
    problem::{Code, Problem, ProblemBody},
    state::App,
};

/// Log in
///
/// The session is a cookie that scripts do not see. After ten wrong passwords the waits grow.
#[utoipa::path(
    post,
    path = "/api/v1/session",
    operation_id = "session.begin",
    tag = "identity",
    request_body = LoginRequest,
    responses(
        (status = 200, description = "Who asks from now on.", body = SessionDto,
            headers(("Set-Cookie" = String, description = "The session."))),
        (status = 401, description = "`invalid-credentials`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "`foreign-origin`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "`tenant-not-found`: the user is no member of it, or of any", body = ProblemBody, content_type = "application/problem+json"),
        (status = 429, description = "`too-many-requests`", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn session_begin(
    State(app): State<App>,
    AnyCaller(caller): AnyCaller,
    headers: HeaderMap,
    Body(body): Body<LoginRequest>,
) -> Result<impl IntoResponse, Problem> {
    app.gate.count_guess(&body.name, &caller)?;
    let system = app.dispatcher.db.system();
    let user = match users::log_in(&system, &body.name, Password::given(body.password)).await? {
        Login::Right(user) => user,
        Login::Wrong(user) => return Err(refused(&app, &caller, user).await),
    };
    app.gate.guessed_right(&body.name, &caller);
    let (now, transaction) = (app.now(), system.begin_write().await?);
    sessions::expire(&transaction, now).await?;
    if let Some(old) = &caller.session {
        sessions::end(&transaction, old.id).await?;
    }
    let (secret, found) = sessions::begin(&transaction, &user, body.tenant_id, now).await?;
    let tenant = Some(found.principal.tenant.id);
    let caller = Caller {
        principal: Some(found.principal.clone()),
        session: Some(found),
        ..Arc::unwrap_or_clone(caller)
    };
    audit::record_for(&transaction, tenant, caller.did(Action::SessionLogin), now).await?;
    transaction.commit().await?;
    Ok(([(header::SET_COOKIE, cookie(&secret, &headers))], Json(dto(&app, &caller).await?)))
}

/// Notes a login that failed. The answer is the same whoever there is.
async fn refused(app: &App, caller: &Caller, user: Option<User>) -> Problem {
    let system = app.dispatcher.db.system();
    let tenant = match &user {
        Some(user) => match users::tenants_of(&system, user.id).await {
            Ok(tenants) => tenants.first().map(|of| of.tenant_id),
            Err(error) => return error.into(),
        },
        None => None,
    };
    let who = user.as_ref().map(|user| (user.id.0, user.name.as_str()));
    let actor = Actor::claimed(who, caller.address().as_deref());
    let record = NewRecord::new(actor, Action::SessionLoginFailed);
    match audit::record_for(&system, tenant, record, app.now()).await {
        Ok(()) => Problem::new(Code::InvalidCredentials, "there is no such user, or the password is wrong"),
        Err(error) => error.into(),
    }
}
