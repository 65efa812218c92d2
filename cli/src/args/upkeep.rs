//! What can be typed to look after the database: `gc`, `backup` and `restore-backup`.

use std::path::PathBuf;

use clap::Args;

/// `gc`.
#[derive(Args, Debug)]
pub struct GcArgs {
    /// Keep the states of this many of each branch's latest syncs; 0: all [default: 0, see retention.keep_syncs]
    #[arg(long, value_name = "N")]
    pub keep_syncs: Option<u64>,
    /// Keep the states of the syncs of as many days, too; 0: no rule [default: 0, see retention.keep_days]
    #[arg(long, value_name = "DAYS")]
    pub keep_days: Option<u32>,
    /// Only the branches of this project [default: all projects of all tenants]
    #[arg(long, value_name = "PROJECT")]
    pub project: Option<String>,
    /// Keep all that forgotten syncs told of their progress
    #[arg(long)]
    pub keep_events: bool,
    /// Only tell what would be removed
    #[arg(long, conflicts_with = "yes")]
    pub dry_run: bool,
    /// Remove it
    #[arg(long)]
    pub yes: bool,
}

/// `backup`.
#[derive(Args, Debug)]
pub struct BackupArgs {
    /// The file to make; it must not be there
    pub file: PathBuf,
}

/// `restore-backup`.
#[derive(Args, Debug)]
pub struct RestoreBackupArgs {
    /// A file that `backup` made
    pub file: PathBuf,
    /// Replace the database; what it held until now is kept beside it
    #[arg(long)]
    pub yes: bool,
}
