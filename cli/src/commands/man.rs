//! `man`: the manual pages.

use std::fs;

use crate::{
    args::{command, install::ManArgs},
    error::CliError,
};

/// Writes a page for the program and one for each of its commands.
pub fn run(args: &ManArgs) -> Result<(), CliError> {
    let action = || format!("writing manual pages to {}", args.folder.display());
    fs::create_dir_all(&args.folder).map_err(CliError::io(action()))?;
    clap_mangen::generate_to(command(), &args.folder).map_err(CliError::io(action()))
}
