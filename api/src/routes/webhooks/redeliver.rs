//! Delivering again.

use axum::{Json, extract::State, http::StatusCode};
use entities::{
    identity::audit::{self, Action},
    webhooks,
};
use serde_json::json;

use super::due;
use crate::{
    extract::LoadedDelivery,
    model::WebhookDeliveryDto,
    problem::{Problem, ProblemBody},
    state::App,
};

/// Deliver again
///
/// Now, whatever came of it before: the same event, with all its attempts anew.
#[utoipa::path(
    post,
    path = "/api/v1/webhooks/{webhookId}/deliveries/{deliveryId}/redeliver",
    operation_id = "webhooks.deliveries.redeliver",
    tag = "webhooks",
    params(("webhookId" = Uuid, Path, description = "The webhook."), ("deliveryId" = Uuid, Path, description = "The delivery.")),
    responses(
        (status = 202, description = "The delivery.", body = WebhookDeliveryDto),
        (status = 403, description = "`forbidden`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "`webhook-not-found`, `delivery-not-found`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "`webhook-disabled`: switch it on first", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn webhooks_redeliver(
    State(app): State<App>,
    LoadedDelivery { webhook, delivery, permit }: LoadedDelivery,
) -> Result<(StatusCode, Json<WebhookDeliveryDto>), Problem> {
    let (now, transaction) = (app.now(), permit.db().begin_write().await?);
    let wanted = webhooks::redeliver(&transaction, webhook.id, delivery.id, now).await?;
    let delivery = due(wanted, webhook.id)?;
    let record = permit.did(Action::WebhookRedeliver).target("webhook", webhook.id);
    audit::record(&transaction, record.detail(json!({ "delivery": delivery.id })), now).await?;
    transaction.commit().await?;
    bus::integration::tell_written();
    Ok((StatusCode::ACCEPTED, Json(WebhookDeliveryDto::with_body(delivery))))
}
