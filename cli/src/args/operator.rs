//! What operators can type: `jobs`, `queue`, `dead` and `doctor`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

/// The service whose jobs are meant.
#[derive(Args, Clone, PartialEq, Eq, Debug, Default)]
pub struct ServerArgs {
    /// Ask the service at this address instead of the database of the settings
    #[arg(
        long,
        global = true,
        value_name = "URL",
        env = "PROJECT_SYNC_SERVER",
        help_heading = "Operator options"
    )]
    pub server: Option<String>,
    /// A file with the service's token; without it PROJECT_SYNC_SERVER_TOKEN is sent, if it is set
    #[arg(long, global = true, value_name = "FILE", help_heading = "Operator options")]
    pub server_token_file: Option<PathBuf>,
}

/// `jobs`.
#[derive(Args, Debug)]
pub struct JobsArgs {
    /// Where.
    #[command(flatten)]
    pub server: ServerArgs,
    /// What to do.
    #[command(subcommand)]
    pub command: JobsCommand,
}

/// What to do with jobs.
#[derive(Subcommand, Debug)]
pub enum JobsCommand {
    /// List syncs of all projects, the latest first
    Ls(JobsLsArgs),
    /// Show one: worker, lease, attempts, phases, last events, error
    Show(JobArgs),
    /// Follow one to its end; its exit code is the sync's
    Watch(JobArgs),
    /// Ask jobs that wait or run to end
    Cancel(JobsBulkArgs),
    /// Do failed or cancelled jobs again, each by a new sync
    Requeue(JobsBulkArgs),
    /// Remove jobs that failed, were cancelled, or wait and were never begun
    Rm(JobsBulkArgs),
}

/// One job.
#[derive(Args, Debug)]
pub struct JobArgs {
    /// The sync's id, or the start of it
    pub id: String,
}

/// `jobs ls`.
#[derive(Args, Debug)]
pub struct JobsLsArgs {
    /// Which.
    #[command(flatten)]
    pub filter: JobFilterArgs,
    /// At most this many
    #[arg(short = 'n', long, value_name = "N", default_value_t = 50)]
    pub limit: u64,
}

/// A verb that works on several jobs.
#[derive(Args, Debug)]
pub struct JobsBulkArgs {
    /// Ids of syncs, or the starts of them; or filters instead
    #[arg(value_name = "ID")]
    pub ids: Vec<String>,
    /// Which, if none is named.
    #[command(flatten)]
    pub filter: JobFilterArgs,
    /// How.
    #[command(flatten)]
    pub how: BulkArgs,
}

/// Which jobs: all that is said must hold.
#[derive(Args, Clone, PartialEq, Eq, Debug, Default)]
pub struct JobFilterArgs {
    /// Those that stand so; several: one of them
    #[arg(long, value_enum, value_name = "STATUS", help_heading = "Filters")]
    pub status: Vec<StatusArg>,
    /// Those of this project: its name, its id or the start of it
    #[arg(long, value_name = "PROJECT", help_heading = "Filters")]
    pub project: Option<String>,
    /// Those of branches of this name
    #[arg(long, value_name = "NAME", help_heading = "Filters")]
    pub branch: Option<String>,
    /// Those that were asked for in this way
    #[arg(long, value_enum, value_name = "HOW", help_heading = "Filters")]
    pub trigger: Option<TriggerArg>,
    /// Those that ended with this error, such as unreachable
    #[arg(long, value_name = "CODE", help_heading = "Filters")]
    pub error: Option<String>,
    /// Those asked for longer ago, such as 90s, 10m, 2h or 7d
    #[arg(long, value_name = "AGE", value_parser = parse_age, help_heading = "Filters")]
    pub older_than: Option<u32>,
}

/// How a verb works on several things.
#[derive(Args, Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct BulkArgs {
    /// Only tell what would be done
    #[arg(long)]
    pub dry_run: bool,
    /// Do it to all that the filters match
    #[arg(long)]
    pub yes: bool,
}

/// `queue`.
#[derive(Args, Debug)]
pub struct QueueArgs {
    /// Where.
    #[command(flatten)]
    pub server: ServerArgs,
    /// What to do.
    #[command(subcommand)]
    pub command: QueueCommand,
}

/// What to do with the queue.
#[derive(Subcommand, Debug)]
pub enum QueueCommand {
    /// Show how much waits, runs and was given up, who works, and what is paused
    Stats,
    /// Begin nothing more; what runs goes on
    Pause(PauseArgs),
    /// Go on after a pause
    Resume(ResumeArgs),
}

/// `queue pause`.
#[derive(Args, Debug)]
pub struct PauseArgs {
    /// Only this project: its name, its id or the start of it [default: the whole queue]
    #[arg(long, value_name = "PROJECT")]
    pub project: Option<String>,
    /// Why, for others to read
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
}

