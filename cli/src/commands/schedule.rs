//! `schedule`: syncs by the clock.

use bus::triggers::Timetable;
use entities::{
    Schedule, ScheduleId,
    identity::audit::{self, Action},
    projects::ConnectedProject,
    triggers::schedules::{self, NewSchedule},
};
use serde_json::json;

use super::{identity, print_table};
use crate::{
    args::schedule::{ScheduleAddArgs, ScheduleArgs, ScheduleCommand, ScheduleRmArgs},
    error::CliError,
    find,
    open::App,
    out::{Out, tell},
    render::{
        table::{row, table},
        text::{clean, time},
    },
};

/// Runs the command.
pub async fn run(app: &App, args: &ScheduleArgs) -> Result<(), CliError> {
    match &args.command {
        ScheduleCommand::Ls(args) => list(app, &find::project(app, &args.project).await?).await,
        ScheduleCommand::Add(args) => add(app, args).await,
        ScheduleCommand::Rm(args) => remove(app, args).await,
    }
}

async fn list(app: &App, project: &ConnectedProject) -> Result<(), CliError> {
    let found = schedules::list(&app.db, project.project.id).await?;
    let mut out = Out::stdout();
    if app.is_json() {
        out.json_array(found.iter().map(api::model::ScheduleDto::from))?;
        return Ok(out.flush()?);
    }
    let mut rows = table(["ID", "BRANCH", "CRON", "TIME ZONE", "NEXT", "LAST"]);
    for schedule in &found {
        row(&mut rows, cells(schedule));
    }
    print_table(&mut out, &rows, "the project has no schedules; `project-sync schedule add` makes one")
}

fn cells(schedule: &Schedule) -> [String; 6] {
    let next = schedule.next_at.map_or_else(|| "never".to_owned(), time);
    let last = match (schedule.last_at, schedule.last_result) {
        (Some(at), Some(result)) => format!("{} {result}", time(at)),
        _ => "none".to_owned(),
    };
    let branch = schedule.branch.as_deref().unwrap_or("(default)");
    let cron = schedule.cron.clone();
    [schedule.id.to_string(), clean(branch).into_owned(), cron, schedule.time_zone.clone(), next, last]
}

async fn add(app: &App, args: &ScheduleAddArgs) -> Result<(), CliError> {
    let project = find::project(app, &args.project).await?;
    if let Some(name) = &args.branch {
        // One that was never synced may be a slip of the pen.
        find::branch(app, &project, Some(name)).await?;
    }
    let (id, now, settings) = (ScheduleId::generate(), app.clock.now(), &app.settings.triggers);
    let wrong = |error: bus::triggers::TimetableError| CliError::usage(error.to_string());
    let timetable = Timetable::new(&args.cron, &args.time_zone, args.jitter, id).map_err(wrong)?;
    timetable.check(now, settings.min_interval()).map_err(wrong)?;
    let new = NewSchedule {
        branch: args.branch.clone(),
        cron: args.cron.split_whitespace().collect::<Vec<_>>().join(" "),
        time_zone: args.time_zone.clone(),
        jitter_seconds: args.jitter,
        enabled: true,
    };
    let transaction = app.db.begin_write().await?;
    if schedules::count(&transaction, project.project.id).await? >= settings.max_schedules {
        let message =
            format!("a project has at most {} schedules (triggers.max_schedules)", settings.max_schedules);
        return Err(CliError::usage(message));
    }
    let next = timetable.next_after(now);
    let made = schedules::create(&transaction, project.project.id, id, new, next, now).await?;
    let record = identity::did_here(app, Action::ScheduleCreate).target("project", project.project.id);
    let detail = json!({ "schedule": id, "cron": made.cron, "timeZone": made.time_zone });
    audit::record(&transaction, record.detail(detail), now).await?;
    transaction.commit().await?;
    let mut out = Out::stdout();
    match app.is_json() {
        true => out.json(&api::model::ScheduleDto::from(&made))?,
        false => out.line(made.id)?,
    }
    if let Some(next) = made.next_at {
        tell(format_args!("comes due next at {}", time(next)));
    }
    Ok(out.flush()?)
}

async fn remove(app: &App, args: &ScheduleRmArgs) -> Result<(), CliError> {
    let project = find::project(app, &args.project).await?;
    let none = || CliError::not_found(format!("the project has no schedule {}", clean(&args.id)), None);
    let id: ScheduleId = args.id.parse().map_err(|_| none())?;
    let transaction = app.db.begin_write().await?;
    if !schedules::remove(&transaction, project.project.id, id).await? {
        return Err(none());
    }
    let record = identity::did_here(app, Action::ScheduleRemove).target("project", project.project.id);
    audit::record(&transaction, record.detail(json!({ "schedule": id })), app.clock.now()).await?;
    transaction.commit().await?;
    tell(format_args!("removed schedule {id}"));
    Ok(())
}
