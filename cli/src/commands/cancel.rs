//! `cancel`: asks syncs to end.

use entities::{SyncId, syncs};
use serde::Serialize;

use crate::{args::OnBranch, error::CliError, find, open::App, out::Out, render::text::clean};

/// A sync that was asked to end.
#[derive(Serialize)]
struct CancelRecord {
    id: SyncId,
    branch: String,
}

/// Runs the command: on the named branch, or on all of the project.
pub async fn run(app: &App, args: &OnBranch) -> Result<(), CliError> {
    let project = find::project(app, &args.project).await?;
    let dispatcher = app.dispatcher().await?;
    let mut asked = Vec::new();
    for branch in find::branches(app, &project, args.branch.as_deref()).await? {
        let waiting = syncs::waiting(&app.db, branch.id).await?;
        let active = syncs::active(&app.db, branch.id).await?;
        for sync in waiting.into_iter().chain(active) {
            if dispatcher.cancel(&sync, app.clock.now()).await? {
                asked.push(CancelRecord { id: sync.id, branch: branch.name.clone() });
            }
        }
    }
    if asked.is_empty() {
        return Err(CliError::not_found("no sync of the project is pending or running", None));
    }
    let mut out = Out::stdout();
    if app.is_json() {
        out.json_array(asked)?;
    } else {
        for record in asked {
            out.line(format_args!("asked sync {} of branch {} to end", record.id, clean(&record.branch)))?;
        }
    }
    out.flush()?;
    Ok(())
}
