//! Where a branch is read from.
//!
//! A [`Source`] knows the branches of one repository. Opening the head of one gives a [`Snapshot`]: one commit, whose
//! trees and blobs can be asked for by id and never change. The pipeline knows nothing of transports; a source knows
//! nothing of rows. Whatever the source, the same commit gives the same trees and the same bytes, and every id is
//! recomputed from the bytes before they are handed over.
//!
//! A new source is one folder here and one line in [`open_source`].

mod access;
pub mod budget;
pub mod clock;
mod context;
mod error;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
pub mod git;
pub mod github;
pub mod guard;
mod locate;
pub mod near;
pub mod object;
mod project;
pub mod retry;
pub mod settings;

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use entities::{ObjectId, SourceSpec};
use tokio::sync::mpsc;

pub use context::{Notice, SourceContext, Traffic};
pub use error::{Retry, SourceError};
pub use github::{
    InstalledPage, InstalledRepository, installed_repositories,
    telemetry::{
        GITHUB_LIMIT, GITHUB_REMAINING, GITHUB_REQUEST_SECONDS, GITHUB_REQUESTS, GITHUB_RESET, GITHUB_TOKENS,
        GITHUB_WAITS, begin_metrics, describe_metrics,
    },
};
pub use locate::{LocateError, Located, Opened, locate};
pub use project::open_project;

use crate::{object::TreeEntry, settings::SourceSettings};

/// A branch, its head, and whether the repository calls it the default one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BranchHead {
    /// The name without `refs/heads/`.
    pub name: String,
    /// The commit at its tip.
    pub commit: ObjectId,
    /// Whether this is the repository's default branch.
    pub is_default: bool,
}

/// What an earlier sync learned of a branch's head, so that asking again can be conditional.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KnownHead {
    /// The commit seen then.
    pub commit: ObjectId,
    /// Its root tree.
    pub tree: ObjectId,
    /// What the server gave to compare with (an ETag), if it did.
    pub validator: Option<String>,
}

/// Where a branch stands now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Head {
    /// The branch's name without `refs/heads/`.
    pub branch: String,
    /// The commit at its tip.
    pub commit: ObjectId,
    /// Its root tree, where the source could tell without opening the commit.
    pub tree: Option<ObjectId>,
    /// What to compare with next time (an ETag), if the server gave it.
    pub validator: Option<String>,
}

/// The commit that a snapshot shows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CommitInfo {
    /// The commit's id.
    pub id: ObjectId,
    /// Its root tree.
    pub tree: ObjectId,
    /// When it was committed, where the commit tells a time that can be represented.
    pub committed_at: Option<DateTime<Utc>>,
    /// The first line of its message, lossily decoded, cut at [`MAX_SUMMARY_CHARS`].
    pub summary: String,
}

/// Where a commit's summary is cut, in characters.
pub const MAX_SUMMARY_CHARS: usize = 200;

/// The most branches that [`Source::branches`] lists; a repository with more gives an error-free, cut list.
pub const MAX_BRANCHES: usize = 10_000;

/// A blob that the pipeline wants, with its size where [`Snapshot::blob_sizes`] told it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WantedBlob {
    /// The blob's id.
    pub id: ObjectId,
    /// Its size in bytes.
    pub size: u64,
}

/// A blob's bytes. Their SHA-1 has been found to be `id`.
#[derive(Clone, Debug)]
pub struct Blob {
    /// The blob's id.
    pub id: ObjectId,
    /// All of its bytes.
    pub data: Bytes,
}

/// One repository, wherever it is.
#[async_trait]
pub trait Source: Send + Sync {
    /// Lists the branches, the default one first, then by name.
    async fn branches(&self, context: &SourceContext) -> Result<Vec<BranchHead>, SourceError>;

    /// Finds the head of `branch`, or of the default branch if `None`.
    ///
    /// With `known`, the answer may come from a conditional request; it is the same either way. An unknown branch is
    /// [`SourceError::BranchNotFound`] with the nearest names; a repository without commits is
    /// [`SourceError::EmptyRepository`]; a detached HEAD without a branch asked for is [`SourceError::DetachedHead`].
    async fn head(
        &self,
        branch: Option<&str>,
        known: Option<&KnownHead>,
        context: &SourceContext,
    ) -> Result<Head, SourceError>;

    /// Opens the commit at `head` for reading.
    ///
    /// What the trees of `haves` reach need not be readable from the snapshot. Without any, everything is.
    async fn open(
        &self,
        head: &Head,
        haves: &Haves,
        context: &SourceContext,
    ) -> Result<Box<dyn Snapshot>, SourceError>;
}

/// The most commits that are offered as already known when a snapshot is opened.
pub const MAX_HAVES: usize = 32;

/// What the caller keeps already, so that it need not be sent again.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Haves {
    /// Commits whose trees and blobs are kept, the likeliest ancestor of what is opened first; at most [`MAX_HAVES`]
    /// are looked at.
    pub commits: Vec<ObjectId>,
    /// When the first of them was committed, if the branch is likely to have grown little since.
    pub since: Option<DateTime<Utc>>,
}

impl<const N: usize> From<[ObjectId; N]> for Haves {
    fn from(commits: [ObjectId; N]) -> Self {
        Self { commits: commits.into(), since: None }
    }
}

/// One commit, open for reading. What it holds on disk is removed when it is dropped.
#[async_trait]
pub trait Snapshot: Send + Sync {
    /// The commit shown.
    fn commit(&self) -> &CommitInfo;

    /// A tree's entries in the tree's own order, if this snapshot can give them; their re-encoding hashes to `id`.
    ///
    /// `None` means that the snapshot was opened with `haves` that reach this tree and does not hold it; without
    /// `haves` a missing tree is [`SourceError::Missing`].
    async fn tree(&self, id: ObjectId) -> Result<Option<Vec<TreeEntry>>, SourceError>;

    /// The sizes of blobs in bytes, in the order asked; `None` for a blob the snapshot does not hold.
    async fn blob_sizes(&self, ids: &[ObjectId]) -> Result<Vec<Option<u64>>, SourceError>;

    /// Sends each wanted blob once, in whatever order is cheapest, and returns when all are sent.
    ///
    /// Memory is bounded by the channel and by a few blobs in flight, however many are wanted. A receiver that went
    /// away ends the call early with [`SourceError::Cancelled`]. A blob that cannot be had is [`SourceError::Missing`].
    async fn blobs(
        &self,
        wanted: Vec<WantedBlob>,
        blobs: mpsc::Sender<Blob>,
        context: &SourceContext,
    ) -> Result<(), SourceError>;

    /// How many blobs a caller does best to ask for in one [`Snapshot::blobs`] call.
    fn preferred_batch(&self) -> usize {
        10_000
    }
}

/// Opens the repository that `spec` names. Nothing is read yet.
pub fn open_source(spec: &SourceSpec, settings: &SourceSettings) -> Result<Arc<dyn Source>, SourceError> {
    match spec {
        SourceSpec::Git { url } => Ok(git::open(url, settings)),
        SourceSpec::GitHub { owner, name, api_url } => {
            github::open(owner, name, api_url.as_deref(), settings.token.clone().into(), settings)
        }
    }
}
