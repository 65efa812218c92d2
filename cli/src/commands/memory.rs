//! `memory`: what is known.

use chrono::{DateTime, Utc};
use entities::{
    ContentHash, MemoryKind,
    temporal::{ListedEntry, MemoryFilter},
};
use serde::Serialize;

use super::{files::PathRecord, print_table};
use crate::{
    args::MemoryArgs,
    error::CliError,
    find,
    open::App,
    out::Out,
    render::{
        table::{row, table},
        text::{clean, clean_lines, cut, path},
    },
};

/// Where titles are cut in the table, in characters.
const TITLE_CHARS: usize = 60;

/// An entry as it is printed.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct EntryRecord {
    id: i64,
    kind: MemoryKind,
    key: String,
    #[serde(flatten)]
    path: PathRecord,
    title: String,
    heading_path: serde_json::Value,
    date: Option<DateTime<Utc>>,
    body: String,
    content_hash: ContentHash,
    /// The number of the sync that it came with.
    valid_from: i64,
    /// The number of the sync that superseded it.
    valid_to: Option<i64>,
    /// `active` or `superseded`.
    status: &'static str,
}

/// Runs the command.
pub async fn run(app: &App, args: &MemoryArgs) -> Result<(), CliError> {
    let on = &args.state.on;
    let project = find::project(app, &on.project).await?;
    let sync = find::sync(app, &project, on.branch.as_deref(), &args.state.at).await?;
    let filter = MemoryFilter {
        query: args.query.clone(),
        kind: args.kind.map(Into::into),
        superseded_too: args.all,
        limit: args.limit,
    };
    if filter.query.as_deref().is_some_and(|words| !words.contains(char::is_alphanumeric)) {
        return Err(CliError::usage("--query holds no word"));
    }
    let entries = find::state_after(app, &sync).await?.memory(&app.db, &filter).await?;
    let mut out = Out::stdout();
    if app.is_json() {
        out.json_array(entries.into_iter().map(record))?;
        out.flush()?;
        return Ok(());
    }
    if args.body {
        for entry in &entries {
            print_body(&mut out, entry)?;
        }
        out.flush()?;
        return Ok(());
    }
    let mut rows = table(["KIND", "TITLE", "DATE", "SINCE", "UNTIL", "KEY"]);
    for entry in &entries {
        row(&mut rows, cells(entry));
    }
    print_table(&mut out, &rows, "no entries")
}

fn status(entry: &ListedEntry) -> &'static str {
    if entry.valid_to.is_some() { "superseded" } else { "active" }
}

fn record(entry: ListedEntry) -> EntryRecord {
    EntryRecord {
        status: status(&entry),
        id: entry.id,
        kind: entry.kind,
        key: entry.entry_key,
        path: PathRecord::new(&entry.path),
        title: entry.title,
        heading_path: entry.heading_path,
        date: entry.dated_at,
        body: entry.body,
        content_hash: entry.content_hash,
        valid_from: entry.valid_from,
        valid_to: entry.valid_to,
    }
}

fn cells(entry: &ListedEntry) -> [String; 6] {
    [
        entry.kind.to_string(),
        clean(&cut(&entry.title, TITLE_CHARS)).into_owned(),
        entry.dated_at.map(|at| at.format("%Y-%m-%d").to_string()).unwrap_or_default(),
        format!("#{}", entry.valid_from),
        entry.valid_to.map(|seq| format!("#{seq}")).unwrap_or_default(),
        clean(&entry.entry_key).into_owned(),
    ]
}

fn print_body(out: &mut Out, entry: &ListedEntry) -> Result<(), CliError> {
    let until = entry.valid_to.map(|seq| format!(" until #{seq}")).unwrap_or_default();
    out.line(format_args!("── {} · {}", entry.kind, clean(&entry.title)))?;
    out.line(format_args!("   {} · since #{}{until}", path(&entry.path), entry.valid_from))?;
    out.line("")?;
    out.line(clean_lines(entry.body.trim_end()))?;
    out.line("")?;
    Ok(())
}
