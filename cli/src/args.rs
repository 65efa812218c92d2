//! What can be typed.

pub mod bench;
mod help;
pub mod identity;
pub mod install;
pub mod migrate;
pub mod operator;
pub mod schedule;
mod secrets;
mod upkeep;
mod watch;
pub mod webhook;

use std::{net::SocketAddr, num::NonZeroUsize, path::PathBuf};

use clap::{ArgAction, Args, FromArgMatches, Parser, Subcommand, ValueEnum};
use entities::MemoryKind;
use source::settings::Transfer;

use bench::BenchArgs;
pub use help::command;
use identity::{TenantArgs, TokenArgs, UserArgs};
use install::{CompletionsArgs, ConfigArgs, HealthcheckArgs, ManArgs};
use migrate::MigrateArgs;
use operator::{DeadArgs, DoctorArgs, JobsArgs, QueueArgs};
use schedule::ScheduleArgs;
pub use secrets::{SecretsAction, SecretsArgs};
pub use upkeep::{BackupArgs, GcArgs, RestoreBackupArgs};
pub use watch::WatchArgs;
use webhook::WebhookArgs;

const EXAMPLES: &str = "\
Examples:
  project-sync sync .                                  the repository around you
  project-sync sync https://host/owner/name.git        any git host over HTTP
  project-sync sync owner/name --branch feature/x      GitHub; a token if it is private
  project-sync memory name --query 'release notes'     what is known about something
  project-sync diff name 3 latest                      what changed since the third sync
  project-sync restore name --to 3                     bring files and memory back to it
  project-sync dead requeue --error unreachable --yes  do again what failed for this reason

PROJECT is a project's name, its id or the start of it, or its source as it was given to `sync`.
SYNC is `latest`, a number (3 or #3), branch#number, or a sync's id or the start of it.

Exit codes: 0 done, 1 failed, 2 usage, 3 unreachable, 4 not found, 130 interrupted.";

/// Keeps what a team knows about its code in step with the code itself.
///
/// `sync` brings a branch of a git repository into a database, exactly and with its history; the other commands read
/// what is there. Data goes to standard output, progress to standard error.
#[derive(Parser, Debug)]
#[command(name = "project-sync", version, after_help = EXAMPLES, max_term_width = 100)]
pub struct Cli {
    /// Options of every command.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What was typed. Ends the program if it cannot be understood, or if only help was asked for.
pub fn parse() -> Cli {
    let matches = command().get_matches();
    Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit())
}

/// Options of every command.
#[derive(Args, Debug)]
pub struct Global {
    /// The folder for the database and what goes with it [default: the platform's data folder]
    #[arg(
        long,
        global = true,
        value_name = "DIR",
        env = "PROJECT_SYNC_DATA",
        help_heading = "Global options"
    )]
    pub data: Option<PathBuf>,
    /// Read settings from this file (see `project-sync config`)
    #[arg(long, global = true, value_name = "FILE", help_heading = "Global options")]
    pub config: Option<PathBuf>,
    /// How data is printed
    #[arg(
        short,
        long,
        global = true,
        value_enum,
        default_value_t,
        value_name = "FORMAT",
        help_heading = "Global options"
    )]
    pub output: Output,
    /// No progress, only errors
    #[arg(short, long, global = true, conflicts_with = "verbose", help_heading = "Global options")]
    pub quiet: bool,
    /// Say more of what goes on inside (twice: even more)
    #[arg(short, long, global = true, action = ArgAction::Count, help_heading = "Global options")]
    pub verbose: u8,
}

/// How data is printed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, ValueEnum)]
pub enum Output {
    /// Aligned columns for people
    #[default]
    Table,
    /// JSON for programs; lists are one array, `sync` gives one event a line and then the sync
    Json,
}

