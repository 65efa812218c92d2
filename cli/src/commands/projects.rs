//! `projects`: what was synced.

use entities::{
    BranchId, ProjectId, SourceSpec,
    projects::{self, ConnectedProject},
    syncs,
};
use serde::Serialize;

use super::print_table;
use crate::{
    error::CliError,
    open::App,
    out::Out,
    render::{
        record::{SyncRecord, branch_name},
        table::{row, table},
        text::{clean, time},
    },
};

/// A project as it is printed.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ProjectRecord {
    id: ProjectId,
    name: String,
    /// None if it was written by a newer version of this program.
    source: Option<SourceSpec>,
    default_branch: Option<String>,
    branches: Vec<String>,
    last_sync: Option<SyncRecord>,
}

/// Runs the command.
pub async fn run(app: &App) -> Result<(), CliError> {
    let mut records = Vec::new();
    for project in projects::list(&app.db).await? {
        if let Some(project) = projects::find(&app.db, &project.id.to_string()).await? {
            records.push(record(app, project).await?);
        }
    }
    let mut out = Out::stdout();
    if app.is_json() {
        out.json_array(records)?;
        out.flush()?;
        return Ok(());
    }
    let mut rows = table(["NAME", "ID", "SOURCE", "BRANCHES", "LAST SYNC"]);
    for record in records {
        let source = record.source.map(|source| source.to_string()).unwrap_or_default();
        let last = record.last_sync.map(|sync| {
            let at = sync.finished_at.unwrap_or(sync.created_at);
            format!("{} {}, {}", sync.title(), sync.outcome(), time(at))
        });
        let cells = [
            clean(&record.name).into_owned(),
            record.id.to_string(),
            clean(&source).into_owned(),
            clean(&record.branches.join(", ")).into_owned(),
            last.unwrap_or_else(|| "none".to_owned()),
        ];
        row(&mut rows, cells);
    }
    print_table(&mut out, &rows, "there are no projects yet; `project-sync sync SOURCE` makes one")
}

async fn record(app: &App, project: ConnectedProject) -> Result<ProjectRecord, CliError> {
    let branches = projects::branches(&app.db, &project.repository).await?;
    let ids: Vec<BranchId> = branches.iter().map(|branch| branch.id).collect();
    let last = syncs::history(&app.db, &ids, 1).await?.pop();
    Ok(ProjectRecord {
        id: project.project.id,
        name: project.project.name.clone(),
        source: project.source().ok(),
        default_branch: project.repository.default_branch.clone(),
        last_sync: last
            .map(|sync| SyncRecord::new(&sync, &project.project, branch_name(&branches, sync.branch_id))),
        branches: branches.into_iter().map(|branch| branch.name).collect(),
    })
}
