//! Projects.

use sea_orm::entity::prelude::*;

use crate::ids::{ProjectId, TenantId};

/// What a user connects a repository to.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "projects")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ProjectId,
    /// Whose it is.
    pub tenant_id: TenantId,
    /// Its name, unique for the tenant; 1 to 200 characters.
    pub name: String,
    /// When it was made.
    pub created_at: DateTimeUtc,
    /// How many syncs of it were ever asked for: the ordinal of the latest one.
    pub syncs_asked: i64,
    /// How many events of it other systems were ever told: the sequence of the latest one.
    pub events_told: i64,
}

/// Joins are written out where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
