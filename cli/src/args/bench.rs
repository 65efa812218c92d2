//! What can be typed after `bench`.

use std::path::PathBuf;

use clap::{Args, Subcommand, value_parser};

/// The most projects that a load is spread over.
pub const MAX_PROJECTS: u32 = 1_000;

/// The most syncs that are asked for in a minute.
pub const MAX_RATE: u32 = 60_000;

/// The most clients that watch: as many as one gateway takes by default.
pub const MAX_CLIENTS: u32 = 20_000;

/// The most workers that are started.
pub const MAX_WORKERS: u32 = 64;

/// The most syncs that one worker of ours runs at once.
pub const MAX_CONCURRENCY: u32 = 64;

/// The longest step, in seconds.
pub const MAX_SECONDS: u32 = 600;

/// The most steps of a ramp.
pub const MAX_STEPS: u32 = 20;

/// The most syncs that are asked for in a step.
pub const MAX_SYNCS: u32 = 100_000;

/// The most files of a repository that is made.
pub const MAX_FILES: u32 = 10_000;

const NOTES: &str = "\
Without --server an installation is started for the run, of this very program, and removed with all that it made: `serve` \
on a SQLite file, or with --database-url and --redis-url an API, a gateway and --workers workers over these servers. The \
user of the database's URL must be a superuser: a database and a login are made there and dropped in the end. In Redis \
all keys have a prefix of their own and are removed.

Small git repositories are made in a temporary folder; every request comes with a new commit in its branch. Requests are \
sent when they are due, whatever became of those before, and latencies count from when they were due.

With --server the load goes to an installation that runs: to projects that are there (--project), or to ones that are made \
of repositories in --folder and deleted in the end, for which the service must be allowed to read that folder. What is \
told of its events' age needs clocks that agree.

Exit codes: 0 done, 1 events were lost or came twice, or syncs failed or did not end; 2 usage, 3 unreachable, \
130 interrupted.";

/// `bench`.
#[derive(Args, Debug)]
pub struct BenchArgs {
    /// What is measured.
    #[command(subcommand)]
    pub what: Bench,
}

/// What can be measured.
#[derive(Subcommand, Debug)]
pub enum Bench {
    /// Ask for syncs of many projects at a rate, watch them with many clients, and tell what ends first
    Load(Box<LoadArgs>),
}

/// `bench load`.
#[derive(Args, Debug)]
#[command(after_help = NOTES)]
pub struct LoadArgs {
    /// Projects that the load is spread over, at most 1,000
    #[arg(long, value_name = "M", default_value_t = 20, value_parser = value_parser!(u32).range(1..=i64::from(MAX_PROJECTS)))]
    pub projects: u32,
    /// Syncs asked for in a minute, at most 60,000; with --ramp those of the first step
    #[arg(long, value_name = "N", default_value_t = 60, value_parser = value_parser!(u32).range(1..=i64::from(MAX_RATE)))]
    pub rate: u32,
    /// Clients that watch, spread over the projects, at most 20,000
    #[arg(long, value_name = "C", default_value_t = 20, value_parser = value_parser!(u32).range(0..=i64::from(MAX_CLIENTS)))]
    pub clients: u32,
    /// How long a step lasts, in seconds, at most 600
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = value_parser!(u32).range(1..=i64::from(MAX_SECONDS)))]
    pub seconds: u32,
    /// Ask for so many in each step, however long that takes, at most 100,000
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(1..=i64::from(MAX_SYNCS)))]
    pub syncs: Option<u32>,
    /// Half as many again with each step, until something ends
    #[arg(long)]
    pub ramp: bool,
    /// The most steps of a ramp, at most 20
    #[arg(long, value_name = "N", default_value_t = 10, requires = "ramp", value_parser = value_parser!(u32).range(1..=i64::from(MAX_STEPS)))]
    pub steps: u32,
    /// Files of each repository that is made, at most 10,000
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = value_parser!(u32).range(1..=i64::from(MAX_FILES)))]
    pub files: u32,
    /// Files that each commit changes, one of them Markdown; at most as many as there are
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = value_parser!(u32).range(1..=i64::from(MAX_FILES)))]
    pub changes: u32,
    /// Print the report as Markdown
    #[arg(long)]
    pub markdown: bool,
    /// The installation that is started.
    #[command(flatten)]
    pub own: OwnArgs,
    /// The installation that runs already.
    #[command(flatten)]
    pub running: RunningArgs,
}

/// The installation that is started for the run.
#[derive(Args, Debug)]
#[command(next_help_heading = "An installation of its own")]
pub struct OwnArgs {
    /// A Postgres server for tests, as its superuser
    #[arg(
        long,
        value_name = "URL",
        env = "PROJECT_SYNC_BENCH_DATABASE_URL",
        hide_env_values = true,
        requires = "redis_url"
    )]
    pub database_url: Option<String>,
    /// A Redis server
    #[arg(
        long,
        value_name = "URL",
        env = "PROJECT_SYNC_BENCH_REDIS_URL",
        hide_env_values = true,
        requires = "database_url"
    )]
    pub redis_url: Option<String>,
    /// Workers that are started, at most 64; `serve` has one
    #[arg(long, value_name = "K", default_value_t = 1, value_parser = value_parser!(u32).range(1..=i64::from(MAX_WORKERS)))]
    pub workers: u32,
    /// Syncs that each of them runs at once, at most 64
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = value_parser!(u32).range(1..=i64::from(MAX_CONCURRENCY)))]
    pub concurrency: u32,
}

/// The installation that runs already.
#[derive(Args, Debug)]
#[command(next_help_heading = "An installation that runs")]
pub struct RunningArgs {
    /// Send the load to the service at this address
    #[arg(long, value_name = "URL", conflicts_with_all = ["database_url", "redis_url", "workers", "concurrency"])]
    pub server: Option<String>,
    /// A file with its token; without it PROJECT_SYNC_SERVER_TOKEN is sent, if it is set
    #[arg(long, value_name = "FILE", requires = "server")]
    pub server_token_file: Option<PathBuf>,
    /// Watch at this address [default: that of --server]
    #[arg(long, value_name = "URL", requires = "server")]
    pub gateway: Option<String>,
    /// A project that is there, by its name or id; may be given many times, in the place of --projects
    #[arg(long, value_name = "PROJECT", requires = "server", conflicts_with_all = ["projects", "folder"])]
    pub project: Vec<String>,
    /// Where repositories are made [default: the system's temporary folder]
    #[arg(long, value_name = "DIR", requires = "server")]
    pub folder: Option<PathBuf>,
}
