//! The text of memory entries, stored once.

use sea_orm::entity::prelude::*;

use crate::{ids::TenantId, object::ContentHash};

/// A text.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "memory_contents")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Whose it is.
    pub tenant_id: TenantId,
    /// The digest of the text.
    pub hash: ContentHash,
    /// The text.
    pub body: String,
}

/// Joins are written out where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
