//! `queue`: how much there is to do, and whether it is done.

use super::{is_json, project};
use crate::{
    args::{Global, operator::QueueCommand},
    error::CliError,
    operator::{
        Operator,
        view::{self, Depth, Queue},
    },
    out::Out,
    render::{
        table::{row, table},
        text::{clean, duration, time},
    },
};

/// Runs the command.
pub async fn run(global: &Global, operator: &dyn Operator, command: &QueueCommand) -> Result<(), CliError> {
    match command {
        QueueCommand::Stats => stats(global, operator).await,
        QueueCommand::Pause(args) => {
            let project = project(operator, args.project.as_deref()).await?;
            let changed = operator.pause(project, args.reason.as_deref()).await?;
            let told = if changed { "is paused; what runs goes on" } else { "was paused already" };
            toggled(global, args.project.as_deref(), changed, told)
        }
        QueueCommand::Resume(args) => {
            let project = project(operator, args.project.as_deref()).await?;
            let changed = operator.resume(project).await?;
            toggled(
                global,
                args.project.as_deref(),
                changed,
                if changed { "goes on" } else { "was not paused" },
            )
        }
    }
}

fn toggled(global: &Global, project: Option<&str>, changed: bool, told: &str) -> Result<(), CliError> {
    let mut out = Out::stdout();
    if is_json(global) {
        out.json(&serde_json::json!({ "changed": changed }))?;
    } else {
        let what = project.map_or_else(|| "the queue".to_owned(), |name| format!("project {}", clean(name)));
        out.line(format_args!("{what} {told}"))?;
    }
    out.flush()?;
    Ok(())
}

async fn stats(global: &Global, operator: &dyn Operator) -> Result<(), CliError> {
    let answer = operator.queue().await?;
    let mut out = Out::stdout();
    if is_json(global) {
        out.json(&answer)?;
    } else {
        print(&mut out, &view::read(&answer)?)?;
    }
    out.flush()?;
    Ok(())
}

fn print(out: &mut Out, queue: &Queue) -> Result<(), CliError> {
    let mut depths = table(["STATE", ">COUNT", ">OLDEST"]);
    let states = [
        ("ready", &queue.ready),
        ("delayed", &queue.delayed),
        ("running", &queue.running),
        ("dead", &queue.dead),
    ];
    for (state, depth) in states {
        row(&mut depths, [state.to_owned(), depth.count.to_string(), oldest(depth)]);
    }
    out.line(depths.trim_fmt())?;
    let messages = match (&queue.error, queue.queued, queue.lent) {
        (Some(error), ..) => clean(error).into_owned(),
        (None, queued, lent) => {
            format!("{} waiting, {} with workers", queued.unwrap_or_default(), lent.unwrap_or_default())
        }
    };
    out.line(format_args!("messages  {messages}"))?;
    if queue.error.is_none() && queue.workers.is_empty() {
        out.line("workers   none was heard of lately")?;
    }
    for worker in &queue.workers {
        let ago = duration(i64::try_from(worker.seen_ms_ago).unwrap_or(i64::MAX));
        out.line(format_args!("worker    {}, heard of {ago} ago", clean(&worker.name)))?;
    }
    for pause in &queue.pauses {
        let what = pause.project_id.as_ref().map(|id| format!("project {id}"));
        let what = what.unwrap_or_else(|| "the whole queue".to_owned());
        let why = pause.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
        out.line(format_args!("paused    {} since {}{}", clean(&what), time(pause.since), clean(&why)))?;
    }
    Ok(())
}

/// How long the oldest one is there.
fn oldest(depth: &Depth) -> String {
    depth.oldest_age_seconds.map(|seconds| duration(seconds.saturating_mul(1_000))).unwrap_or_default()
}
