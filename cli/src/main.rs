//! Project Sync at the command line: parse, wire, run one command, tell how it went.
//!
//! [`args`] says what can be typed and [`settings`] what can be set; [`open`] wires database and worker together; each
//! command is one file under [`commands`]. A sync is got done by [`drive`] and shown by [`live`]. What operators do works
//! on the database or through a service's API: [`operator`]. What others do is followed by [`follow`]. Data goes to
//! standard output, everything else to standard error.

mod args;
mod client;
mod commands;
mod drive;
mod error;
mod file;
mod find;
mod follow;
mod live;
mod open;
mod operator;
mod out;
mod render;
mod schema;
mod service;
mod settings;
mod shown;
mod signals;
mod telemetry;

use std::process::ExitCode;

use crate::{
    error::CliError,
    out::{Paint, tell},
};

#[tokio::main]
async fn main() -> ExitCode {
    let cli = args::parse();
    // Fails only if there is one already, which is as good.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    match commands::run(cli).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tell_error(&error);
            ExitCode::from(error.exit_code())
        }
    }
}

fn tell_error(error: &CliError) {
    if error.is_quiet() {
        return;
    }
    let paint = Paint::stderr();
    tell(format_args!("{} {}", paint.red("error:"), render::text::clean(&error.to_string())));
    if let Some(hint) = error.hint() {
        tell(format_args!("{} {}", paint.yellow("hint:"), render::text::clean(&hint)));
    }
}
