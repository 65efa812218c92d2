//! `diff`: what changed between two syncs.

use entities::{
    FileMode, MemoryKind, ObjectId, Project, ProjectSync,
    temporal::{Change, ChangeKind, MemoryChange, MemoryChangeKind, StateAt, StateError},
};
use serde::Serialize;

use super::files::PathRecord;
use crate::{
    args::DiffArgs,
    error::CliError,
    find,
    open::App,
    out::Out,
    render::{
        record::SyncRecord,
        text::{clean, path},
    },
};

/// A file's mode and object on one side.
#[derive(Serialize)]
struct SideRecord {
    mode: FileMode,
    id: ObjectId,
}

/// A changed file as it is printed.
#[derive(Serialize)]
struct FileChangeRecord {
    change: &'static str,
    #[serde(flatten)]
    path: PathRecord,
    /// The path that a renamed file had.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<PathRecord>,
    before: Option<SideRecord>,
    after: Option<SideRecord>,
}

/// A changed memory entry as it is printed.
#[derive(Serialize)]
struct MemoryChangeRecord {
    change: &'static str,
    kind: MemoryKind,
    key: String,
    title: String,
}

/// All of it.
#[derive(Serialize)]
struct DiffRecord {
    /// None: nothing was there yet.
    from: Option<SyncRecord>,
    to: SyncRecord,
    files: Vec<FileChangeRecord>,
    memory: Vec<MemoryChangeRecord>,
}

/// The two sides.
struct Sides {
    before: StateAt,
    after: StateAt,
    from: Option<ProjectSync>,
    to: ProjectSync,
}

/// Runs the command.
pub async fn run(app: &App, args: &DiffArgs) -> Result<(), CliError> {
    let project = find::project(app, &args.project).await?;
    let branch = args.branch.as_deref();
    let first = find::sync(app, &project, branch, &args.first).await?;
    let second = match &args.second {
        Some(text) => Some(find::sync(app, &project, branch, text).await?),
        None => None,
    };
    let sides = sides(app, first, second).await?;
    let files = sides.before.changes_to(&app.db, &sides.after).await?;
    let memory = sides.before.memory_changes_to(&app.db, &sides.after).await?;
    let mut out = Out::stdout();
    if app.is_json() {
        let branches = find::branches(app, &project, None).await?;
        let name = crate::render::record::branch_name(&branches, sides.to.branch_id);
        out.json(&record(&sides, &project.project, name, files, memory))?;
    } else {
        print(&mut out, &files, &memory)?;
    }
    out.flush()?;
    Ok(())
}

async fn sides(app: &App, first: ProjectSync, second: Option<ProjectSync>) -> Result<Sides, CliError> {
    let state = find::state_after(app, &first).await?;
    match second {
        Some(second) if second.branch_id != first.branch_id => Err(CliError::usage(
            "the two syncs are of different branches: only syncs of one branch are compared",
        )),
        Some(second) => Ok(Sides {
            before: state,
            after: find::state_after(app, &second).await?,
            from: Some(first),
            to: second,
        }),
        None => {
            let from = match first.previous_sync_id {
                Some(id) => entities::syncs::get(&app.db, id).await?,
                None => None,
            };
            let before = match StateAt::before(&app.db, &first).await {
                Ok(before) => before,
                Err(StateError::NotCompleted { .. }) => state,
                Err(StateError::Forgotten(error)) => return Err(find::forgotten(error)),
                Err(StateError::Database(error)) => return Err(error.into()),
            };
            Ok(Sides { before, after: state, from, to: first })
        }
    }
}

fn record(
    sides: &Sides,
    project: &Project,
    branch: &str,
    files: Vec<Change>,
    memory: Vec<MemoryChange>,
) -> DiffRecord {
    DiffRecord {
        from: sides.from.as_ref().map(|sync| SyncRecord::new(sync, project, branch)),
        to: SyncRecord::new(&sides.to, project, branch),
        files: files.iter().map(file_record).collect(),
        memory: memory.into_iter().map(memory_record).collect(),
    }
}

fn file_record(change: &Change) -> FileChangeRecord {
    let side = |side: Option<(FileMode, ObjectId)>| side.map(|(mode, id)| SideRecord { mode, id });
    let (word, from) = match &change.kind {
        ChangeKind::Added => ("added", None),
        ChangeKind::Deleted => ("deleted", None),
        ChangeKind::Modified => ("modified", None),
        ChangeKind::Renamed { from } => ("renamed", Some(PathRecord::new(from))),
    };
    FileChangeRecord {
        change: word,
        path: PathRecord::new(&change.path),
        from,
        before: side(change.before),
        after: side(change.after),
    }
}

fn memory_record(change: MemoryChange) -> MemoryChangeRecord {
    MemoryChangeRecord {
        change: match change.change {
            MemoryChangeKind::Created => "created",
            MemoryChangeKind::Retired => "retired",
            MemoryChangeKind::Replaced => "replaced",
        },
        kind: change.kind,
        key: change.entry_key,
        title: change.title,
    }
}

fn print(out: &mut Out, files: &[Change], memory: &[MemoryChange]) -> Result<(), CliError> {
    if files.is_empty() && memory.is_empty() {
        crate::out::tell("nothing changed");
        return Ok(());
    }
    for change in files {
        out.line(file_line(change))?;
    }
    if !memory.is_empty() {
        out.line(if files.is_empty() { "memory" } else { "\nmemory" })?;
    }
    for change in memory {
        let sign = match change.change {
            MemoryChangeKind::Created => '+',
            MemoryChangeKind::Retired => '-',
            MemoryChangeKind::Replaced => '~',
        };
        let (title, key) = (clean(&change.title), clean(&change.entry_key));
        out.line(format_args!("{sign} {:8}  {title}  ({key})", change.kind))?;
    }
    Ok(())
}

/// A changed file: letter, modes and ids before and after, path.
fn file_line(change: &Change) -> String {
    let sides = |side: Option<(FileMode, ObjectId)>| match side {
        Some((mode, id)) => (mode.to_string(), id.short()),
        None => ("000000".to_owned(), "0000000000".to_owned()),
    };
    let ((mode_before, id_before), (mode_after, id_after)) = (sides(change.before), sides(change.after));
    let new = path(&change.path);
    let (letter, shown) = match &change.kind {
        ChangeKind::Added => ('A', new.into_owned()),
        ChangeKind::Deleted => ('D', new.into_owned()),
        ChangeKind::Modified => ('M', new.into_owned()),
        ChangeKind::Renamed { from } => ('R', format!("{} → {new}", path(from))),
    };
    format!("{letter}  {mode_before} {mode_after}  {id_before} {id_after}  {shown}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_read_as_lines_and_json() {
        let side = Some((FileMode::FILE, ObjectId::EMPTY_TREE));
        let changes = [
            Change { path: b"new".into(), kind: ChangeKind::Added, before: None, after: side },
            Change { path: b"gone".into(), kind: ChangeKind::Deleted, before: side, after: None },
            Change {
                path: b"to\n".into(),
                kind: ChangeKind::Renamed { from: b"fr\xe9m".into() },
                before: side,
                after: side,
            },
        ];
        let shown: Vec<String> = changes
            .iter()
            .flat_map(|change| [file_line(change), serde_json::to_string(&file_record(change)).unwrap()])
            .collect();
        insta::assert_snapshot!(shown.join("\n"));
    }
}
