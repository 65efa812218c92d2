//! Another secret.

use axum::{Json, extract::State};
use entities::{
    identity::audit::{self, Action},
    webhooks,
};

use super::{missing, refused};
use crate::{
    extract::LoadedWebhook,
    model::IssuedWebhookDto,
    problem::{Problem, ProblemBody},
    state::App,
};

/// Give a webhook another secret
///
/// It is shown this once. For 24 hours deliveries bear a signature by the one before, too.
#[utoipa::path(
    post,
    path = "/api/v1/webhooks/{webhookId}/rotate-secret",
    operation_id = "webhooks.rotateSecret",
    tag = "webhooks",
    params(("webhookId" = Uuid, Path, description = "The webhook.")),
    responses(
        (status = 200, description = "The webhook.", body = IssuedWebhookDto),
        (status = 403, description = "`forbidden`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "`webhook-not-found`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "`no-keys`: the service has none to seal the secret with", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn webhooks_rotate(
    State(app): State<App>,
    LoadedWebhook { webhook, permit }: LoadedWebhook,
) -> Result<Json<IssuedWebhookDto>, Problem> {
    let (now, transaction) = (app.now(), permit.db().begin_write().await?);
    let keys = app.source_settings.keys.store();
    let rotated = webhooks::rotate_secret(&transaction, keys, webhook.id, now).await.map_err(refused)?;
    let (secret, row) = rotated.ok_or_else(|| missing(webhook.id))?;
    let record = permit.did(Action::WebhookRotate).target("webhook", row.id);
    audit::record(&transaction, record, now).await?;
    transaction.commit().await?;
    Ok(Json(IssuedWebhookDto::new(&secret, &row)))
}
