//! Another password.

use axum::{extract::State, http::StatusCode};
use entities::identity::{
    audit::{self, Action},
    passwords::{self, Password},
    users::{self, Login},
};

use crate::{
    extract::{Body, OwnSession},
    model::PasswordRequest,
    problem::{Code, Problem, ProblemBody},
    state::App,
};

/// Change the password
///
/// One's own. All other sessions of the user end.
#[utoipa::path(
    put,
    path = "/api/v1/session/password",
    operation_id = "session.password",
    tag = "identity",
    request_body = PasswordRequest,
    responses(
        (status = 204, description = "It is changed."),
        (status = 401, description = "`invalid-credentials`: the present one is another", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "`forbidden`: this is for sessions only; `foreign-origin`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "`invalid-value`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 429, description = "`too-many-requests`", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn password(
    State(app): State<App>,
    OwnSession { session, caller }: OwnSession,
    Body(body): Body<PasswordRequest>,
) -> Result<StatusCode, Problem> {
    let new = Password::chosen(body.new).map_err(|error| Problem::from(error).field("new"))?;
    let (name, system) = (&session.principal.name, app.dispatcher.db.system());
    app.gate.count_guess(name, &caller)?;
    if let Login::Wrong(_) = users::log_in(&system, name, Password::given(body.current)).await? {
        let detail = "the present password is another";
        return Err(Problem::new(Code::InvalidCredentials, detail).field("current"));
    }
    app.gate.guessed_right(name, &caller);
    let hash = passwords::hash(new).await?;
    let transaction = system.begin_write().await?;
    users::set_password(&transaction, session.user, hash, Some(session.id)).await?;
    let record = caller.did(Action::PasswordChange).target("user", session.user);
    audit::record_for(&transaction, Some(session.principal.tenant.id), record, app.now()).await?;
    transaction.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
