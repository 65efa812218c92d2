//! One delivery.

use axum::Json;

use crate::{
    extract::LoadedDelivery,
    model::WebhookDeliveryDto,
    problem::{Problem, ProblemBody},
};

/// Show a delivery
///
/// With what is sent.
#[utoipa::path(
    get,
    path = "/api/v1/webhooks/{webhookId}/deliveries/{deliveryId}",
    operation_id = "webhooks.deliveries.get",
    tag = "webhooks",
    params(("webhookId" = Uuid, Path, description = "The webhook."), ("deliveryId" = Uuid, Path, description = "The delivery.")),
    responses(
        (status = 200, description = "The delivery.", body = WebhookDeliveryDto),
        (status = 403, description = "`forbidden`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "`webhook-not-found`, `delivery-not-found`", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn webhooks_delivery(
    LoadedDelivery { delivery, .. }: LoadedDelivery,
) -> Result<Json<WebhookDeliveryDto>, Problem> {
    Ok(Json(WebhookDeliveryDto::with_body(delivery)))
}
