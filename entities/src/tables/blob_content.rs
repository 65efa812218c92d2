//! The bytes of blobs. A blob above the content limit has none.

use sea_orm::entity::prelude::*;

use crate::{ids::TenantId, object::ObjectId, status::ContentKind};

/// A blob's bytes.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "blob_contents")]
pub struct Model {
    /// Whose it is.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: TenantId,
    /// The git object id, recomputed from these bytes before they were stored.
    #[sea_orm(primary_key, auto_increment = false)]
    pub blob_id: ObjectId,
    /// What they are.
    pub kind: ContentKind,
    /// The bytes.
    pub content: Vec<u8>,
}

/// Joins are written out where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
