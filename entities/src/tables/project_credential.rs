//! What opens a project's repository at its host, sealed.

use sea_orm::entity::prelude::*;

use crate::{
    credentials::CredentialKind,
    ids::{ProjectId, TenantId},
};

/// A sealed credential. A project has one at most.
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "project_credentials")]
pub struct Model {
    /// Whose it is.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: TenantId,
    /// The project whose repository it opens.
    #[sea_orm(primary_key, auto_increment = false)]
    pub project_id: ProjectId,
    /// What it is.
    pub kind: CredentialKind,
    /// Enough to tell it from another one, too little to use it.
    pub hint: String,
    /// Which key it is sealed with.
    pub key_id: String,
    /// The sealed bytes: see [`crate::keys`].
    pub sealed: Vec<u8>,
    /// When the project first had a credential.
    pub created_at: DateTimeUtc,
    /// When this one was set.
    pub updated_at: DateTimeUtc,
}

/// Joins are written out where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
