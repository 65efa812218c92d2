//! `watch`: the stream of a sync or a project, in the terminal.

use bus::{Event, ProgressEvent};
use entities::{ProjectId, SyncId, SyncKind};
use gateway::{ProjectSnapshot, Target};
use serde::Serialize;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::{
    args::{Global, Output, WatchArgs},
    error::CliError,
    find::is_id_prefix,
    follow::{Follower, Message, Told},
    live::{ProjectView, View, outcome},
    operator::{
        self, Operator,
        find::ids_beginning,
        view::{self, Job},
    },
    out::Out,
    settings::Settings,
    signals::cancel_on_signals,
};

/// How many digits a whole id has.
const ID_DIGITS: usize = 32;

/// What is said where the stream does not go on from what was shown.
const RESET: &str = "what happened meanwhile is not told any more; this is how it stands now";

/// Runs the command.
pub async fn run(global: &Global, settings: Settings, args: &WatchArgs) -> Result<(), CliError> {
    let operator = operator::open(global, settings, &args.server).await?;
    let result = watch(global, &*operator, &args.what).await;
    let closed = operator.close().await;
    result.and(closed)
}

async fn watch(global: &Global, operator: &dyn Operator, what: &str) -> Result<(), CliError> {
    let stop = cancel_on_signals();
    let (target, follower) = tokio::select! {
        found = find(operator, what) => found?,
        () = stop.cancelled() => return Err(CliError::Interrupted),
    };
    match target {
        Target::Sync(id) => watch_sync(global, operator, follower, id, &stop).await,
        Target::Project(_) => watch_project(global, follower, &stop).await,
    }
}

/// Shows the events of a sync, then how it ended. Its error is the command's.
async fn watch_sync(
    global: &Global,
    operator: &dyn Operator,
    mut follower: Follower,
    id: SyncId,
    stop: &CancellationToken,
) -> Result<(), CliError> {
    let mut view = View::for_people(global, SyncKind::Sync);
    let mut out = Out::stdout();
    let mut end = None;
    while let Some(heard) = next(&mut follower, stop).await? {
        let message = match heard {
            Heard::Message(message) => message,
            Heard::Note(note) => {
                view.note(&note);
                continue;
            }
        };
        print(global, &mut out, &message)?;
        match message.name.as_str() {
            "snapshot" => view.join(&message.read()?),
            "reset" => view.note(RESET),
            _ => {
                // One of another form is of a newer version of this program.
                if let Ok(event) = message.read::<ProgressEvent>() {
                    view.show(&event);
                    end = outcome(&event.event).map(|outcome| (outcome, event.event)).or(end);
                }
            }
        }
    }
    view.end();
    match end {
        Some((_, Event::Failed { error })) => {
            Err(CliError::Ended { code: error.code, message: error.message })
        }
        Some((_, Event::Cancelled {})) => Err(cancelled()),
        Some((outcome, _)) => {
            if global.output == Output::Table {
                out.line(outcome)?;
            }
            Ok(out.flush()?)
        }
        // Its last event is of a newer version, or was never written.
        None => match ended(&view::read(&operator.job(id).await?)?) {
            Some(error) => Err(error),
            None => Ok(()),
        },
    }
}

/// Shows the events of all syncs of a project, until somebody wants the end.
async fn watch_project(
    global: &Global,
    mut follower: Follower,
    stop: &CancellationToken,
) -> Result<(), CliError> {
    let mut view = ProjectView::new(global);
    let mut out = Out::stdout();
    while let Some(heard) = next(&mut follower, stop).await? {
        let message = match heard {
            Heard::Message(message) => message,
            Heard::Note(note) => {
                view.note(&note);
                continue;
            }
        };
        print(global, &mut out, &message)?;
        match message.name.as_str() {
            "snapshot" => view.join(&message.read::<ProjectSnapshot>()?.syncs),
            "reset" => view.note(RESET),
            _ => {
                if let Ok(event) = message.read() {
                    view.show(&event);
                }
            }
        }
    }
    Ok(())
}

