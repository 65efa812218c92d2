//! The log of what was sent, and what is sent on demand.

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, DbErr, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
    Set,
};
use serde_json::json;

use super::endpoints::locked;
use crate::{
    ids::{DeliveryId, EventId, WebhookId},
    scope::OfTenant,
    status::DeliveryStatus,
    tables::{webhook, webhook_delivery},
};

/// What came of wanting something delivered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Redelivery {
    /// It is due now.
    Due(Box<webhook_delivery::Model>),
    /// The webhook is switched off.
    SwitchedOff,
    /// There is no such delivery, or webhook (any more).
    NotFound,
}

/// What was and is to be sent to a webhook, the latest first, at most `limit`: all, or what stands so. `after` continues
/// behind one of an earlier page.
///
/// # Errors
/// If the database is away.
pub async fn deliveries(
    db: &impl OfTenant,
    webhook: WebhookId,
    status: Option<DeliveryStatus>,
    after: Option<DeliveryId>,
    limit: u64,
) -> Result<Vec<webhook_delivery::Model>, DbErr> {
    let mut select = webhook_delivery::Entity::find()
        .filter(db.only(webhook_delivery::Column::TenantId))
        .filter(webhook_delivery::Column::WebhookId.eq(webhook));
    if let Some(status) = status {
        select = select.filter(webhook_delivery::Column::Status.eq(status));
    }
    if let Some(after) = after {
        select = select.filter(webhook_delivery::Column::Id.lt(after));
    }
    select.order_by_desc(webhook_delivery::Column::Id).limit(limit).all(db).await
}

/// One delivery to a webhook.
///
/// # Errors
/// If the database is away.
pub async fn delivery(
    db: &impl OfTenant,
    webhook: WebhookId,
    id: DeliveryId,
) -> Result<Option<webhook_delivery::Model>, DbErr> {
    webhook_delivery::Entity::find_by_id(id)
        .filter(db.only(webhook_delivery::Column::TenantId))
        .filter(webhook_delivery::Column::WebhookId.eq(webhook))
        .one(db)
        .await
}

/// Makes a delivery due now, whatever came of it before, in a transaction that writes. It bears the same event and gets all
/// its attempts anew.
///
/// # Errors
/// If the database is away.
pub async fn redeliver(
    db: &impl OfTenant,
    webhook: WebhookId,
    id: DeliveryId,
    now: DateTime<Utc>,
) -> Result<Redelivery, DbErr> {
    // The webhook first, as everybody does who writes both.
    let Some(to) = locked(db, webhook).await? else { return Ok(Redelivery::NotFound) };
    let Some(row) = delivery(db, webhook, id).await? else { return Ok(Redelivery::NotFound) };
    if !to.enabled {
        return Ok(Redelivery::SwitchedOff);
    }
    let mut row = row.into_active_model();
    row.status = Set(DeliveryStatus::Pending);
    row.attempts = Set(0);
    row.next_at = Set(Some(now));
    row.finished_at = Set(None);
    Ok(Redelivery::Due(Box::new(row.update(db).await?)))
}

/// Has a webhook told that it is being tried, whatever kinds of events it gets, in a transaction that writes.
///
/// # Errors
/// If the database is away.
pub async fn ping(db: &impl OfTenant, webhook: WebhookId, now: DateTime<Utc>) -> Result<Redelivery, DbErr> {
    let Some(to) = locked(db, webhook).await? else { return Ok(Redelivery::NotFound) };
    if !to.enabled {
        return Ok(Redelivery::SwitchedOff);
    }
    let row = super::row_for(&to, &ping_of(&to, now), now);
    Ok(Redelivery::Due(Box::new(row.insert(db).await?)))
}

/// An event that says nothing but that it is one: CloudEvents, as all others.
fn ping_of(webhook: &webhook::Model, now: DateTime<Utc>) -> super::Told {
    let event = EventId::generate();
    let body = json!({
        "specversion": "1.0",
        "id": event,
        "source": format!("/api/v1/webhooks/{}", webhook.id),
        "type": super::PING,
        "time": now.to_rfc3339_opts(chrono::SecondsFormat::Millis, true),
        "datacontenttype": "application/json",
        "tenantid": webhook.tenant_id,
        "data": { "webhookId": webhook.id },
    });
    super::Told {
        event,
        // Of no project: nobody reads it.
        project: webhook.project_id.unwrap_or(crate::ids::ProjectId(webhook.id.0)),
        kind: super::PING.to_owned(),
        body: body.to_string(),
        trace_parent: None,
    }
}
