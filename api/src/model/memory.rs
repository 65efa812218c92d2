//! Memory.

use chrono::{DateTime, Utc};
use entities::{ContentHash, temporal::ListedEntry};
use serde::Serialize;
use utoipa::ToSchema;

use super::{file::PathDto, words::MemoryKind};

/// A piece of knowledge.
#[derive(Serialize, ToSchema, Debug)]
#[serde(rename_all = "camelCase")]
#[schema(as = MemoryEntry)]
pub struct MemoryDto {
    /// The id of this version of it.
    pub id: i64,
    /// What it is.
    pub kind: MemoryKind,
    /// What stays the same while its text changes.
    pub key: String,
    /// The file that it comes from.
    #[serde(flatten)]
    pub path: PathDto,
    /// Its title.
    pub title: String,
    /// The headings above it and its own, outermost first.
    pub heading_path: Vec<String>,
    /// The date that it bears.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date: Option<DateTime<Utc>>,
    /// Its text.
    pub body: String,
    /// The digest of its text.
    #[schema(value_type = String)]
    pub content_hash: ContentHash,
    /// The number of the sync that it came with.
    pub valid_from: i64,
    /// The number of the sync that superseded it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid_to: Option<i64>,
    /// Whether it is superseded, as seen at the state that was asked for.
    pub is_superseded: bool,
}

impl From<ListedEntry> for MemoryDto {
    fn from(entry: ListedEntry) -> Self {
        Self {
            id: entry.id,
            kind: entry.kind.into(),
            key: entry.entry_key,
            path: PathDto::new(&entry.path),
            title: entry.title,
            heading_path: serde_json::from_value(entry.heading_path).unwrap_or_default(),
            date: entry.dated_at,
            body: entry.body,
            content_hash: entry.content_hash,
            valid_from: entry.valid_from,
            valid_to: entry.valid_to,
            is_superseded: entry.valid_to.is_some(),
        }
    }
}
