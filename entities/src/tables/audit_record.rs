//! The audit log.

use sea_orm::entity::prelude::*;

use crate::ids::{AuditId, TenantId};

/// Who did what.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_log")]
pub struct Model {
    /// Its id; later lines have later ids.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AuditId,
    /// In which tenant; none of what concerns none.
    pub tenant_id: Option<TenantId>,
    /// When.
    pub at: DateTimeUtc,
    /// Who: a user, a token, a command, …
    pub actor_kind: String,
    /// The user or the token.
    pub actor_id: Option<Uuid>,
    /// What they were called then.
    pub actor_name: String,
    /// The address that the request came from.
    pub address: Option<String>,
    /// What was done.
    pub action: String,
    /// What kind of thing it was done to.
    pub target_kind: Option<String>,
    /// Which one.
    pub target_id: Option<String>,
    /// More about it: a JSON object.
    pub detail: Json,
}

/// Joins are written out where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
