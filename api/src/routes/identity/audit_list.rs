//! Who did what.

use axum::{Json, extract::State};
use entities::{
    AuditId,
    identity::audit::{self, Action},
};
use serde::Deserialize;
use utoipa::IntoParams;

use super::cut;
use crate::{
    cursor,
    extract::{Manage, Permitted, Queried, page_limit},
    model::AuditList,
    problem::{Problem, ProblemBody},
    state::App,
};

/// Which lines, and which page.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Params {
    /// Only those of this action, such as `sync.start`.
    action: Option<String>,
    /// How many items the page holds at most.
    #[param(minimum = 1)]
    limit: Option<u64>,
    /// The `next` of the page before.
    cursor: Option<String>,
}

/// List who did what
///
/// In the tenant, the latest first.
#[utoipa::path(
    get,
    path = "/api/v1/audit",
    operation_id = "audit.list",
    tag = "identity",
    params(Params),
    responses(
        (status = 200, description = "A page of the audit log.", body = AuditList),
        (status = 403, description = "`forbidden`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "`invalid-value`", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn audit_list(
    permit: Permitted<Manage>,
    State(app): State<App>,
    Queried(params): Queried<Params>,
) -> Result<Json<AuditList>, Problem> {
    let limit = page_limit(&app, params.limit)?;
    let action = match params.action.as_deref() {
        Some(word) => {
            let unknown = || Problem::invalid("action", "action is none that is noted");
            Some(Action::from_word(word).ok_or_else(unknown)?)
        }
        None => None,
    };
    let after: Option<AuditId> = cursor::decode(params.cursor.as_deref())?;
    let found = audit::page(permit.db(), action, after, limit + 1).await?;
    let (found, next) = cut(found, limit, |row| row.id)?;
    Ok(Json(AuditList { items: found.into_iter().map(Into::into).collect(), next }))
}
