//! `status`: the sync that runs, or the latest one.

use bus::ProgressEvent;
use entities::{SyncId, syncs};
use serde::Serialize;

use crate::{
    args::OnBranch,
    error::CliError,
    find,
    open::App,
    out::Out,
    render::record::{PhaseProgress, SyncRecord},
};

/// How many of the latest events are looked through for the last progress.
const LOOK_BACK: i64 = 50;

/// A sync and how far it is.
#[derive(Serialize)]
struct StatusRecord {
    #[serde(flatten)]
    sync: SyncRecord,
    progress: Option<PhaseProgress>,
}

/// Runs the command.
pub async fn run(app: &App, args: &OnBranch) -> Result<(), CliError> {
    let project = find::project(app, &args.project).await?;
    let branch = find::branch(app, &project, args.branch.as_deref()).await?;
    let current = match syncs::active(&app.db, branch.id).await? {
        Some(active) => Some(active),
        None => syncs::waiting(&app.db, branch.id).await?,
    };
    let sync = match current {
        Some(sync) => Some(sync),
        None => syncs::history(&app.db, &[branch.id], 1).await?.pop(),
    };
    let missing = || CliError::not_found(format!("branch '{}' was never synced", branch.name), None);
    let sync = sync.ok_or_else(missing)?;
    let progress = last_progress(app, sync.id).await?;
    let record = SyncRecord::new(&sync, &project.project, &branch.name);
    let mut out = Out::stdout();
    if app.is_json() {
        out.json(&StatusRecord { sync: record, progress })?;
    } else {
        for line in record.summary_lines() {
            out.line(line)?;
        }
        if !sync.status.is_terminal() {
            let phase = record.phase.as_deref().unwrap_or("waiting");
            let far = progress.map(|progress| format!(": {}", progress.line())).unwrap_or_default();
            out.line(format_args!("phase    {phase}{far}"))?;
        }
    }
    out.flush()?;
    Ok(())
}

/// The last progress that a sync told.
async fn last_progress(app: &App, sync: SyncId) -> Result<Option<PhaseProgress>, CliError> {
    let last = syncs::last_event_seq(&app.db, sync).await?;
    let events = syncs::events(&app.db, sync, last - LOOK_BACK, LOOK_BACK.unsigned_abs()).await?;
    let told = events.into_iter().rev().find_map(|event| {
        serde_json::from_value::<ProgressEvent>(event.payload)
            .ok()
            .and_then(|event| PhaseProgress::of(event.event))
    });
    Ok(told)
}
