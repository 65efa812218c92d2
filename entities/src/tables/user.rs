//! Users.

use std::fmt;

use sea_orm::entity::prelude::*;

use crate::ids::UserId;

/// Somebody who may log in. What they may do in a tenant is a membership.
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "users")]
pub struct Model {
    /// Their id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: UserId,
    /// Their unique name; 1 to 100 characters.
    pub name: String,
    /// What their password is compared with; none of who cannot log in by one.
    pub password_hash: Option<String>,
    /// Whether they operate the installation, across all tenants.
    pub is_operator: bool,
    /// When they were added.
    pub created_at: DateTimeUtc,
    /// Since when they may not do anything.
    pub disabled_at: Option<DateTimeUtc>,
}

/// Without the hash.
impl fmt::Debug for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("User").field("id", &self.id).field("name", &self.name).finish_non_exhaustive()
    }
}

/// Joins are written out where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
