//! Who asks.

use axum::{Json, extract::State};
use entities::identity::users;

use crate::{
    access::Caller,
    extract::AnyCaller,
    model::{AccessDto, SessionDto, SessionTenantDto},
    problem::Problem,
    state::App,
};

/// Tell who asks
///
/// And what they may do; or that nobody is known, and whether the first user is to be set up.
#[utoipa::path(
    get,
    path = "/api/v1/session",
    operation_id = "session.get",
    tag = "identity",
    responses((status = 200, description = "Who asks.", body = SessionDto))
)]
pub(crate) async fn session_get(
    State(app): State<App>,
    AnyCaller(caller): AnyCaller,
) -> Result<Json<SessionDto>, Problem> {
    Ok(Json(dto(&app, &caller).await?))
}

/// Who asks, as it is answered.
pub(super) async fn dto(app: &App, caller: &Caller) -> Result<SessionDto, Problem> {
    let system = app.dispatcher.db.system();
    let tenants = match (&caller.session, &caller.principal) {
        (Some(session), _) => {
            users::tenants_of(&system, session.user).await?.into_iter().map(Into::into).collect()
        }
        (None, Some(principal)) => {
            let name = principal.tenant.name.clone();
            vec![SessionTenantDto { id: principal.tenant.id, name, role: principal.role }]
        }
        (None, None) => Vec::new(),
    };
    let access = if app.gate.is_open().await? { AccessDto::Open } else { AccessDto::Identity };
    let set_up = app.gate.has_users().await?;
    Ok(SessionDto { access, set_up, principal: caller.principal.clone(), tenants })
}
