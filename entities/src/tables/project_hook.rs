//! What a host signs its hooks with, sealed.

use sea_orm::entity::prelude::*;

use crate::{
    ids::{ProjectId, TenantId},
    triggers::{DeliveryResult, HookKind},
};

/// A hook. A project has one at most.
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "project_hooks")]
pub struct Model {
    /// Whose it is.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: TenantId,
    /// The project.
    #[sea_orm(primary_key, auto_increment = false)]
    pub project_id: ProjectId,
    /// Which host sends it.
    pub kind: HookKind,
    /// Enough to tell its secret from another one, too little to use it.
    pub hint: String,
    /// Which key the secret is sealed with.
    pub key_id: String,
    /// The sealed bytes: see [`crate::keys`].
    pub sealed: Vec<u8>,
    /// When the project first had a hook.
    pub created_at: DateTimeUtc,
    /// When this one was set.
    pub updated_at: DateTimeUtc,
    /// When the host last sent something that was signed.
    pub last_delivery_at: Option<DateTimeUtc>,
    /// What came of that.
    pub last_result: Option<DeliveryResult>,
}

/// Joins are written out where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
