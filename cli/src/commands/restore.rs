//! `restore`: files and memory as they were, as a new sync.

use entities::{SyncKind, SyncTrigger, syncs::NewSync};

use super::sync::report;
use crate::{
    args::RestoreArgs, drive::Drive, error::CliError, find, live::View, open::App, signals::cancel_on_signals,
};

/// Runs the command.
pub async fn run(app: &App, args: &RestoreArgs) -> Result<(), CliError> {
    let project = find::project(app, &args.on.project).await?;
    let to = find::sync(app, &project, args.on.branch.as_deref(), &args.to).await?;
    let state = find::state_after(app, &to).await?;
    let branches = find::branches(app, &project, args.on.branch.as_deref()).await?;
    let Some(branch) = branches.into_iter().find(|branch| branch.id == to.branch_id) else {
        return Err(CliError::usage(
            "the sync is of another branch: a branch is restored to a sync of its own",
        ));
    };
    let runner = app.runner().await?;
    let wanted = NewSync {
        trigger: SyncTrigger::Cli,
        forced: false,
        restore_seq: Some(state.seq()),
        trace_parent: None,
    };
    let mut view = View::new(app, SyncKind::Restore);
    let drive = Drive::new(&runner, &branch, wanted, &mut view, cancel_on_signals());
    let ended = drive.finish(None).await?;
    view.end();
    report(app, &ended, &project, &branch.name)
}
