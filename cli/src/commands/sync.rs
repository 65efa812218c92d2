//! `sync`: a branch comes into the database.

use entities::{ProjectSync, SourceSpec, SyncKind, SyncTrigger, projects::ConnectedProject, syncs::NewSync};
use source::SourceContext;
use worker::error::SyncError;

use crate::{
    args::SyncArgs, drive::Drive, error::CliError, live::View, open::App, out::Out,
    render::record::SyncRecord, signals::cancel_on_signals,
};

/// Runs the command.
pub async fn run(app: &App, args: &SyncArgs, spec: &SourceSpec) -> Result<(), CliError> {
    let runner = app.runner().await?;
    let cancel = cancel_on_signals();
    let context = SourceContext::new(cancel.clone(), |_| {});
    let locate = source::locate(
        &app.db,
        spec,
        args.branch.as_deref(),
        &runner.settings.source,
        &context,
        app.clock.now(),
    );
    let located = tokio::select! {
        located = locate => located?,
        () = cancel.cancelled() => return Err(SyncError::Cancelled.into()),
    };
    let wanted =
        NewSync { trigger: SyncTrigger::Cli, forced: args.force, restore_seq: None, trace_parent: None };
    let mut view = View::new(app, SyncKind::Sync);
    let drive = Drive::new(&runner, &located.branch, wanted, &mut view, cancel);
    let ended = drive.finish(Some(located.opened)).await?;
    view.end();
    report(app, &ended, &located.project, &located.branch.name)
}

/// Tells how a sync ended: its record to programs, a summary to people, and the exit code.
pub fn report(
    app: &App,
    sync: &ProjectSync,
    project: &ConnectedProject,
    branch: &str,
) -> Result<(), CliError> {
    let record = SyncRecord::new(sync, &project.project, branch);
    let error = CliError::of_ended(sync);
    let mut out = Out::stdout();
    let printed = if app.is_json() {
        out.json(&record)
    } else if error.is_none() {
        record.summary_lines().into_iter().try_for_each(|line| out.line(line))
    } else {
        Ok(())
    };
    let printed = printed.and_then(|()| out.flush());
    // How the sync ended matters more than whether anybody read it.
    match error {
        Some(error) => Err(error),
        None => Ok(printed?),
    }
}
