//! `files`: the files of a state, as they come from the database, never all at once.

use base64::{Engine, engine::general_purpose::STANDARD};
use entities::{FileKind, FileMode, ObjectId, temporal::ListedFile};
use futures::TryStreamExt;
use serde::Serialize;

use crate::{args::AtSync, error::CliError, find, open::App, out::Out, render::text::path};

/// A path as programs read it: text, and the bytes where they are not UTF-8.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PathRecord {
    /// The path; what is not UTF-8 in it is U+FFFD.
    path: String,
    /// The path's bytes, if they are not UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    path_base64: Option<String>,
}

impl PathRecord {
    /// The record of a path's bytes.
    pub fn new(bytes: &[u8]) -> Self {
        match std::str::from_utf8(bytes) {
            Ok(text) => Self { path: text.to_owned(), path_base64: None },
            Err(_) => Self {
                path: String::from_utf8_lossy(bytes).into_owned(),
                path_base64: Some(STANDARD.encode(bytes)),
            },
        }
    }
}

/// A file as it is printed.
#[derive(Serialize)]
struct FileRecord {
    #[serde(flatten)]
    path: PathRecord,
    mode: FileMode,
    kind: FileKind,
    /// In bytes; none for a submodule.
    size: Option<i64>,
    /// The blob, or the commit of a submodule.
    blob: Option<ObjectId>,
    /// Whether the content is in the database.
    stored: bool,
}

/// Runs the command.
pub async fn run(app: &App, args: &AtSync) -> Result<(), CliError> {
    let project = find::project(app, &args.on.project).await?;
    let sync = find::sync(app, &project, args.on.branch.as_deref(), &args.at).await?;
    let transaction = app.db.begin().await?;
    let mut files = std::pin::pin!(find::state_after(app, &sync).await?.stream_files(&transaction).await?);
    let mut out = Out::stdout();
    if app.is_json() {
        let mut array = out.array();
        while let Some(file) = files.try_next().await? {
            array.push(&record(file))?;
        }
        array.end()?;
    } else {
        out.line(format_args!("{:6}  {:>12}  {:40}  PATH", "MODE", "SIZE", "BLOB"))?;
        while let Some(file) = files.try_next().await? {
            let size = file.size.map_or_else(|| "-".to_owned(), |size| size.to_string());
            let object = file.blob_id.or(file.submodule_id).map(|id| id.to_string()).unwrap_or_default();
            out.line(format_args!("{}  {size:>12}  {object}  {}", file.mode, path(&file.path)))?;
        }
    }
    out.flush()?;
    Ok(())
}

fn record(file: ListedFile) -> FileRecord {
    FileRecord {
        path: PathRecord::new(&file.path),
        mode: file.mode,
        kind: file.mode.kind(),
        size: file.size,
        blob: file.blob_id.or(file.submodule_id),
        stored: file.stored,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_json_is_stable() {
        let file = |path: &[u8], mode, submodule: bool| {
            let id = Some(ObjectId::EMPTY_TREE);
            let record = record(ListedFile {
                path: path.to_owned(),
                mode,
                blob_id: id.filter(|_| !submodule),
                submodule_id: id.filter(|_| submodule),
                size: (!submodule).then_some(12),
                stored: !submodule,
            });
            serde_json::to_string(&record).unwrap()
        };
        let lines = [
            file(b"src/main.rs", FileMode::FILE, false),
            file(b"latin-\xe9\n", FileMode::EXECUTABLE, false),
            file(b"vendor/x", FileMode::SUBMODULE, true),
        ];
        insta::assert_snapshot!(lines.join("\n"));
    }
}
