//! Tokens of machines.

use std::fmt;

use sea_orm::entity::prelude::*;

use crate::ids::{ApiTokenId, ProjectId, TenantId, UserId};

/// A token by which a machine is known. What is kept of the token itself is its digest.
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "api_tokens")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ApiTokenId,
    /// Whose it is.
    pub tenant_id: TenantId,
    /// What it is called; 1 to 100 characters.
    pub name: String,
    /// The SHA-256 of the token.
    pub hash: Vec<u8>,
    /// How the token begins.
    pub hint: String,
    /// What it may do: a JSON list of words.
    pub scopes: Json,
    /// Whether it operates the installation, across all tenants.
    pub is_operator: bool,
    /// The only project that it is for; none if it is for all.
    pub project_id: Option<ProjectId>,
    /// In whose name it acts; none if it was made by a command, or without identity.
    pub created_by: Option<UserId>,
    /// When it was made.
    pub created_at: DateTimeUtc,
    /// When it ends.
    pub expires_at: Option<DateTimeUtc>,
    /// When it was used last, to the minute.
    pub last_used_at: Option<DateTimeUtc>,
    /// Since when it is refused.
    pub revoked_at: Option<DateTimeUtc>,
}

/// Without the digest.
impl fmt::Debug for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiToken").field("id", &self.id).field("name", &self.name).finish_non_exhaustive()
    }
}

/// Joins are written out where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
