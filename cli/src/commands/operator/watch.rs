//! `jobs watch`: a job's events until it ends, whoever runs it.

use bus::ProgressEvent;
use entities::{SyncId, SyncKind};
use gateway::Target;

use super::{is_json, jobs::show};
use crate::{
    args::Global,
    commands::watch::{Heard, ended, next},
    error::CliError,
    live::View,
    operator::{
        Operator,
        view::{self, Job},
    },
    out::Out,
    signals::cancel_on_signals,
};

/// Shows the events of a job, then how it ended. Its error is the command's.
pub async fn run(global: &Global, operator: &dyn Operator, id: SyncId) -> Result<(), CliError> {
    let stop = cancel_on_signals();
    let mut view = View::of(global, SyncKind::Sync);
    let mut follower = operator.follow(Target::Sync(id))?.starting_at_the_first();
    while let Some(heard) = next(&mut follower, &stop).await? {
        match heard {
            Heard::Message(message) => match message.name.as_str() {
                "snapshot" => view.join(&message.read()?),
                "reset" => {}
                // One of another form is of a newer version of this program.
                _ => drop(message.read::<ProgressEvent>().map(|event| view.show(&event))),
            },
            Heard::Note(note) => view.note(&note),
        }
    }
    drop(follower);
    view.end();
    let mut answer = operator.job(id).await?;
    let job: Job = view::read(&answer)?;
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
