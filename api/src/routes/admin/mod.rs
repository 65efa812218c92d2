//! What operators do. Its logic is in [`crate::admin`], which the commands use without a server, too.

mod dead_get;
mod dead_list;
mod dead_purge;
mod dead_remove;
mod dead_requeue;
mod dead_requeue_all;
mod doctor;
mod jobs_cancel;
mod jobs_cancel_all;
mod jobs_get;
mod jobs_list;
mod jobs_remove;
mod jobs_remove_all;
mod jobs_requeue;
mod jobs_requeue_all;
mod queue_get;
mod queue_pause;
mod queue_resume;
mod tenants_create;
mod tenants_list;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    model::JobFilterDto,
    problem::{Code, Problem},
    state::App,
};

/// The routes.
pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(routes!(jobs_list::jobs_list))
        .routes(routes!(jobs_get::jobs_get, jobs_remove::jobs_remove))
        .routes(routes!(jobs_cancel::jobs_cancel))
        .routes(routes!(jobs_requeue::jobs_requeue))
        .routes(routes!(jobs_cancel_all::jobs_cancel_all))
        .routes(routes!(jobs_requeue_all::jobs_requeue_all))
        .routes(routes!(jobs_remove_all::jobs_remove_all))
        .routes(routes!(queue_get::queue_get))
        .routes(routes!(queue_pause::queue_pause))
        .routes(routes!(queue_resume::queue_resume))
        .routes(routes!(dead_list::dead_list))
        .routes(routes!(dead_get::dead_get, dead_remove::dead_remove))
        .routes(routes!(dead_requeue::dead_requeue))
        .routes(routes!(dead_requeue_all::dead_requeue_all))
        .routes(routes!(dead_purge::dead_purge))
        .routes(routes!(doctor::doctor))
        .routes(routes!(tenants_list::tenants_list, tenants_create::tenants_create))
}

/// Refuses a filter that says nothing: it would mean everything.
fn check_filter(filter: &JobFilterDto) -> Result<(), Problem> {
    if *filter == JobFilterDto::default() {
        return Err(
            Problem::new(Code::FilterRequired, "filter must say which jobs are meant").field("filter")
        );
    }
    Ok(())
}
