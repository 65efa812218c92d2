//! Logging out.

use axum::{
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::IntoResponse,
};
use entities::identity::{
    audit::{self, Action},
    sessions,
};

use crate::{
    access::cleared,
    extract::AnyCaller,
    problem::{Problem, ProblemBody},
    state::App,
};

/// Log out
///
/// The session ends, here and at the browser. Without one nothing happens.
#[utoipa::path(
    delete,
    path = "/api/v1/session",
    operation_id = "session.end",
    tag = "identity",
    responses(
        (status = 204, description = "There is no session any more."),
        (status = 403, description = "`foreign-origin`", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn session_end(
    State(app): State<App>,
    AnyCaller(caller): AnyCaller,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Problem> {
    if let Some(session) = &caller.session {
        let transaction = app.dispatcher.db.system().begin_write().await?;
        sessions::end(&transaction, session.id).await?;
        let tenant = Some(session.principal.tenant.id);
        audit::record_for(&transaction, tenant, caller.did(Action::SessionLogout), app.now()).await?;
        transaction.commit().await?;
    }
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, cleared(&headers))]))
}
