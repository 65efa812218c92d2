//! What can be typed after `watch`.

use clap::Args;

use super::operator::ServerArgs;

const NOTES: &str = "\
First comes the state so far, then every event once and in order; a connection that breaks is made again. A sync is \
followed to its end, whose exit code is that of `sync`; a project until Ctrl-C. With -o json each message is one line: id, \
event, data.

Without --server the database of the settings is read: what happens in other processes shows at once if they share a \
Redis, and otherwise within two seconds.";

/// `watch`.
#[derive(Args, Debug)]
#[command(after_help = NOTES)]
pub struct WatchArgs {
    /// A sync's id or the start of it, or a project's name, id or the start of it
    #[arg(value_name = "SYNC|PROJECT")]
    pub what: String,
    /// Where.
    #[command(flatten)]
    pub server: ServerArgs,
}
