//! Directories of a branch, as temporal rows.

use sea_orm::entity::prelude::*;

use crate::{
    ids::{BranchId, TenantId},
    object::{ObjectId, PathHash},
};

/// A directory, from one sync until another changed anything below it.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "repository_trees")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Whose it is.
    pub tenant_id: TenantId,
    /// The branch.
    pub branch_id: BranchId,
    /// The path's bytes; the root is empty.
    pub path: Vec<u8>,
    /// The digest of the path.
    pub path_hash: PathHash,
    /// The digest of the path of the directory that holds it; none for the root.
    pub dir_hash: Option<PathHash>,
    /// The tree that its files and directories make.
    pub tree_id: ObjectId,
    /// The sync that this row came with.
    pub valid_from: i64,
    /// The sync that ended it; none while it holds.
    pub valid_to: Option<i64>,
}

/// Joins are written out where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
