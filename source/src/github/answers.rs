//! The parts of GitHub's answers that are read, and nothing more: servers of other versions may differ in the rest.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use entities::ObjectId;
use serde::Deserialize;

use crate::{CommitInfo, MAX_SUMMARY_CHARS};

/// `GET /repos/{owner}/{repo}`.
#[derive(Deserialize)]
pub(super) struct RepositoryAnswer {
    pub(super) default_branch: String,
}

/// An item of `GET /repos/{owner}/{repo}/branches`.
#[derive(Deserialize)]
pub(super) struct BranchItem {
    pub(super) name: String,
    pub(super) commit: CommitRef,
}

/// A link to an object.
#[derive(Deserialize)]
pub(super) struct CommitRef {
    pub(super) sha: ObjectId,
}

/// `GET /repos/{owner}/{repo}/branches/{branch}`.
#[derive(Deserialize)]
pub(super) struct BranchAnswer {
    pub(super) name: String,
    pub(super) commit: BranchCommit,
}

/// The commit of a branch.
#[derive(Deserialize)]
pub(super) struct BranchCommit {
    pub(super) sha: ObjectId,
    commit: CommitBody,
}

impl BranchCommit {
    /// What is kept of it.
    pub(super) fn info(&self) -> CommitInfo {
        self.commit.info(self.sha)
    }
}

/// `GET /repos/{owner}/{repo}/git/commits/{sha}`.
#[derive(Deserialize)]
pub(super) struct GitCommitAnswer {
    sha: ObjectId,
    #[serde(flatten)]
    commit: CommitBody,
}

impl GitCommitAnswer {
    /// What is kept of it.
    pub(super) fn info(&self) -> CommitInfo {
        self.commit.info(self.sha)
    }
}

#[derive(Deserialize)]
struct CommitBody {
    tree: CommitRef,
    #[serde(default)]
    message: String,
    committer: Option<Person>,
}

#[derive(Deserialize)]
struct Person {
    date: Option<String>,
}

impl CommitBody {
    fn info(&self, id: ObjectId) -> CommitInfo {
        let date = self.committer.as_ref().and_then(|it| it.date.as_deref());
        let committed_at = date.and_then(|date| DateTime::parse_from_rfc3339(date).ok());
        let first_line = self.message.lines().next().unwrap_or_default();
        CommitInfo {
            id,
            tree: self.tree.sha,
            committed_at: committed_at.map(|date| date.with_timezone(&Utc)),
            summary: first_line.trim_end().chars().take(MAX_SUMMARY_CHARS).collect(),
        }
    }
}

/// `GET /repos/{owner}/{repo}/git/trees/{sha}`.
#[derive(Deserialize)]
pub(super) struct TreeAnswer<'a> {
    #[serde(borrow)]
    pub(super) tree: Vec<TreeItem<'a>>,
    #[serde(default)]
    pub(super) truncated: bool,
}

/// One entry of a listing. The path is relative to the tree that was asked for.
#[derive(Deserialize)]
pub(super) struct TreeItem<'a> {
    #[serde(borrow)]
    pub(super) path: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) mode: Cow<'a, str>,
    pub(super) sha: ObjectId,
    /// Blobs only.
    #[serde(default)]
    pub(super) size: Option<u64>,
}
