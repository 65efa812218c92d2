//! One webhook.

use axum::Json;

use crate::{
    extract::LoadedWebhook,
    model::WebhookDto,
    problem::{Problem, ProblemBody},
};

/// Show a webhook
#[utoipa::path(
    get,
    path = "/api/v1/webhooks/{webhookId}",
    operation_id = "webhooks.get",
    tag = "webhooks",
    params(("webhookId" = Uuid, Path, description = "The webhook.")),
    responses(
        (status = 200, description = "The webhook.", body = WebhookDto),
        (status = 403, description = "`forbidden`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "`webhook-not-found`", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn webhooks_get(
    LoadedWebhook { webhook, .. }: LoadedWebhook,
) -> Result<Json<WebhookDto>, Problem> {
    Ok(Json((&webhook).into()))
}