/// What is heard, for a view.
pub enum Heard {
    /// A message.
    Message(Message),
    /// Something about the connection.
    Note(String),
}

/// The next message, or none at the end.
///
/// # Errors
/// If it is refused for good, or the user wants the end.
pub async fn next(follower: &mut Follower, stop: &CancellationToken) -> Result<Option<Heard>, CliError> {
    tokio::select! {
        told = follower.next() => Ok(told?.map(|told| match told {
            Told::Message(message) => Heard::Message(message),
            Told::CutOff(reason) => Heard::Note(format!("cut off ({reason}); connecting again")),
        })),
        // The sync goes on.
        () = stop.cancelled() => Err(CliError::Interrupted),
    }
}

/// A message as programs read it.
#[derive(Serialize)]
struct Line<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    event: &'a str,
    data: Value,
}

/// Prints a message for programs.
fn print(global: &Global, out: &mut Out, message: &Message) -> Result<(), CliError> {
    if global.output == Output::Json {
        out.json(&Line { id: message.id.as_deref(), event: &message.name, data: message.read()? })?;
        out.flush()?;
    }
    Ok(())
}

/// The error that a job ended with; none if it completed.
pub fn ended(job: &Job) -> Option<CliError> {
    let of = |code: &str, message: String| CliError::Ended { code: code.to_owned(), message };
    match (job.status.as_str(), &job.error) {
        ("completed", _) => None,
        ("cancelled", _) => Some(cancelled()),
        (_, Some(error)) => Some(of(&error.code, error.message.clone())),
        (status, None) => Some(of(status, format!("the sync is {status}"))),
    }
}

fn cancelled() -> CliError {
    CliError::Ended { code: "cancelled".to_owned(), message: "the sync was cancelled".to_owned() }
}

/// What the user means: a project by its name, or a sync or a project by its id or the start of it.
async fn find(operator: &dyn Operator, text: &str) -> Result<(Target, Follower), CliError> {
    if is_id_prefix(text) && text.bytes().filter(|byte| *byte != b'-').count() >= ID_DIGITS {
        return by_id(operator, text).await;
    }
    let target = by_name(operator, text).await?;
    Ok((target, operator.follow(target)?))
}

async fn by_name(operator: &dyn Operator, text: &str) -> Result<Target, CliError> {
    let project = operator.project(text).await;
    if !is_id_prefix(text) {
        return project.map(Target::Project);
    }
    match (project, operator::find::job(operator, text).await) {
        (Ok(project), Err(sync)) if is_missing(&sync) => Ok(Target::Project(project)),
        // A name that looks like the start of an id is a name.
        (Ok(project), _) if !ids_beginning(text, &project.to_string()) => Ok(Target::Project(project)),
        (Ok(_), _) => Err(CliError::usage(format!("a project and a sync have ids that begin with {text}"))),
        (Err(project), Ok(sync)) if is_missing(&project) => Ok(Target::Sync(sync)),
        (Err(project), Err(sync)) if is_missing(&project) && is_missing(&sync) => {
            Err(CliError::not_found(format!("no project and no sync is called '{text}'"), project.hint()))
        }
        (Err(project), Err(sync)) if is_missing(&project) => Err(sync),
        (Err(project), _) => Err(project),
    }
}

/// Whole ids are asked of the streams themselves: a gateway that runs alone knows nothing else.
async fn by_id(operator: &dyn Operator, text: &str) -> Result<(Target, Follower), CliError> {
    let unreadable = |_| CliError::usage(format!("'{text}' is no id"));
    let sync: SyncId = text.parse().map_err(unreadable)?;
    let project: ProjectId = text.parse().map_err(unreadable)?;
    for target in [Target::Sync(sync), Target::Project(project)] {
        let mut follower = operator.follow(target)?;
        match follower.begin().await {
            Ok(()) => return Ok((target, follower)),
            Err(CliError::Refused { status: 404, .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Err(CliError::not_found(format!("there is no sync and no project {text}"), None))
}

fn is_missing(error: &CliError) -> bool {
    matches!(error, CliError::NotFound { .. } | CliError::Refused { status: 404, .. })
}
