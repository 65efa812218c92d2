//! Repositories.

use sea_orm::entity::prelude::*;

use crate::ids::{ProjectId, RepositoryId, TenantId};

/// A project's repository.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "repositories")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: RepositoryId,
    /// Whose it is.
    pub tenant_id: TenantId,
    /// The project that it belongs to.
    pub project_id: ProjectId,
    /// Where it is: a [`SourceSpec`](crate::SourceSpec) as JSON.
    pub source: Json,
    /// The default branch, as last seen.
    pub default_branch: Option<String>,
    /// When it was connected.
    pub created_at: DateTimeUtc,
}

/// Joins are written out where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
