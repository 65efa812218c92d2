//! Memory entries of a branch, as temporal rows.

use sea_orm::entity::prelude::*;

use crate::{
    ids::{BranchId, TenantId},
    memory_kind::MemoryKind,
    object::{ContentHash, PathHash},
};

/// A piece of knowledge, from one sync until another superseded it.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "memory_entries")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Whose it is.
    pub tenant_id: TenantId,
    /// The branch.
    pub branch_id: BranchId,
    /// What it is.
    pub kind: MemoryKind,
    /// What stays the same while its text changes.
    pub entry_key: String,
    /// The digest of the key.
    pub key_hash: PathHash,
    /// The file that it was derived from.
    pub path: Vec<u8>,
    /// The digest of that path.
    pub path_hash: PathHash,
    /// Its title.
    pub title: String,
    /// The headings above it and its own, outermost first: a JSON list of texts.
    pub heading_path: Json,
    /// The date that it bears.
    pub dated_at: Option<DateTimeUtc>,
    /// Its text.
    pub content_hash: ContentHash,
    /// The sync that this row came with.
    pub valid_from: i64,
    /// The sync that superseded it; none while it is active.
    pub valid_to: Option<i64>,
}

/// Joins are written out where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
