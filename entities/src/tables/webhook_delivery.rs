//! What is to be told to a webhook, and what came of it.

use sea_orm::entity::prelude::*;

use crate::{
    ids::{DeliveryId, EventId, TenantId, WebhookId},
    status::DeliveryStatus,
};

/// One event for one webhook.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "webhook_deliveries")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: DeliveryId,
    /// Whose it is.
    pub tenant_id: TenantId,
    /// Where to.
    pub webhook_id: WebhookId,
    /// The event.
    pub event_id: EventId,
    /// What happened.
    pub kind: String,
    /// What is sent: the event as JSON, up to 65,536 characters.
    pub body: String,
    /// The W3C trace context of the request that it goes back to.
    pub trace_parent: Option<String>,
    /// Where it stands.
    pub status: DeliveryStatus,
    /// How often it was tried.
    pub attempts: i32,
    /// Not before; while a sender has it, when others may take it. None once it has ended.
    pub next_at: Option<DateTimeUtc>,
    /// What the last try was answered with.
    pub response_status: Option<i16>,
    /// What was wrong with the last try, in words; up to 500 characters.
    pub error: Option<String>,
    /// How long the last try took, in milliseconds.
    pub took_ms: Option<i64>,
    /// When it was made.
    pub created_at: DateTimeUtc,
    /// When it was last tried.
    pub last_tried_at: Option<DateTimeUtc>,
    /// When it ended.
    pub finished_at: Option<DateTimeUtc>,
}

/// Joins are written out where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
