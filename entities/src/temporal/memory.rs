//! Reading memory entries of a state.

use chrono::{DateTime, Utc};
use sea_orm::{DbBackend, DbErr, FromQueryResult, Value};

use super::state::{StateAt, placeholders};
use crate::scope::OfTenant;
use crate::{
    memory_kind::MemoryKind,
    object::{ContentHash, PathHash},
};

/// What of a state's memory to list.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct MemoryFilter {
    /// Words that must all occur in the text, in any form of them. The best matches come first.
    pub query: Option<String>,
    /// Entries of this kind only.
    pub kind: Option<MemoryKind>,
    /// Superseded entries too: every version of every entry up to this state, as far back as states are kept.
    pub superseded_too: bool,
    /// At most this many.
    pub limit: Option<u64>,
}

/// A memory entry as it is listed for users.
#[derive(Clone, PartialEq, Eq, Debug, FromQueryResult)]
pub struct ListedEntry {
    /// The row's id.
    pub id: i64,
    /// What it is.
    pub kind: MemoryKind,
    /// What stays the same while its text changes.
    pub entry_key: String,
    /// The file that it was derived from.
    pub path: Vec<u8>,
    /// Its title.
    pub title: String,
    /// The headings above it and its own.
    pub heading_path: sea_orm::JsonValue,
    /// The date that it bears.
    pub dated_at: Option<DateTime<Utc>>,
    /// The digest of its text.
    pub content_hash: ContentHash,
    /// Its text.
    pub body: String,
    /// The sync that it came with.
    pub valid_from: i64,
    /// The sync that superseded it, as seen at this state.
    pub valid_to: Option<i64>,
}

/// An active entry, as far as telling whether it changed needs.
#[derive(Clone, PartialEq, Eq, Debug, FromQueryResult)]
pub struct OpenEntry {
    /// The row's id.
    pub id: i64,
    /// The digest of its key.
    pub key_hash: PathHash,
    /// The digest of its file's path.
    pub path_hash: PathHash,
    /// What it is.
    pub kind: MemoryKind,
    /// Its title.
    pub title: String,
    /// The date that it bears.
    pub dated_at: Option<DateTime<Utc>>,
    /// The headings above it and its own.
    pub heading_path: sea_orm::JsonValue,
    /// The digest of its text.
    pub content_hash: ContentHash,
    /// The sync that it came with.
    pub valid_from: i64,
}

impl StateAt {
    /// Lists memory: active entries only, unless the filter asks for superseded ones.
    pub async fn memory(&self, db: &impl OfTenant, filter: &MemoryFilter) -> Result<Vec<ListedEntry>, DbErr> {
        let backend = db.get_database_backend();
        let mut values: Vec<Value> = Vec::new();
        let mut conditions = if filter.superseded_too {
            "t.branch_id = $1 AND t.tenant_id = $3 AND +t.valid_from <= $2".to_owned()
        } else {
            Self::HOLDS.to_owned()
        };
        let mut from = "memory_entries t JOIN memory_contents c \
             ON c.tenant_id = t.tenant_id AND c.hash = t.content_hash"
            .to_owned();
        let mut order = "t.path, t.id".to_owned();
        if let Some(words) = &filter.query {
            let words = search_words(backend, words);
            if words.trim().is_empty() {
                return Ok(Vec::new());
            }
            values.push(words.into());
            let placeholder = format!("${}", 3 + values.len());
            match backend {
                DbBackend::Sqlite => {
                    // CROSS fixes the order: from the words to the texts to the entries.
                    from = "memory_contents_search s CROSS JOIN memory_contents c ON c.id = s.rowid \
                         CROSS JOIN memory_entries t ON t.tenant_id = c.tenant_id AND t.content_hash = c.hash"
                        .to_owned();
                    conditions += &format!(" AND memory_contents_search MATCH {placeholder}");
                    order = format!("bm25(memory_contents_search), {order}");
                }
                _ => {
                    let query = format!("plainto_tsquery('english', {placeholder})");
                    conditions += &format!(" AND c.id IN (SELECT memory_search({query}))");
                    order = format!("ts_rank(c.search, {query}) DESC, {order}");
                }
            }
        }
        if let Some(kind) = filter.kind {
            values.push(kind.as_str().into());
            conditions += &format!(" AND t.kind = ${}", 3 + values.len());
        }
        let limit = filter.limit.map(|limit| format!("LIMIT {limit}")).unwrap_or_default();
        let sql = format!(
            "SELECT t.id, t.kind, t.entry_key, t.path, t.title, t.heading_path, t.dated_at, t.content_hash, c.body, \
             t.valid_from, CASE WHEN t.valid_to <= $2 THEN t.valid_to END AS valid_to FROM {from} \
             WHERE {conditions} ORDER BY {order} {limit}"
        );
        ListedEntry::find_by_statement(self.statement(db, sql, values)).all(db).await
    }

    /// The active entries of these files (at most [`super::ROWS_PER_STATEMENT`] of them).
    pub async fn entries_of(&self, db: &impl OfTenant, paths: &[PathHash]) -> Result<Vec<OpenEntry>, DbErr> {
        if paths.is_empty() {
            return Ok(Vec::new());
        }
        let columns = "t.id, t.key_hash, t.path_hash, t.kind, t.title, t.dated_at, t.heading_path, t.content_hash, \
             t.valid_from";
        let condition = format!("t.path_hash IN ({})", placeholders(paths.len()));
        let sql = Self::rows("memory_entries", columns, &condition);
        let values = paths.iter().map(|path| (*path).into());
        OpenEntry::find_by_statement(self.statement(db, sql, values)).all(db).await
    }
}

/// A user's words in the database's query language, so that nothing in them is an operator.
pub(super) fn search_words(backend: DbBackend, words: &str) -> String {
    match backend {
        DbBackend::Sqlite => words
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .map(|word| format!("\"{word}\""))
            .collect::<Vec<_>>()
            .join(" "),
        _ => words.replace('\0', " "),
    }
}
