//! `config`: every setting with its default.

use crate::{error::CliError, out::Out, settings};

/// Prints the default file.
pub fn run() -> Result<(), CliError> {
    let mut out = Out::stdout();
    out.line(settings::DEFAULT_FILE.trim_end())?;
    out.flush()?;
    Ok(())
}
