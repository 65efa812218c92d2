//! Webhooks: who is told over HTTP what happened.

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Set,
    sea_query::ExprTrait,
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

/// Notes an event for every webhook that is to be told it, in the transaction in which it happens. Gives how many.
///
/// # Errors
/// If the database is away.
pub async fn notify(db: &impl OfTenant, told: &Told, now: DateTime<Utc>) -> Result<usize, DbErr> {
    let of_project = webhook::Column::ProjectId.is_null().or(webhook::Column::ProjectId.eq(told.project));
    let webhooks = webhook::Entity::find()
        .filter(db.only(webhook::Column::TenantId))
        .filter(webhook::Column::Enabled.eq(true))
        .filter(of_project)
        .order_by_asc(webhook::Column::Id)
        .limit(MAX_WEBHOOKS)
        .all(db)
        .await?;
    let mut count = 0;
    for webhook in webhooks.iter().filter(|webhook| webhook.wants(&told.kind)) {
        delivery(webhook, told, now).insert(db).await?;
        count += 1;
    }
    Ok(count)
}

fn delivery(webhook: &webhook::Model, told: &Told, now: DateTime<Utc>) -> webhook_delivery::ActiveModel {
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
