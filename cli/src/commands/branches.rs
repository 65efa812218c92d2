//! `branches`: what a repository has.

use entities::{SourceSpec, projects};
use serde::Serialize;
use source::{SourceContext, open_project, open_source};

use super::print_table;
use crate::{
    error::CliError,
    open::App,
    out::Out,
    render::{
        table::{row, table},
        text::clean,
    },
};

/// A branch as it is printed.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct BranchRecord {
    name: String,
    commit: String,
    is_default: bool,
    /// The number of its latest completed sync.
    last_number: Option<i64>,
}

/// Runs the command.
pub async fn run(app: &App, spec: &SourceSpec) -> Result<(), CliError> {
    let project = projects::find_by_source(&app.db, spec).await?;
    let source = match &project {
        Some(project) => open_project(&app.db, project, &app.settings.source).await?,
        None => open_source(spec, &app.settings.source)?,
    };
    let heads = source.branches(&SourceContext::quiet()).await?;
    let synced = match &project {
        Some(project) => projects::branches(&app.db, &project.repository).await?,
        None => Vec::new(),
    };
    let records = heads.into_iter().map(|head| {
        let row = synced.iter().find(|branch| branch.name == head.name);
        let last_number = row.map(|branch| branch.head_seq).filter(|seq| *seq > 0);
        BranchRecord {
            name: head.name,
            commit: head.commit.to_string(),
            is_default: head.is_default,
            last_number,
        }
    });
    let mut out = Out::stdout();
    if app.is_json() {
        out.json_array(records)?;
        out.flush()?;
        return Ok(());
    }
    let mut rows = table(["NAME", "HEAD", "DEFAULT", "SYNCED"]);
    for record in records {
        let default = if record.is_default { "default" } else { "" };
        let synced = record.last_number.map(|number| format!("#{number}")).unwrap_or_default();
        let head = record.commit.get(..10).unwrap_or(&record.commit).to_owned();
        row(&mut rows, [clean(&record.name).into_owned(), head, default.to_owned(), synced]);
    }
    print_table(&mut out, &rows, "the repository has no branches")
}
