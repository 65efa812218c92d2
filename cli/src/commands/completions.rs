//! `completions`: what makes a shell complete the arguments.

use std::io::Write;

use crate::{
    args::{command, install::CompletionsArgs},
    error::CliError,
};

/// Prints the script of a shell.
pub fn run(args: &CompletionsArgs) -> Result<(), CliError> {
    let mut command = command();
    let name = command.get_name().to_owned();
    // In memory first: whoever closes the pipe early must not make the generator panic.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, name, &mut script);
    let mut out = std::io::stdout().lock();
    out.write_all(&script).and_then(|()| out.flush())?;
    Ok(())
}
