//! Blobs: what is known of each content, by its git id.

use sea_orm::entity::prelude::*;

use crate::{ids::TenantId, object::ObjectId};

/// A blob.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "file_blobs")]
pub struct Model {
    /// Whose it is.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: TenantId,
    /// The git object id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ObjectId,
    /// Its size in bytes.
    pub size: i64,
}

/// Joins are written out where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
