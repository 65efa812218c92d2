//! What was given up.

use axum::{Json, extract::State};
use entities::{DeadJobId, queue};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::{
    cursor,
    extract::{Operate, Permitted, Queried, page_limit},
    model::{DeadFilterDto, DeadJobPage, Page},
    problem::{Problem, ProblemBody},
    state::App,
};

/// Which of the dead, and which page.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Params {
    /// Only those given up for this reason.
    code: Option<String>,
    /// Only those given up longer ago than this many seconds.
    #[param(format = Int64, minimum = 0, maximum = 4_294_967_295i64)]
    older_than_seconds: Option<u32>,
    /// How many items the page holds at most.
    #[param(minimum = 1)]
    limit: Option<u64>,
    /// The `nextCursor` of the page before.
    cursor: Option<String>,
}

/// List what was given up
///
/// The latest first.
#[utoipa::path(
    get,
    path = "/api/v1/admin/dead",
    operation_id = "admin.dead.list",
    tag = "admin",
    params(Params),
    responses(
        (status = 200, description = "A page of dead jobs.", body = DeadJobPage),
        (status = 422, description = "`invalid-value`", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn dead_list(
    permit: Permitted<Operate>,
    State(app): State<App>,
    Queried(params): Queried<Params>,
) -> Result<Json<DeadJobPage>, Problem> {
    let limit = page_limit(&app, params.limit)?;
    let after: Option<DeadJobId> = cursor::decode(params.cursor.as_deref())?;
    let filter = DeadFilterDto { code: params.code, older_than_seconds: params.older_than_seconds };
    let mut found = queue::dead_jobs(&permit.system(), &filter.to_rows(app.now()), after, limit + 1).await?;
    let has_more = found.len() as u64 > limit;
    found.truncate(limit as usize);
    let next_cursor = match found.last() {
        Some(last) if has_more => Some(cursor::encode(&last.id)?),
        _ => None,
    };
    Ok(Json(Page { items: found.into_iter().map(Into::into).collect(), next_cursor }))
}
