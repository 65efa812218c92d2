//! Which requests were answered, and how.

use sea_orm::entity::prelude::*;

use crate::ids::TenantId;

/// A request with an `Idempotency-Key`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "idempotency_keys")]
pub struct Model {
    /// Whose it is.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: TenantId,
    /// The key that the client chose.
    #[sea_orm(primary_key, auto_increment = false)]
    pub key: String,
    /// A digest of method, path and body: another request under the same key is refused.
    pub request_digest: Vec<u8>,
    /// The status that was answered; none while the request is being served.
    pub status: Option<i32>,
    /// The headers that were answered and matter: a JSON object.
    pub headers: Option<Json>,
    /// The body that was answered.
    pub body: Option<String>,
    /// When the request came.
    pub created_at: DateTimeUtc,
}

/// Joins are written out where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
