//! `config`: every setting with its default.

use crate::{
    args::{Global, install::ConfigArgs},
    error::CliError,
    out::Out,
    settings::{self, Settings},
};

/// Prints the default file, or looks at the settings that hold.
pub fn run(global: &Global, args: &ConfigArgs) -> Result<(), CliError> {
    if args.check {
        return Settings::load(global.config.as_deref()).map(drop);
    }
    let mut out = Out::stdout();
    out.line(settings::DEFAULT_FILE.trim_end())?;
    out.flush()?;
    Ok(())
}
