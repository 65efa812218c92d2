//! Branches.

use chrono::{DateTime, Utc};
use entities::{Branch, ObjectId, SyncId};
use serde::Serialize;
use utoipa::ToSchema;

/// A branch that is known here.
#[derive(Serialize, ToSchema, Debug)]
#[serde(rename_all = "camelCase")]
#[schema(as = KnownBranch)]
pub struct KnownBranchDto {
    /// Its name.
    pub name: String,
    /// The number of its latest completed sync; 0 before the first.
    pub head_sync: i64,
    /// Its latest completed sync.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Uuid>)]
    pub head_sync_id: Option<SyncId>,
    /// When it was told, or found, to be deleted at its host. What was synced of it stays.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deleted_at: Option<DateTime<Utc>>,
}

impl From<&Branch> for KnownBranchDto {
    fn from(branch: &Branch) -> Self {
        Self {
            name: branch.name.clone(),
            head_sync: branch.head_seq,
            head_sync_id: branch.head_sync_id,
            deleted_at: branch.deleted_at,
        }
    }
}

/// A branch of the repository, as it is there now.
#[derive(Serialize, ToSchema, Debug)]
#[serde(rename_all = "camelCase")]
#[schema(as = Branch)]
pub struct BranchDto {
    /// Its name.
    pub name: String,
    /// The commit at its tip.
    #[schema(value_type = String)]
    pub commit: ObjectId,
    /// Whether the repository calls it the default one.
    pub is_default: bool,
    /// The number of its latest completed sync here; 0 before the first.
    pub head_sync: i64,
    /// The commit that this sync shows.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub synced_commit: Option<ObjectId>,
    /// Whether what is here shows the commit at the tip.
    pub is_up_to_date: bool,
}

/// Branches of the repository.
#[derive(Serialize, ToSchema, Debug)]
#[serde(rename_all = "camelCase")]
#[schema(as = Branches)]
pub struct BranchesDto {
    /// The default branch first, then by name; at most as many as `limit` says.
    pub items: Vec<BranchDto>,
    /// How many there are that fit the query. At most 10,000 are looked at.
    pub total: usize,
}