/// What to do.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Bring a branch into the database: all of it the first time, then only what changed
    Sync(SyncArgs),
    /// List a repository's branches: name, head, and which one is the default
    Branches(SourceArgs),
    /// List the repositories that an installation of a GitHub App reaches
    Repositories(RepositoriesArgs),
    /// List the projects
    Projects,
    /// Show the sync that runs, or the latest one
    Status(OnBranch),
    /// List every sync: what, when, how long, counts, outcome, what it followed
    History(HistoryArgs),
    /// List files: mode, size, blob id, path
    Files(AtSync),
    /// List memory entries, or search them
    Memory(MemoryArgs),
    /// Show what changed between two syncs, or with one SYNC since the one before it
    Diff(DiffArgs),
    /// Bring files and memory back to an earlier sync; itself a new sync
    Restore(RestoreArgs),
    /// Recompute the git tree from the rows and compare it with the commit's
    Verify(AtSync),
    /// Follow a sync to its end, or all syncs of a project, whoever runs them
    Watch(WatchArgs),
    /// Ask the pending or running syncs to end
    Cancel(OnBranch),
    /// Sync branches by the clock: list schedules, make them, remove them
    Schedule(ScheduleArgs),
    /// Run the service in one process: the API, and a worker for the syncs
    Serve(ServeArgs),
    /// Run the API alone; workers and database are shared with other processes
    Api(ServeArgs),
    /// Stream events alone; queue and database are shared with other processes
    Gateway(GatewayArgs),
    /// Run a worker alone; queue and database are shared with other processes
    Worker(WorkerArgs),
    /// Look at syncs of all projects as jobs; cancel, repeat or remove them
    Jobs(JobsArgs),
    /// Look at the queue, pause it, or let it go on
    Queue(QueueArgs),
    /// Look at what was given up; do it again or remove it
    Dead(DeadArgs),
    /// Check settings, database, queue, clock and workers, and say what to do
    Doctor(DoctorArgs),
    /// Make users, list them, change passwords
    User(UserArgs),
    /// Make tokens for machines, list them, revoke them
    Token(TokenArgs),
    /// Make tenants, list them
    Tenant(TenantArgs),
    /// Make webhooks, list them and what was sent to them
    Webhook(WebhookArgs),
    /// Look at the database's schema, and change it without losing anything
    Migrate(MigrateArgs),
    /// Make a key that credentials are sealed with, look at the keys, or seal anew with the first one
    Secrets(SecretsArgs),
    /// Forget old syncs, and remove what no kept one needs
    Gc(GcArgs),
    /// Copy a SQLite database to a file, while it is used
    Backup(BackupArgs),
    /// Put a file that `backup` made in the place of the SQLite database
    RestoreBackup(RestoreBackupArgs),
    /// Print every setting with its default, as a settings file
    Config(ConfigArgs),
    /// Ask a part of the service whether it is well; needs no shell, for containers
    Healthcheck(HealthcheckArgs),
    /// Print what makes a shell complete this program's arguments
    Completions(CompletionsArgs),
    /// Write the manual pages, one a command
    Man(ManArgs),
    /// Measure what an installation carries
    Bench(BenchArgs),
}

/// `serve` and `api`.
#[derive(Args, Debug)]
pub struct ServeArgs {
    /// Where requests are answered [default: 127.0.0.1:8080, see api.listen]
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub listen: Option<SocketAddr>,
}

/// `gateway`.
#[derive(Args, Debug)]
pub struct GatewayArgs {
    /// Where events are streamed [default: 127.0.0.1:8081, see gateway.listen]
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub listen: Option<SocketAddr>,
}

/// `worker`.
#[derive(Args, Debug)]
pub struct WorkerArgs {
    /// Syncs that are run at once [default: 4, see worker.concurrency]
    #[arg(long, value_name = "N")]
    pub concurrency: Option<NonZeroUsize>,
    /// Where /metrics, /healthz and /readyz are served [default: nowhere, see telemetry.metrics_listen]
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub metrics_listen: Option<SocketAddr>,
}

/// A repository and how to read it.
#[derive(Args, Debug)]
pub struct SourceArgs {
    /// A path, an http(s) URL, or owner/name on GitHub
    pub source: String,
    /// A file with the token for the repository's host; without it GITHUB_TOKEN is sent to GitHub
    #[arg(long, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
    /// The API of a GitHub Enterprise server, such as https://host/api/v3
    #[arg(long, value_name = "URL")]
    pub api_url: Option<String>,
    /// How the content of a GitHub repository is transferred [default: auto]
    #[arg(long, value_enum, value_name = "HOW")]
    pub transfer: Option<TransferArg>,
}

/// `repositories`.
#[derive(Args, Debug)]
pub struct RepositoriesArgs {
    /// The app's number
    #[arg(long, value_name = "NUMBER")]
    pub app: u64,
    /// The number of its installation
    #[arg(long, value_name = "NUMBER")]
    pub installation: u64,
    /// A file with the app's private key, in PEM
    #[arg(long, value_name = "FILE")]
    pub key_file: PathBuf,
    /// The API of a GitHub Enterprise server, such as https://host/api/v3
    #[arg(long, value_name = "URL")]
    pub api_url: Option<String>,
}

/// How the content of a GitHub repository is transferred.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum TransferArg {
    /// Git's own protocol, and REST where the host refuses it
    Auto,
    /// Git's own protocol only
    Git,
    /// The REST API only
    Rest,
}

impl From<TransferArg> for Transfer {
    fn from(transfer: TransferArg) -> Self {
        match transfer {
            TransferArg::Auto => Self::Auto,
            TransferArg::Git => Self::Git,
            TransferArg::Rest => Self::Rest,
        }
    }
}

/// `sync`.
#[derive(Args, Debug)]
pub struct SyncArgs {
    /// The repository.
    #[command(flatten)]
    pub source: SourceArgs,
    /// The branch [default: the repository's default branch]
    #[arg(short, long, value_name = "NAME")]
    pub branch: Option<String>,
    /// Compare and derive everything anew, even if nothing changed
    #[arg(long)]
    pub force: bool,
}

