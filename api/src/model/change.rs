//! What changed between two syncs.

use entities::{
    FileMode, ObjectId, SyncId,
    temporal::{Change, ChangeKind, MemoryChange, MemoryChangeKind},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{file::PathDto, words::MemoryKind};

/// Which changes are asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum DiffPart {
    /// Changes of files.
    #[default]
    Files,
    /// Changes of memory.
    Memory,
}

/// How a file changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ChangeKind)]
pub enum ChangeKindDto {
    /// It was not there before.
    Added,
    /// It is gone.
    Deleted,
    /// Its content, mode or kind changed.
    Modified,
    /// It came from another path with the same content.
    Renamed,
}

/// One side of a changed file.
#[derive(Serialize, ToSchema, Debug)]
#[serde(rename_all = "camelCase")]
#[schema(as = FileSide)]
pub struct SideDto {
    /// The mode as git shows it.
    pub mode: String,
    /// The blob, or the commit of a submodule.
    #[schema(value_type = String)]
    pub id: ObjectId,
}

/// A file that changed.
#[derive(Serialize, ToSchema, Debug)]
#[serde(rename_all = "camelCase")]
#[schema(as = FileChange)]
pub struct FileChangeDto {
    /// How it changed.
    pub change: ChangeKindDto,
    /// Where it stands; of a renamed file, where it stands now.
    #[serde(flatten)]
    pub path: PathDto,
    /// Where a renamed file stood.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<PathDto>,
    /// What it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<SideDto>,
    /// What it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<SideDto>,
}

impl From<&Change> for FileChangeDto {
    fn from(change: &Change) -> Self {
        let side = |side: Option<(FileMode, ObjectId)>| {
            side.map(|(mode, id)| SideDto { mode: mode.to_string(), id })
        };
        let (kind, from) = match &change.kind {
            ChangeKind::Added => (ChangeKindDto::Added, None),
            ChangeKind::Deleted => (ChangeKindDto::Deleted, None),
            ChangeKind::Modified => (ChangeKindDto::Modified, None),
            ChangeKind::Renamed { from } => (ChangeKindDto::Renamed, Some(PathDto::new(from))),
        };
        Self {
            change: kind,
            path: PathDto::new(&change.path),
            from,
            before: side(change.before),
            after: side(change.after),
        }
    }
}

/// How a memory entry changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = MemoryChangeKind)]
pub enum MemoryChangeKindDto {
    /// There was no entry of this key.
    Created,
    /// There is no entry of this key any more.
    Retired,
    /// Its text, title or date changed.
    Replaced,
}

/// A memory entry that changed.
#[derive(Serialize, ToSchema, Debug)]
#[serde(rename_all = "camelCase")]
#[schema(as = MemoryChange)]
pub struct MemoryChangeDto {
    /// How it changed.
    pub change: MemoryChangeKindDto,
    /// What it is.
    pub kind: MemoryKind,
    /// Its key.
    pub key: String,
    /// Its title, the newer one if there are two.
    pub title: String,
}

impl From<MemoryChange> for MemoryChangeDto {
    fn from(change: MemoryChange) -> Self {
        Self {
            change: match change.change {
                MemoryChangeKind::Created => MemoryChangeKindDto::Created,
                MemoryChangeKind::Retired => MemoryChangeKindDto::Retired,
                MemoryChangeKind::Replaced => MemoryChangeKindDto::Replaced,
            },
            kind: change.kind.into(),
            key: change.entry_key,
            title: change.title,
        }
    }
}

/// A page of what changed from one sync to another.
#[derive(Serialize, ToSchema, Debug)]
#[serde(rename_all = "camelCase")]
#[schema(as = Diff)]
pub struct DiffDto {
    /// The sync that is compared with. Absent: nothing was there yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Uuid>)]
    pub against: Option<SyncId>,
    /// The sync whose state is shown as new.
    #[schema(value_type = Uuid)]
    pub sync_id: SyncId,
    /// The files that changed, by path, if they were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub files: Option<Vec<FileChangeDto>>,
    /// The memory entries that changed, by key, if they were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory: Option<Vec<MemoryChangeDto>>,
    /// What to send as `cursor` to get the next page. Absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}
