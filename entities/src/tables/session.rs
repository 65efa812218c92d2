//! Sessions of browsers.

use std::fmt;

use sea_orm::entity::prelude::*;

use crate::ids::{SessionId, TenantId, UserId};

/// A browser that somebody logged in with. What is kept of its cookie is the digest.
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sessions")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SessionId,
    /// The tenant that is looked at.
    pub tenant_id: TenantId,
    /// Who logged in.
    pub user_id: UserId,
    /// The SHA-256 of the cookie.
    pub hash: Vec<u8>,
    /// When they logged in.
    pub created_at: DateTimeUtc,
    /// When it was used last, to the minute.
    pub last_used_at: DateTimeUtc,
    /// When it ends, however it is used.
    pub expires_at: DateTimeUtc,
}

/// Without the digest.
impl fmt::Debug for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("id", &self.id)
            .field("user_id", &self.user_id)
            .finish_non_exhaustive()
    }
}

/// Joins are written out where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
