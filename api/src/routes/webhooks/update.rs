//! Changing a webhook.

use axum::{Json, extract::State};
use entities::{
    identity::audit::{self, Action},
    webhooks::{self, WebhookChange},
};
use serde_json::json;

use super::{address, checked_kinds, missing, refused};
use crate::{
    extract::{Body, LoadedWebhook},
    model::{WebhookChangeRequest, WebhookDto},
    problem::{Problem, ProblemBody},
    state::App,
};

/// Change a webhook
///
/// What the body does not say stays.
#[utoipa::path(
    put,
    path = "/api/v1/webhooks/{webhookId}",
    operation_id = "webhooks.update",
    tag = "webhooks",
    params(("webhookId" = Uuid, Path, description = "The webhook.")),
    request_body = WebhookChangeRequest,
    responses(
        (status = 200, description = "The webhook.", body = WebhookDto),
        (status = 403, description = "`forbidden`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "`webhook-not-found`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "`invalid-value`", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn webhooks_update(
    State(app): State<App>,
    LoadedWebhook { webhook, permit }: LoadedWebhook,
    Body(body): Body<WebhookChangeRequest>,
) -> Result<Json<WebhookDto>, Problem> {
    let host = body.url.as_deref().map(|url| address(&app, url)).transpose()?;
    if let Some(kinds) = &body.kinds {
        checked_kinds(kinds)?;
    }
    let detail = json!({ "host": host, "kinds": body.kinds, "enabled": body.enabled });
    let change = WebhookChange { url: body.url, kinds: body.kinds, enabled: body.enabled };
    let (now, transaction) = (app.now(), permit.db().begin_write().await?);
    let changed = webhooks::update(&transaction, webhook.id, change, now).await.map_err(refused)?;
    let row = changed.ok_or_else(|| missing(webhook.id))?;
    let record = permit.did(Action::WebhookUpdate).target("webhook", row.id).detail(detail);
    audit::record(&transaction, record, now).await?;
    transaction.commit().await?;
    Ok(Json((&row).into()))
}
