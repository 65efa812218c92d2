//! Webhooks, and what was sent to them.

use chrono::{DateTime, Utc};
use entities::{
    DeliveryId, DeliveryStatus, EventId, ProjectId, Webhook, WebhookDelivery, WebhookId,
    webhooks::WebhookSecret,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An address that events are sent to.
#[derive(Serialize, ToSchema, Debug)]
#[serde(rename_all = "camelCase")]
#[schema(as = Webhook)]
pub struct WebhookDto {
    /// Its id.
    #[schema(value_type = Uuid)]
    pub id: WebhookId,
    /// Where to.
    pub url: String,
    /// The only project whose events it gets; `null` if it gets those of all.
    #[schema(value_type = Option<Uuid>)]
    pub project_id: Option<ProjectId>,
    /// The kinds of events that it gets; empty: all.
    pub kinds: Vec<String>,
    /// Whether it is told anything.
    pub enabled: bool,
    /// How many deliveries in a row were given up.
    pub failures: i32,
    /// Why it was switched off, where nobody asked for that; else `null`.
    pub disabled_reason: Option<String>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
}

impl From<&Webhook> for WebhookDto {
    fn from(row: &Webhook) -> Self {
        let kinds = row.kinds.as_array().into_iter().flatten();
        Self {
            id: row.id,
            url: row.url.clone(),
            project_id: row.project_id,
            kinds: kinds.filter_map(|kind| kind.as_str().map(str::to_owned)).collect(),
            enabled: row.enabled,
            failures: row.failures,
            disabled_reason: row.disabled_reason.clone(),
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

/// A webhook with its secret, which is shown this once.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = IssuedWebhook)]
pub struct IssuedWebhookDto {
    /// What deliveries are signed with (Standard Webhooks): `whsec_` and base64.
    pub secret: String,
    /// The webhook.
    pub webhook: WebhookDto,
}

impl IssuedWebhookDto {
    /// What is shown of a secret that was just made.
    pub fn new(secret: &WebhookSecret, row: &Webhook) -> Self {
        Self { secret: secret.to_text().expose().to_owned(), webhook: row.into() }
    }
}

/// A webhook to be made.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = NewWebhook)]
pub struct WebhookRequest {
    /// Where to: `https://…` or `http://…`, without user and password, at most 2,000 characters.
    pub url: String,
    /// The only project whose events it is to get; all of the tenant's if absent.
    #[schema(value_type = Option<Uuid>)]
    pub project_id: Option<ProjectId>,
    /// The kinds of events that it is to get, such as `project_sync.completed`; all if empty or absent.
    #[serde(default)]
    pub kinds: Vec<String>,
}

/// What is to be changed of a webhook; what is absent stays.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = WebhookChange)]
pub struct WebhookChangeRequest {
    /// Where to.
    pub url: Option<String>,
    /// The kinds of events that it is to get; all if empty.
    pub kinds: Option<Vec<String>>,
    /// Whether it is to be told anything. What waits for one that is switched off is given up, and can be delivered again.
    pub enabled: Option<bool>,
}

/// An event for a webhook, and what came of it.
#[derive(Serialize, ToSchema, Debug)]
#[serde(rename_all = "camelCase")]
#[schema(as = WebhookDelivery)]
pub struct WebhookDeliveryDto {
    /// Its id.
    #[schema(value_type = Uuid)]
    pub id: DeliveryId,
    /// The event's id: the header `webhook-id`, the same each time it is sent.
    #[schema(value_type = Uuid)]
    pub event_id: EventId,
    /// What happened.
    #[schema(example = "project_sync.completed")]
    pub kind: String,
    /// Where it stands.
    pub status: DeliveryStatus,
    /// How often it was tried.
    pub attempts: i32,
    /// When it is tried again, or while it is being tried, when others may; `null` once it has ended.
    pub next_at: Option<DateTime<Utc>>,
    /// What the last attempt was answered with.
    pub response_status: Option<i16>,
    /// What was wrong with the last attempt, in words.
    pub error: Option<String>,
    /// How long the last attempt took, in milliseconds.
    pub took_ms: Option<i64>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was last tried.
    pub last_tried_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub finished_at: Option<DateTime<Utc>>,
    /// What is sent, to the byte. Not in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
}

impl WebhookDeliveryDto {
    /// The delivery with what is sent.
    pub fn with_body(row: WebhookDelivery) -> Self {
        let body = Some(row.body.clone());
        Self { body, ..row.into() }
    }
}

impl From<WebhookDelivery> for WebhookDeliveryDto {
    fn from(row: WebhookDelivery) -> Self {
        Self {
            id: row.id,
            event_id: row.event_id,
            kind: row.kind,
            status: row.status,
            attempts: row.attempts,
            next_at: row.next_at,
            response_status: row.response_status,
            error: row.error,
            took_ms: row.took_ms,
            created_at: row.created_at,
            last_tried_at: row.last_tried_at,
            finished_at: row.finished_at,
            body: None,
        }
    }
}
