//! Removing a webhook.

use axum::{extract::State, http::StatusCode};
use entities::{
    identity::audit::{self, Action},
    webhooks,
};

use crate::{
    extract::LoadedWebhook,
    problem::{Problem, ProblemBody},
    state::App,
};

/// Remove a webhook
///
/// With the log of what was sent to it. What waits for it is not sent.
#[utoipa::path(
    delete,
    path = "/api/v1/webhooks/{webhookId}",
    operation_id = "webhooks.remove",
    tag = "webhooks",
    params(("webhookId" = Uuid, Path, description = "The webhook.")),
    responses(
        (status = 204, description = "It is gone."),
        (status = 403, description = "`forbidden`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "`webhook-not-found`", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn webhooks_remove(
    State(app): State<App>,
    LoadedWebhook { webhook, permit }: LoadedWebhook,
) -> Result<StatusCode, Problem> {
    let transaction = permit.db().begin_write().await?;
    if webhooks::remove(&transaction, webhook.id).await? {
        let record = permit.did(Action::WebhookDelete).target("webhook", webhook.id);
        audit::record(&transaction, record, app.now()).await?;
        transaction.commit().await?;
    }
    Ok(StatusCode::NO_CONTENT)
}
