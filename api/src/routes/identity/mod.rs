//! Who may do what.

mod audit_list;
mod members_add;
mod members_change;
mod members_list;
mod members_remove;
mod password;
mod session_begin;
mod session_end;
mod session_get;
mod session_switch;
mod set_up;
mod stream_ticket;
mod tokens_create;
mod tokens_list;
mod tokens_revoke;

use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::state::App;

/// The routes.
pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(routes!(
            session_get::session_get,
            session_begin::session_begin,
            session_switch::session_switch,
            session_end::session_end
        ))
        .routes(routes!(password::password))
        .routes(routes!(set_up::set_up))
        .routes(routes!(tokens_list::tokens_list, tokens_create::tokens_create))
        .routes(routes!(tokens_revoke::tokens_revoke))
        .routes(routes!(members_list::members_list, members_add::members_add))
        .routes(routes!(members_change::members_change, members_remove::members_remove))
        .routes(routes!(audit_list::audit_list))
        .routes(routes!(stream_ticket::stream_ticket))
}

/// Which page.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Paged {
    /// How many items the page holds at most.
    #[param(minimum = 1)]
    pub(super) limit: Option<u64>,
    /// The `next` of the page before.
    pub(super) cursor: Option<String>,
}

/// A page of what was asked for with one more than it holds, and where the next one begins.
pub(super) fn cut<T, C: serde::Serialize>(
    mut found: Vec<T>,
    limit: u64,
    cursor: impl FnOnce(&T) -> C,
) -> Result<(Vec<T>, Option<String>), crate::problem::Problem> {
    let has_more = found.len() as u64 > limit;
    found.truncate(limit as usize);
    let next = found.last().filter(|_| has_more).map(|last| crate::cursor::encode(&cursor(last)));
    Ok((found, next.transpose()?))
}
