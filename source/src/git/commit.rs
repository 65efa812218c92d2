//! What a commit object tells.

use chrono::DateTime;
use entities::ObjectId;
use gix::objs::Kind;

use crate::{CommitInfo, MAX_SUMMARY_CHARS, SourceError, object};

/// Reads a commit's bytes after checking that they hash to `id`.
///
/// Only the tree is indispensable: old tools wrote dates and names that no strict parser takes.
pub(super) fn read(id: ObjectId, bytes: &[u8]) -> Result<CommitInfo, SourceError> {
    if object::object_id(Kind::Commit, bytes) != id {
        return Err(SourceError::Corrupt(format!("commit {id} has other bytes than its id says")));
    }
    let (headers, message) = match bytes.windows(2).position(|pair| pair == b"\n\n") {
        Some(end) => (&bytes[..end], &bytes[end + 2..]),
        None => (bytes, &[][..]),
    };
    let header = |name: &[u8]| headers.split(|byte| *byte == b'\n').find_map(|line| line.strip_prefix(name));
    let tree = header(b"tree ")
        .and_then(|id| std::str::from_utf8(id).ok())
        .and_then(|id| id.parse().ok())
        .ok_or_else(|| SourceError::Corrupt(format!("commit {id} names no tree")))?;
    let committed_at = header(b"committer ").and_then(seconds).and_then(|at| DateTime::from_timestamp(at, 0));
    let first_line = message.trim_ascii_start().split(|byte| *byte == b'\n').next().unwrap_or_default();
    let summary = String::from_utf8_lossy(first_line).trim().chars().take(MAX_SUMMARY_CHARS).collect();
    Ok(CommitInfo { id, tree, committed_at, summary })
}

/// The seconds since 1970 in `Name <mail> seconds zone`.
fn seconds(committer: &[u8]) -> Option<i64> {
    let end = committer.iter().rposition(|byte| *byte == b'>')?;
    let dates = std::str::from_utf8(&committer[end + 1..]).ok()?;
    dates.split_ascii_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info(bytes: &[u8]) -> Result<CommitInfo, SourceError> {
        read(object::object_id(Kind::Commit, bytes), bytes)
    }

    #[test]
    fn reads_a_plain_commit() {
        let tree = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";
        let text = format!(
            "tree {tree}\nauthor A <a> 1 +0000\ncommitter B <b> 1700000000 +0200\n\n  Title\n\nBody\n"
        );
        let info = info(text.as_bytes()).unwrap();
        assert_eq!(info.tree, ObjectId::EMPTY_TREE);
        assert_eq!(info.summary, "Title");
        assert_eq!(info.committed_at.unwrap().timestamp(), 1_700_000_000);
    }

    #[test]
    fn tolerates_what_old_tools_wrote_but_not_a_missing_tree_or_other_bytes() {
        let tree = "tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n";
        let mut odd = format!("{tree}committer B <b> 99999999999999999999 +0000\n\n").into_bytes();
        odd.push(0xff);
        let odd = info(&odd).unwrap();
        assert_eq!(odd.committed_at, None);
        assert_eq!(info(tree.as_bytes()).unwrap().summary, "");
        assert!(matches!(info(b"author x\n\ny"), Err(SourceError::Corrupt(_))));
        assert!(matches!(read(ObjectId([1; 20]), tree.as_bytes()), Err(SourceError::Corrupt(_))));
    }
}
