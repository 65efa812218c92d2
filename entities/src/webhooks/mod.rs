//! Webhooks: who is told over HTTP what happened.
//!
//! What is to be told is a row, written in the transaction in which it happens ([`notify`]). Whoever sends takes rows for
//! as long as it is patient ([`claim`]), in the system's name and across tenants, and reads what they say in the tenant's.
//! Their secrets are sealed together with tenant and webhook ([`crate::keys`]).

mod deliveries;
mod endpoints;
mod secrets;
mod sending;

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, DbBackend, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Set,
    sea_query::{ExprTrait, LockType},
};

pub use deliveries::{Redelivery, deliveries, delivery, ping, redeliver};
pub use endpoints::{
    InvalidWebhook, MAX_KINDS, MAX_URL_CHARS, NewWebhook, WebhookChange, WebhookError, create, get, page,
    remove, rotate_secret, update,
};
pub use secrets::{
    OVERLAP, SECRET_BYTES, SECRET_PREFIX, SigningSecrets, WebhookSecret, by_key, open, rotate,
};
pub use sending::{
    Backlog, Claimed, Fairness, MAX_ERROR_CHARS, Outcome, Sent, Settled, UnderWay, backlog, claim, prune,
    put_back, settle,
};

use crate::{
    ids::{DeliveryId, EventId, ProjectId},
    scope::OfTenant,
    status::DeliveryStatus,
    tables::{webhook, webhook_delivery},
};

/// The most webhooks of a tenant.
pub const MAX_WEBHOOKS: u64 = 50;

/// The most that is sent of one event, in characters.
pub const MAX_BODY_CHARS: usize = 65_536;

/// An event as webhooks are told it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Told {
    /// Its id.
    pub event: EventId,
    /// The project that it happened to.
    pub project: ProjectId,
    /// What happened.
    pub kind: String,
    /// What is sent; at most [`MAX_BODY_CHARS`] long.
    pub body: String,
    /// The W3C trace context of the request that it goes back to.
    pub trace_parent: Option<String>,
}

/// The kind of what is sent to try a webhook.
pub const PING: &str = "project_sync.test";

/// Notes an event for every webhook that is to be told it, in the transaction in which it happens. Gives how many.
///
/// # Errors
/// If the database is away.
pub async fn notify(db: &impl OfTenant, told: &Told, now: DateTime<Utc>) -> Result<usize, DbErr> {
    let of_project = webhook::Column::ProjectId.is_null().or(webhook::Column::ProjectId.eq(told.project));
    let mut select = webhook::Entity::find()
        .filter(db.only(webhook::Column::TenantId))
        .filter(webhook::Column::Enabled.eq(true))
        .filter(of_project)
        .order_by_asc(webhook::Column::Id)
        .limit(MAX_WEBHOOKS);
    if db.get_database_backend() == DbBackend::Postgres {
        // One that is being removed is waited for and then not seen: what happens must not fail because of it.
        select = select.lock(LockType::KeyShare);
    }
    let webhooks = select.all(db).await?;
    let mut count = 0;
    for webhook in webhooks.iter().filter(|webhook| webhook.wants(&told.kind)) {
        row_for(webhook, told, now).insert(db).await?;
        count += 1;
    }
    Ok(count)
}

fn row_for(webhook: &webhook::Model, told: &Told, now: DateTime<Utc>) -> webhook_delivery::ActiveModel {
    webhook_delivery::ActiveModel {
        id: Set(DeliveryId::generate()),
        tenant_id: Set(webhook.tenant_id),
        webhook_id: Set(webhook.id),
        event_id: Set(told.event),
        kind: Set(told.kind.clone()),
        body: Set(told.body.clone()),
        trace_parent: Set(told.trace_parent.clone()),
        status: Set(DeliveryStatus::Pending),
        attempts: Set(0),
        next_at: Set(Some(now)),
        created_at: Set(now),
        ..Default::default()
    }
}

impl webhook::Model {
    /// Whether it is told of such events.
    pub fn wants(&self, kind: &str) -> bool {
        match self.kinds.as_array() {
            Some(kinds) => kinds.is_empty() || kinds.iter().any(|wanted| wanted == kind),
            None => true,
        }
    }
}
