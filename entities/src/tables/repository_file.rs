//! Files of a branch, as temporal rows.

use sea_orm::entity::prelude::*;

use crate::{
    ids::{BranchId, TenantId},
    object::{FileMode, ObjectId, PathHash},
};

/// A file, from one sync until another changed it.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "repository_files")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Whose it is.
    pub tenant_id: TenantId,
    /// The branch.
    pub branch_id: BranchId,
    /// The path's bytes, from the root, parted by `/`; not always UTF-8.
    pub path: Vec<u8>,
    /// The digest of the path.
    pub path_hash: PathHash,
    /// The digest of the path of the directory that holds it.
    pub dir_hash: PathHash,
    /// The mode as the tree spells it.
    pub mode: FileMode,
    /// The content; none for a submodule.
    pub blob_id: Option<ObjectId>,
    /// The commit of a submodule.
    pub submodule_id: Option<ObjectId>,
    /// The sync that this row came with.
    pub valid_from: i64,
    /// The sync that ended it; none while it holds.
    pub valid_to: Option<i64>,
}

/// Joins are written out where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
