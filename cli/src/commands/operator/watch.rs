//! `jobs watch`: a job's events until it ends, whoever runs it.

use std::time::Duration;

use entities::{SyncId, SyncKind};

use super::{is_json, jobs::show};
use crate::{
    args::Global,
    error::CliError,
    live::View,
    operator::{
        Operator,
        view::{self, Job},
    },
    out::Out,
    signals::cancel_on_signals,
};

/// How often it is looked at.
const POLL: Duration = Duration::from_millis(200);

/// Shows the events of a job, then how it ended. Its error is the command's.
pub async fn run(global: &Global, operator: &dyn Operator, id: SyncId) -> Result<(), CliError> {
    let stop = cancel_on_signals();
    let mut view: Option<View> = None;
    let mut seen = 0;
    let (mut answer, job) = loop {
        let look = operator.look(id, seen).await?;
        let job: Job = view::read(&look.job)?;
        let kind = if job.kind == "restore" { SyncKind::Restore } else { SyncKind::Sync };
        let view = view.get_or_insert_with(|| View::of(global, kind));
        for event in &look.events {
            seen = event.seq;
            view.show(event);
        }
        if job.has_ended() {
            view.end();
            break (look.job, job);
        }
        tokio::select! {
            () = tokio::time::sleep(POLL) => {}
            // The sync goes on.
            () = stop.cancelled() => return Err(CliError::Interrupted),
        }
    };
    if !is_json(global)
        && let Some(answer) = answer.as_object_mut()
    {
        // They were shown as they came.
        answer.remove("events");
    }
    let ended = ended(&job);
    let printed = match &ended {
        // As with `sync`, people read the error alone.
        Some(_) if !is_json(global) => Out::stdout().flush().map_err(CliError::from),
        _ => show(global, &answer),
    };
    match ended {
        Some(error) => Err(error),
        None => printed,
    }
}

/// The error that a job ended with; none if it completed.
fn ended(job: &Job) -> Option<CliError> {
    let of = |code: &str, message: String| CliError::Ended { code: code.to_owned(), message };
    match (job.status.as_str(), &job.error) {
        ("completed", _) => None,
        ("cancelled", _) => Some(of("cancelled", "the sync was cancelled".to_owned())),
        (_, Some(error)) => Some(of(&error.code, error.message.clone())),
        (status, None) => Some(of(status, format!("the sync is {status}"))),
    }
}
