//! What can be typed about webhooks: `webhook`.

use clap::{Args, Subcommand, ValueEnum};
use entities::DeliveryStatus;

/// `webhook`.
#[derive(Args, Debug)]
pub struct WebhookArgs {
    /// The tenant
    #[arg(long, global = true, value_name = "NAME", default_value = entities::projects::LOCAL_TENANT)]
    pub tenant: String,
    /// What to do.
    #[command(subcommand)]
    pub command: WebhookCommand,
}

/// What to do with webhooks.
#[derive(Subcommand, Debug)]
pub enum WebhookCommand {
    /// List the webhooks, the latest first
    Ls,
    /// Have an address told what happens; its secret is printed this once
    ///
    /// The workers of a service send: `serve` and `worker`.
    Add(WebhookAddArgs),
    /// Remove a webhook, and the log of what was sent to it
    Rm(WebhookIdArgs),
    /// List what was and is to be sent to a webhook, the latest first
    Deliveries(DeliveriesArgs),
    /// Send something again: the same event, with all its attempts anew
    Redeliver(RedeliverArgs),
}

/// `webhook add`.
#[derive(Args, Debug)]
pub struct WebhookAddArgs {
    /// Where to: an http(s) URL
    pub url: String,
    /// The only project whose events it gets: its name or id [default: all]
    #[arg(long, value_name = "PROJECT")]
    pub project: Option<String>,
    /// The kinds of events that it gets, such as project_sync.completed [default: all]
    #[arg(long, value_delimiter = ',', value_name = "KINDS")]
    pub kind: Vec<String>,
}

/// One webhook.
#[derive(Args, Debug)]
pub struct WebhookIdArgs {
    /// The webhook's id, as `webhook ls` shows it
    pub id: String,
}

/// `webhook deliveries`.
#[derive(Args, Debug)]
pub struct DeliveriesArgs {
    /// The webhook's id, as `webhook ls` shows it
    pub id: String,
    /// Only those that stand so
    #[arg(long, value_enum, value_name = "STATUS")]
    pub status: Option<StatusArg>,
    /// The most that are listed
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    pub limit: u64,
}

/// Where a delivery stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum StatusArg {
    /// To be sent, now or later
    Pending,
    /// It was taken
    Delivered,
    /// Given up
    Failed,
}

impl From<StatusArg> for DeliveryStatus {
    fn from(status: StatusArg) -> Self {
        match status {
            StatusArg::Pending => Self::Pending,
            StatusArg::Delivered => Self::Delivered,
            StatusArg::Failed => Self::Failed,
        }
    }
}

/// `webhook redeliver`.
#[derive(Args, Debug)]
pub struct RedeliverArgs {
    /// The webhook's id, as `webhook ls` shows it
    pub id: String,
    /// The delivery's id, as `webhook deliveries` shows it
    pub delivery: String,
}
