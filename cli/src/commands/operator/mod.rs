//! The operator's commands: `jobs`, `queue`, `dead` and `doctor`. What they can do and where is [`crate::operator`]; what
//! they say is here.

mod bulk;
mod dead;
pub mod doctor;
mod jobs;
mod queue;
mod watch;

use serde_json::Value;

use crate::{
    args::{Command, Global, Output},
    error::CliError,
    operator::{self, Listed, Operator, PAGE},
    settings::Settings,
};

/// The most items that a list shows, whatever was asked for.
const MAX_ITEMS: u64 = 10_000;

/// Runs `jobs`, `queue` or `dead`. Other commands do nothing here.
pub async fn run(global: &Global, settings: Settings, command: &Command) -> Result<(), CliError> {
    let server = match command {
        Command::Jobs(args) => &args.server,
        Command::Queue(args) => &args.server,
        Command::Dead(args) => &args.server,
        _ => return Ok(()),
    };
    let operator = operator::open(global, settings, server).await?;
    let result = match command {
        Command::Jobs(args) => jobs::run(global, &*operator, &args.command).await,
        Command::Queue(args) => queue::run(global, &*operator, &args.command).await,
        Command::Dead(args) => dead::run(global, &*operator, &args.command).await,
        _ => Ok(()),
    };
    let closed = operator.close().await;
    result.and(closed)
}

fn is_json(global: &Global) -> bool {
    global.output == Output::Json
}

/// The latest items of a list that comes in pages, at most `wanted` of them.
async fn latest(
    wanted: u64,
    list: impl AsyncFn(Option<&str>, u64) -> Result<Listed, CliError>,
) -> Result<Vec<Value>, CliError> {
    let wanted = wanted.min(MAX_ITEMS) as usize;
    let (mut items, mut from) = (Vec::new(), None::<String>);
    while items.len() < wanted {
        let missing = (wanted - items.len()) as u64;
        let page = list(from.as_deref(), missing.min(PAGE)).await?;
        items.extend(page.items);
        from = page.next;
        if from.is_none() {
            break;
        }
    }
    items.truncate(wanted);
    Ok(items)
}

/// The project that an option names.
async fn project(
    operator: &dyn Operator,
    text: Option<&str>,
) -> Result<Option<entities::ProjectId>, CliError> {
    match text {
        Some(text) => operator.project(text).await.map(Some),
        None => Ok(None),
    }
}
