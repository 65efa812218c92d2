//! What can be typed of schedules.

use clap::{Args, Subcommand};

/// `schedule`.
#[derive(Args, Debug)]
pub struct ScheduleArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: ScheduleCommand,
}

/// What to do with schedules.
#[derive(Subcommand, Debug)]
pub enum ScheduleCommand {
    /// List a project's schedules and when they come due
    Ls(ScheduleLsArgs),
    /// Sync a branch by the clock; a service's worker does it
    Add(ScheduleAddArgs),
    /// Remove a schedule
    Rm(ScheduleRmArgs),
}

/// `schedule ls`.
#[derive(Args, Debug)]
pub struct ScheduleLsArgs {
    /// The project's name, id or source
    pub project: String,
}

/// `schedule add`.
#[derive(Args, Debug)]
pub struct ScheduleAddArgs {
    /// The project's name, id or source
    pub project: String,
    /// When: minute, hour, day of the month, month, day of the week, such as '30 2 * * MON-FRI'
    #[arg(value_name = "CRON")]
    pub cron: String,
    /// The branch [default: the repository's default branch]
    #[arg(short, long, value_name = "NAME")]
    pub branch: Option<String>,
    /// The time zone, such as Europe/Berlin
    #[arg(long, value_name = "ZONE", default_value = "UTC")]
    pub time_zone: String,
    /// Up to how many seconds later it may come due
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    pub jitter: u32,
}

/// `schedule rm`.
#[derive(Args, Debug)]
pub struct ScheduleRmArgs {
    /// The project's name, id or source
    pub project: String,
    /// The schedule's id, as `ls` shows it
    #[arg(value_name = "ID")]
    pub id: String,
}
