//! Where a tenant wants to be told over HTTP.

use sea_orm::entity::prelude::*;

use crate::ids::{ProjectId, TenantId, WebhookId};

/// An address that events are sent to.
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "webhooks")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: WebhookId,
    /// Whose it is.
    pub tenant_id: TenantId,
    /// The project whose events it gets; none: those of all.
    pub project_id: Option<ProjectId>,
    /// Where to; up to 2,000 characters.
    pub url: String,
    /// The kinds of events that it gets, as a JSON array of strings; empty: all.
    pub kinds: Json,
    /// The key that its secret is sealed with.
    pub key_id: String,
    /// Its secret, sealed.
    pub sealed: Vec<u8>,
    /// Whether it is told anything.
    pub enabled: bool,
    /// How many deliveries in a row came to nothing.
    pub failures: i32,
    /// Why it was switched off, where nobody asked for that.
    pub disabled_reason: Option<String>,
    /// When it was made.
    pub created_at: DateTimeUtc,
    /// When it was last changed.
    pub updated_at: DateTimeUtc,
}

/// Joins are written out where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