/// A project and one of its branches.
#[derive(Args, Debug)]
pub struct OnBranch {
    /// The project's name, id or source
    pub project: String,
    /// The branch [default: the repository's default branch, or the only one]
    #[arg(short, long, value_name = "NAME")]
    pub branch: Option<String>,
}

/// `history`.
#[derive(Args, Debug)]
pub struct HistoryArgs {
    /// The project's name, id or source
    pub project: String,
    /// Syncs of this branch only [default: all branches]
    #[arg(short, long, value_name = "NAME")]
    pub branch: Option<String>,
    /// At most this many, the newest first
    #[arg(short = 'n', long, value_name = "N", default_value_t = 50)]
    pub limit: u64,
}

/// A branch as one sync left it.
#[derive(Args, Debug)]
pub struct AtSync {
    /// The project and its branch.
    #[command(flatten)]
    pub on: OnBranch,
    /// As this sync left it
    #[arg(long, value_name = "SYNC", default_value = "latest")]
    pub at: String,
}

/// `memory`.
#[derive(Args, Debug)]
pub struct MemoryArgs {
    /// What to look at.
    #[command(flatten)]
    pub state: AtSync,
    /// Superseded entries too
    #[arg(long)]
    pub all: bool,
    /// Entries with all of these words, the best matches first
    #[arg(long, value_name = "WORDS")]
    pub query: Option<String>,
    /// Entries of this kind only
    #[arg(long, value_enum, value_name = "KIND")]
    pub kind: Option<KindArg>,
    /// Print the texts too
    #[arg(long)]
    pub body: bool,
    /// At most this many
    #[arg(short = 'n', long, value_name = "N")]
    pub limit: Option<u64>,
}

/// What kind of knowledge an entry is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum KindArg {
    /// A note from one working session to the next
    Letter,
    /// Directions for agents and contributors
    Guide,
    /// Documentation
    Document,
}

impl From<KindArg> for MemoryKind {
    fn from(kind: KindArg) -> Self {
        match kind {
            KindArg::Letter => Self::Letter,
            KindArg::Guide => Self::Guide,
            KindArg::Document => Self::Document,
        }
    }
}

/// `diff`.
#[derive(Args, Debug)]
pub struct DiffArgs {
    /// The project's name, id or source
    pub project: String,
    /// From this sync; alone: what this sync changed
    #[arg(value_name = "SYNC")]
    pub first: String,
    /// To this sync
    #[arg(value_name = "SYNC")]
    pub second: Option<String>,
    /// The branch that numbers are of [default: the repository's default branch, or the only one]
    #[arg(short, long, value_name = "NAME")]
    pub branch: Option<String>,
}

/// `restore`.
#[derive(Args, Debug)]
pub struct RestoreArgs {
    /// The project and its branch.
    #[command(flatten)]
    pub on: OnBranch,
    /// The sync to go back to
    #[arg(long, value_name = "SYNC")]
    pub to: String,
}

#[cfg(test)]
mod tests {
    use super::{help::GROUPS, *};

    #[test]
    fn the_arguments_hold_together() {
        command().debug_assert();
        for name in GROUPS.iter().flat_map(|(_, names)| *names) {
            assert!(command().find_subcommand(name).is_some(), "{name}");
        }
    }

    #[test]
    fn help_is_stable() {
        let mut command = command().term_width(100);
        insta::assert_snapshot!("help", command.render_long_help());
        for name in ["sync", "memory", "diff", "watch", "gateway", "doctor", "healthcheck"] {
            // Rendered through the root so that the global options are there.
            command.build();
            let help = command.find_subcommand_mut(name).unwrap().render_help();
            insta::assert_snapshot!(format!("help_{name}"), help);
        }
        for (group, name) in [
            ("jobs", "ls"),
            ("jobs", "requeue"),
            ("queue", "pause"),
            ("dead", "purge"),
            ("user", "add"),
            ("token", "create"),
            ("tenant", "add"),
            ("bench", "load"),
        ] {
            let group_command = command.find_subcommand_mut(group).unwrap();
            let help = group_command.find_subcommand_mut(name).unwrap().render_help();
            insta::assert_snapshot!(format!("help_{group}_{name}"), help);
        }
    }

    #[test]
    fn reads_commands() {
        let cli = Cli::try_parse_from([
            "project-sync",
            "sync",
            "o/n",
            "--branch",
            "feature/x",
            "-o",
            "json",
            "--data",
            "d",
        ])
        .unwrap();
        assert_eq!((cli.global.output, cli.global.data), (Output::Json, Some(PathBuf::from("d"))));
        let Command::Sync(sync) = cli.command else { panic!("{:?}", cli.command) };
        assert_eq!((sync.source.source.as_str(), sync.branch.as_deref()), ("o/n", Some("feature/x")));
        for wrong in [&["project-sync"][..], &["project-sync", "sync"], &["project-sync", "restore", "p"]] {
            assert_eq!(Cli::try_parse_from(wrong).unwrap_err().exit_code(), 2, "{wrong:?}");
        }
    }
}
