//! `history`: every sync.

use entities::{BranchId, ProjectSync, syncs};

use super::print_table;
use crate::{
    args::HistoryArgs,
    error::CliError,
    find,
    open::App,
    out::Out,
    render::{
        record::{SyncRecord, short_id},
        table::{row, table},
        text::{clean, duration, number, time},
    },
};

/// Runs the command.
pub async fn run(app: &App, args: &HistoryArgs) -> Result<(), CliError> {
    let project = find::project(app, &args.project).await?;
    let branches = find::branches(app, &project, args.branch.as_deref()).await?;
    let ids: Vec<BranchId> = branches.iter().map(|branch| branch.id).collect();
    let syncs = syncs::history(&app.db, &ids, args.limit).await?;
    let record = |sync: &ProjectSync| SyncRecord::of_branches(sync, &project.project, &branches);
    let mut out = Out::stdout();
    if app.is_json() {
        out.json_array(syncs.iter().map(record))?;
        out.flush()?;
        return Ok(());
    }
    let mut rows = table([
        ">#",
        "ID",
        "BRANCH",
        "WHAT",
        "BY",
        "WHEN (UTC)",
        ">TOOK",
        "COMMIT",
        "FILES",
        "MEMORY",
        "OUTCOME",
        "FOLLOWS",
    ]);
    for sync in &syncs {
        row(&mut rows, cells(&record(sync)));
    }
    print_table(&mut out, &rows, "nothing was synced yet")
}

fn cells(sync: &SyncRecord) -> [String; 12] {
    let counts = &sync.counts;
    let changes = [("+", counts.added), ("~", counts.modified), ("-", counts.deleted), ("→", counts.renamed)]
        .map(|(sign, count)| format!("{sign}{}", number(count)))
        .join(" ");
    // A branch's completed syncs are one chain: each follows the one of the number before.
    let follows =
        sync.number.filter(|_| sync.previous_sync_id.is_some()).map(|number| format!("#{}", number - 1));
    [
        sync.number.map(|number| number.to_string()).unwrap_or_default(),
        short_id(sync.id),
        clean(&sync.branch).into_owned(),
        sync.what(),
        sync.trigger.to_string(),
        time(sync.started_at.unwrap_or(sync.created_at)),
        sync.duration_ms.map(duration).unwrap_or_default(),
        sync.commit.map(|commit| commit.short()).unwrap_or_default(),
        changes,
        format!("+{} -{}", number(counts.entries_created), number(counts.entries_superseded)),
        sync.outcome(),
        follows.unwrap_or_default(),
    ]
}
