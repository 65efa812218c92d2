//! What can be typed by those who install the program, and by what watches over it.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use clap_complete::Shell;

const HEALTH_NOTES: &str = "\
Without --url the address is that of the settings: api.listen, gateway.listen or telemetry.metrics_listen. Where the \
settings name every address of this machine (0.0.0.0 or [::]), the loopback address is asked.

Exit codes: 0 all is well, 1 it answers that it is not, 2 usage, 3 it does not answer in time.";

/// `healthcheck`.
#[derive(Args, Debug)]
#[command(after_help = HEALTH_NOTES)]
pub struct HealthcheckArgs {
    /// Ask the process at this address, such as http://127.0.0.1:8080; no settings are read then
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,
    /// Ask this part at the address of the settings
    #[arg(long, value_enum, value_name = "PART", default_value_t, conflicts_with = "url")]
    pub part: Part,
    /// Ask only whether the process lives (/healthz), not whether it can work (/readyz)
    #[arg(long)]
    pub live: bool,
    /// Seconds to wait for the answer
    #[arg(long, value_name = "SECONDS", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=60))]
    pub timeout: u64,
}

/// A part of the service that answers at an address of its own.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, ValueEnum)]
pub enum Part {
    /// `serve` or `api`
    #[default]
    Api,
    /// `gateway`
    Gateway,
    /// `worker`
    Worker,
}

/// `completions`.
#[derive(Args, Debug)]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    pub shell: Shell,
}

/// `man`.
#[derive(Args, Debug)]
pub struct ManArgs {
    /// The folder to write to; it is made if it is not there
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
}

/// `config`.
#[derive(Args, Debug)]
pub struct ConfigArgs {
    /// Print nothing; read the settings as the other commands do, files of secrets too, and fail if they are wrong
    #[arg(long)]
    pub check: bool,
}
