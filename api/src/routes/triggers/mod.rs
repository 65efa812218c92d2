//! What asks for syncs by itself: hooks, schedules, polling.

mod hook_deliveries;
mod hook_get;
mod hook_receive;
mod hook_remove;
mod hook_set;
mod polling_get;
mod polling_remove;
mod polling_set;
mod schedules_change;
mod schedules_create;
mod schedules_get;
mod schedules_list;
mod schedules_remove;

use bus::triggers::{Timetable, TimetableError};
use chrono::{DateTime, Utc};
use entities::{ScheduleId, triggers::schedules::NewSchedule};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    problem::{Code, Problem},
    state::{App, Inner},
};

/// The routes.
pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(routes!(hook_receive::hook_github))
        .routes(routes!(hook_receive::hook_gitlab))
        .routes(routes!(hook_receive::hook_gitea))
        .routes(routes!(hook_get::hook_get, hook_set::hook_set, hook_remove::hook_remove))
        .routes(routes!(hook_deliveries::hook_deliveries))
        .routes(routes!(schedules_list::schedules_list, schedules_create::schedules_create))
        .routes(routes!(
            schedules_get::schedules_get,
            schedules_change::schedules_change,
            schedules_remove::schedules_remove
        ))
        .routes(routes!(polling_get::polling_get, polling_set::polling_set, polling_remove::polling_remove))
}

/// When a schedule comes due first.
fn first_run(app: &Inner, new: &NewSchedule, id: ScheduleId) -> Result<Option<DateTime<Utc>>, Problem> {
    let refused = |error: TimetableError| Problem::invalid(error.field(), error.to_string());
    let table = Timetable::new(&new.cron, &new.time_zone, new.jitter_seconds, id).map_err(refused)?;
    table.check(app.now(), app.triggers.min_interval()).map_err(refused)?;
    Ok(table.next_after(app.now()))
}

fn no_schedule(id: ScheduleId) -> Problem {
    Problem::new(Code::ScheduleNotFound, format!("the project has no schedule {id}")).field("id")
}
