//! Trying a webhook.

use axum::{Json, extract::State, http::StatusCode};
use entities::{
    identity::audit::{self, Action},
    webhooks,
};

use super::due;
use crate::{
    extract::LoadedWebhook,
    model::WebhookDeliveryDto,
    problem::{Problem, ProblemBody},
    state::App,
};

/// Try a webhook
///
/// It is sent an event of the kind `project_sync.test`, whatever kinds it gets. What came of it is in its deliveries.
#[utoipa::path(
    post,
    path = "/api/v1/webhooks/{webhookId}/test",
    operation_id = "webhooks.test",
    tag = "webhooks",
    params(("webhookId" = Uuid, Path, description = "The webhook.")),
    responses(
        (status = 202, description = "What is sent.", body = WebhookDeliveryDto),
        (status = 403, description = "`forbidden`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "`webhook-not-found`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "`webhook-disabled`: switch it on first", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn webhooks_test(
    State(app): State<App>,
    LoadedWebhook { webhook, permit }: LoadedWebhook,
) -> Result<(StatusCode, Json<WebhookDeliveryDto>), Problem> {
    let (now, transaction) = (app.now(), permit.db().begin_write().await?);
    let delivery = due(webhooks::ping(&transaction, webhook.id, now).await?, webhook.id)?;
    let record = permit.did(Action::WebhookTest).target("webhook", webhook.id);
    audit::record(&transaction, record, now).await?;
    transaction.commit().await?;
    bus::integration::tell_written();
    Ok((StatusCode::ACCEPTED, Json(WebhookDeliveryDto::with_body(delivery))))
}
