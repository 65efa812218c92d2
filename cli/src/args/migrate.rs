//! `migrate`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use migration::AllowedLoss;

/// `migrate`.
#[derive(Args, Debug)]
pub struct MigrateArgs {
    /// What to do [default: up].
    #[command(subcommand)]
    pub action: Option<MigrateAction>,
}

/// What to do with the schema.
#[derive(Subcommand, Debug)]
pub enum MigrateAction {
    /// List what was applied and what is pending
    Status,
    /// Tell what pending migrations would do, statement by statement: locks, and what could be lost
    Plan,
    /// Apply what is pending, all of it or nothing
    Up(UpArgs),
    /// Compare the schema with what this program was written for
    Verify,
    /// Take the last migration back
    Down(DownArgs),
    /// Print the SQL for the roles of a Postgres database, or apply it
    Roles(RolesArgs),
}

/// `migrate up`.
#[derive(Args, Clone, Debug, Default)]
pub struct UpArgs {
    /// Do everything and take it back: shows what would happen
    #[arg(long)]
    pub dry_run: bool,
    /// Lose exactly so many values of a column, or `TABLE.*=ROWS`; may be repeated
    #[arg(long, value_name = "TABLE.COLUMN=COUNT")]
    pub allow_loss: Vec<AllowedLoss>,
}

/// `migrate down`.
#[derive(Args, Clone, Debug)]
pub struct DownArgs {
    /// As in `migrate up`.
    #[command(flatten)]
    pub how: UpArgs,
    /// Do it; without, nothing is done
    #[arg(long)]
    pub yes: bool,
}

/// `migrate roles`.
#[derive(Args, Clone, Debug)]
pub struct RolesArgs {
    /// Apply it instead of printing it; wants a superuser's login
    #[arg(long)]
    pub apply: bool,
    /// A file with the URL that a superuser logs in by [default: PROJECT_SYNC_ADMIN_URL, or the migrator's]
    #[arg(long, value_name = "FILE", requires = "apply")]
    pub admin_url_file: Option<PathBuf>,
}