/// `queue resume`.
#[derive(Args, Debug)]
pub struct ResumeArgs {
    /// Only this project: its name, its id or the start of it [default: the whole queue]
    #[arg(long, value_name = "PROJECT")]
    pub project: Option<String>,
}

/// `dead`.
#[derive(Args, Debug)]
pub struct DeadArgs {
    /// Where.
    #[command(flatten)]
    pub server: ServerArgs,
    /// What to do.
    #[command(subcommand)]
    pub command: DeadCommand,
}

/// What to do with what was given up.
#[derive(Subcommand, Debug)]
pub enum DeadCommand {
    /// List what was given up, the latest first
    Ls(DeadLsArgs),
    /// Show one
    Show(DeadIdArgs),
    /// Do dead jobs again, each by a new sync
    Requeue(DeadBulkArgs),
    /// Remove dead jobs; the failed syncs stay in the history
    Purge(DeadBulkArgs),
}

/// One of the dead.
#[derive(Args, Debug)]
pub struct DeadIdArgs {
    /// Its id, or the start of it
    pub id: String,
}

/// `dead ls`.
#[derive(Args, Debug)]
pub struct DeadLsArgs {
    /// Which.
    #[command(flatten)]
    pub filter: DeadFilterArgs,
    /// At most this many
    #[arg(short = 'n', long, value_name = "N", default_value_t = 50)]
    pub limit: u64,
}

/// A verb that works on several of the dead.
#[derive(Args, Debug)]
pub struct DeadBulkArgs {
    /// Ids of dead jobs, or the starts of them; or filters or --all instead
    #[arg(value_name = "ID")]
    pub ids: Vec<String>,
    /// All of them
    #[arg(long, help_heading = "Filters")]
    pub all: bool,
    /// Which, if none is named.
    #[command(flatten)]
    pub filter: DeadFilterArgs,
    /// How.
    #[command(flatten)]
    pub how: BulkArgs,
}

/// Which of the dead: all that is said must hold.
#[derive(Args, Clone, PartialEq, Eq, Debug, Default)]
pub struct DeadFilterArgs {
    /// Those given up for this reason, such as unreachable
    #[arg(long, value_name = "CODE", help_heading = "Filters")]
    pub error: Option<String>,
    /// Those given up longer ago, such as 90s, 10m, 2h or 7d
    #[arg(long, value_name = "AGE", value_parser = parse_age, help_heading = "Filters")]
    pub older_than: Option<u32>,
}

/// `doctor`.
#[derive(Args, Debug)]
pub struct DoctorArgs {
    /// Where.
    #[command(flatten)]
    pub server: ServerArgs,
}

/// Where a sync stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum StatusArg {
    /// Waits for a worker
    Pending,
    /// A worker holds its lease
    Running,
    /// Done
    Completed,
    /// Ended with an error
    Failed,
    /// Ended because someone asked
    Cancelled,
}

impl From<StatusArg> for api::model::SyncStatus {
    fn from(status: StatusArg) -> Self {
        match status {
            StatusArg::Pending => Self::Pending,
            StatusArg::Running => Self::Running,
            StatusArg::Completed => Self::Completed,
            StatusArg::Failed => Self::Failed,
            StatusArg::Cancelled => Self::Cancelled,
        }
    }
}

/// Who asked for a sync.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum TriggerArg {
    /// A person at a terminal
    Cli,
    /// A request to the API
    Api,
    /// A push told by the host
    Webhook,
    /// A schedule
    Schedule,
}

impl From<TriggerArg> for api::model::SyncTrigger {
    fn from(trigger: TriggerArg) -> Self {
        match trigger {
            TriggerArg::Cli => Self::Cli,
            TriggerArg::Api => Self::Api,
            TriggerArg::Webhook => Self::Webhook,
            TriggerArg::Schedule => Self::Schedule,
        }
    }
}

/// Reads an age such as `10m`, in seconds.
fn parse_age(text: &str) -> Result<u32, String> {
    const WANTED: &str = "write a number and s, m, h or d, such as 10m";
    let unit = match text.chars().last() {
        Some('s') => 1,
        Some('m') => 60,
        Some('h') => 3_600,
        Some('d') => 86_400,
        _ => return Err(WANTED.to_owned()),
    };
    let number: u32 = text[..text.len() - 1].parse().map_err(|_| WANTED.to_owned())?;
    number.checked_mul(unit).ok_or_else(|| "that is more than 136 years".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_have_units() {
        let read = ["0s", "90s", "10m", "2h", "7d"].map(|text| parse_age(text).unwrap());
        assert_eq!(read, [0, 90, 600, 7_200, 604_800]);
        for wrong in ["", "10", "m", "-1m", "1.5h", "10 m", "10ü", "99999999d"] {
            assert!(parse_age(wrong).is_err(), "{wrong:?}");
        }
    }
}
