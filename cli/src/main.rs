//! Project Sync at the command line: parse, wire, run one command, tell how it went.
//!
//! [`args`] says what can be typed and [`settings`] what can be set; [`open`] wires database and worker together; each
//! command is one file under [`commands`]. A sync is got done by [`drive`] and shown by [`live`]. Data goes to standard
//! output, everything else to standard error.

mod args;
mod commands;
mod drive;
mod error;
mod find;
mod live;
mod open;
mod out;
mod render;
mod settings;
mod signals;

use std::{io, process::ExitCode};

use clap::Parser;
use tracing_subscriber::EnvFilter;

use crate::{
    args::{Cli, Global},
    error::CliError,
    out::{Paint, tell},
};

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    log_to_stderr(&cli.global);
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

/// Logs go to standard error: warnings, and more with `-v`. `RUST_LOG` wins over both.
fn log_to_stderr(global: &Global) {
    // `project_sync` is the beginning of the names of all our crates.
    let level = match (global.quiet, global.verbose) {
        (true, _) => "error",
        (false, 0) => "warn",
        (false, 1) => "warn,project_sync=info",
        (false, 2) => "info,project_sync=debug",
        (false, _) => "trace",
    };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(level));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(Paint::stderr().is_on())
        .without_time()
        .init();
}
