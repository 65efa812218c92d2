//! Files and memory of a state, page by page. A page begins behind a position, so that walking over all pages meets each
//! row of the state once, whatever is synced meanwhile.

use futures::StreamExt;
use sea_orm::{ConnectionTrait, DbBackend, DbErr, FromQueryResult, StreamTrait, Value};

use super::{
    listing::ListedFile,
    memory::{ListedEntry, MemoryFilter, search_words},
    state::StateAt,
};
use crate::scope::{OfTenant, TenantDb};

/// A page of memory ends once its texts come to this many bytes, even if it is not full.
pub const MAX_PAGE_TEXT_BYTES: usize = 4 << 20;

/// Which files of a state are meant. All of them, where nothing is said.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct FileFilter {
    /// Only those whose path holds this text; capital letters count as small ones.
    pub query: Option<String>,
    /// Only those whose path begins with these bytes.
    pub prefix: Option<Vec<u8>>,
}

/// Where a page of memory begins: behind this entry.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MemoryPosition {
    /// How well it matches the words, as the bits of a double; the same for all where there are none.
    pub rank: u64,
    /// The path of its file.
    pub path: Vec<u8>,
    /// Its row.
    pub id: i64,
}

impl StateAt {
    /// The files behind the path `after`, by the bytes of their paths, at most `limit`.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn files_page(
        &self,
        db: &impl OfTenant,
        filter: &FileFilter,
        after: Option<&[u8]>,
        limit: u64,
    ) -> Result<Vec<ListedFile>, DbErr> {
        let backend = db.get_database_backend();
        let mut values: Vec<Value> = Vec::new();
        let mut bind = |value: Value| {
            values.push(value);
            format!("${}", 3 + values.len())
        };
        let mut conditions = Vec::new();
        if let Some(after) = after {
            conditions.push(format!("t.path > {}", bind(after.to_vec().into())));
        }
        if let Some(prefix) = &filter.prefix {
            conditions.push(format!("t.path >= {}", bind(prefix.clone().into())));
            if let Some(end) = end_of_prefix(prefix) {
                conditions.push(format!("t.path < {}", bind(end.into())));
            }
        }
        if let Some(query) = &filter.query {
            conditions.push(path_holds(backend, &bind(query.clone().into())));
        }
        let columns = "t.tenant_id, t.path, t.mode, t.blob_id, t.submodule_id";
        let sql = format!(
            "SELECT t.path, t.mode, t.blob_id, t.submodule_id, b.size, \
             EXISTS (SELECT 1 FROM blob_contents c WHERE c.tenant_id = t.tenant_id AND c.blob_id = t.blob_id) AS stored \
             FROM (SELECT * FROM ({}) u ORDER BY u.path LIMIT {limit}) t \
             LEFT JOIN file_blobs b ON b.tenant_id = t.tenant_id AND b.id = t.blob_id ORDER BY t.path",
            Self::rows("repository_files", columns, &conditions.join(" AND "))
        );
        ListedFile::find_by_statement(self.statement(db, sql, values)).all(db).await
    }

    /// The memory behind `after`: by path, or, where the filter holds words, the best matches first. At most as many as
    /// the filter's limit, and fewer where their texts come to [`MAX_PAGE_TEXT_BYTES`]. With the position that the next
    /// page begins at, if there is more.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn memory_page(
        &self,
        db: &TenantDb,
        filter: &MemoryFilter,
        after: Option<&MemoryPosition>,
    ) -> Result<(Vec<ListedEntry>, Option<MemoryPosition>), DbErr> {
        let backend = db.get_database_backend();
        let Some((sql, values)) = self.memory_query(backend, filter, after) else {
            return Ok((Vec::new(), None));
        };
        let transaction = db.begin().await?;
        let mut rows = std::pin::pin!(transaction.stream_raw(self.statement(db, sql, values)).await?);
        let (mut entries, mut last, mut bytes) = (Vec::new(), None, 0);
        while let Some(row) = rows.next().await {
            let row = row?;
            let is_full = entries.len() as u64 >= filter.limit.unwrap_or(u64::MAX);
            if is_full || (bytes > MAX_PAGE_TEXT_BYTES && !entries.is_empty()) {
                return Ok((entries, last));
            }
            let entry = ListedEntry::from_query_result(&row, "")?;
            let rank: f64 = row.try_get("", "rank")?;
            last = Some(MemoryPosition { rank: rank.to_bits(), path: entry.path.clone(), id: entry.id });
            bytes += entry.body.len();
            entries.push(entry);
        }
        Ok((entries, None))
    }

    /// The query for a page of memory, and what it binds. `None` if the words hold nothing to look for.
    fn memory_query(
        &self,
        backend: DbBackend,
        filter: &MemoryFilter,
        after: Option<&MemoryPosition>,
    ) -> Option<(String, Vec<Value>)> {
        let mut values: Vec<Value> = Vec::new();
        let mut bind = |value: Value| {
            values.push(value);
            format!("${}", 3 + values.len())
        };
        let mut conditions = vec![match filter.superseded_too {
            true => "t.branch_id = $1 AND t.tenant_id = $3 AND +t.valid_from <= $2".to_owned(),
            false => Self::HOLDS.to_owned(),
        }];
        let mut from = "memory_entries t JOIN memory_contents c \
             ON c.tenant_id = t.tenant_id AND c.hash = t.content_hash"
            .to_owned();
        let mut rank = "CAST(0 AS double precision)".to_owned();
        if let Some(words) = &filter.query {
            let words = search_words(backend, words);
            if words.trim().is_empty() {
                return None;
            }
            let words = bind(words.into());
            if backend == DbBackend::Sqlite {
                // CROSS fixes the order: from the words to the texts to the entries.
                from = "memory_contents_search s CROSS JOIN memory_contents c ON c.id = s.rowid \
                     CROSS JOIN memory_entries t ON t.tenant_id = c.tenant_id AND t.content_hash = c.hash"
                    .to_owned();
                conditions.push(format!("memory_contents_search MATCH {words}"));
                rank = "bm25(memory_contents_search)".to_owned();
            } else {
                let query = format!("plainto_tsquery('english', {words})");
                conditions.push(format!("c.id IN (SELECT memory_search({query}))"));
                rank = format!("CAST(-ts_rank(c.search, {query}) AS double precision)");
            }
        }
        if let Some(kind) = filter.kind {
            conditions.push(format!("t.kind = {}", bind(kind.as_str().into())));
        }
        if let Some(after) = after {
            let rank_at = bind(f64::from_bits(after.rank).into());
            let (path, id) = (bind(after.path.clone().into()), bind(after.id.into()));
            conditions.push(format!("({rank}, t.path, t.id) > ({rank_at}, {path}, {id})"));
        }
        // One more than wanted tells whether there is a next page.
        let limit = filter.limit.map(|limit| format!("LIMIT {}", limit + 1)).unwrap_or_default();
        let sql = format!(
            "SELECT t.id, t.kind, t.entry_key, t.path, t.title, t.heading_path, t.dated_at, t.content_hash, c.body, \
             t.valid_from, CASE WHEN t.valid_to <= $2 THEN t.valid_to END AS valid_to, {rank} AS rank FROM {from} \
             WHERE {} ORDER BY {rank}, t.path, t.id {limit}",
            conditions.join(" AND ")
        );
        Some((sql, values))
    }
}

/// The first bytes behind all that begin with `prefix`. `None` if nothing is.
fn end_of_prefix(prefix: &[u8]) -> Option<Vec<u8>> {
    let last = prefix.iter().rposition(|byte| *byte != 0xff)?;
    let mut end = prefix[..=last].to_vec();
    end[last] += 1;
    Some(end)
}

/// Whether a path, whose bytes may be anything, holds a text.
fn path_holds(backend: DbBackend, text: &str) -> String {
    match backend {
        DbBackend::Sqlite => format!("instr(lower(CAST(t.path AS TEXT)), lower({text})) > 0"),
        // Bytes that are no ASCII become digits on both sides.
        _ => format!(
            "position(lower(encode(convert_to({text}, 'UTF8'), 'escape')) IN lower(encode(t.path, 'escape'))) > 0"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_ends_where_the_next_one_begins() {
        assert_eq!(end_of_prefix(b"src/"), Some(b"src0".to_vec()));
        assert_eq!(end_of_prefix(b"a\xff\xff"), Some(b"b".to_vec()));
        assert_eq!(end_of_prefix(b"\xff"), None);
        assert_eq!(end_of_prefix(b""), None);
    }
}
