//! A new webhook.

use axum::{Json, extract::State, http::StatusCode};
use entities::{
    identity::audit::{self, Action},
    webhooks::{self, NewWebhook},
};
use serde_json::json;

use super::{address, checked_kinds, refused};
use crate::{
    extract::{Body, Manage, Permitted},
    model::{IssuedWebhookDto, WebhookRequest},
    problem::{Problem, ProblemBody},
    state::App,
};

/// Make a webhook
///
/// Its secret is shown this once.
#[utoipa::path(
    post,
    path = "/api/v1/webhooks",
    operation_id = "webhooks.create",
    tag = "webhooks",
    request_body = WebhookRequest,
    responses(
        (status = 201, description = "The webhook.", body = IssuedWebhookDto),
        (status = 403, description = "`forbidden`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "`project-not-found`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "`limit-reached`; `no-keys`: the service has none to seal the secret with", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "`invalid-value`", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn webhooks_create(
    permit: Permitted<Manage>,
    State(app): State<App>,
    Body(body): Body<WebhookRequest>,
) -> Result<(StatusCode, Json<IssuedWebhookDto>), Problem> {
    let host = address(&app, &body.url)?;
    checked_kinds(&body.kinds)?;
    let new = NewWebhook { url: body.url, project: body.project_id, kinds: body.kinds };
    let (now, transaction) = (app.now(), permit.db().begin_write().await?);
    let keys = app.source_settings.keys.store();
    let (secret, row) = webhooks::create(&transaction, keys, new, now).await.map_err(refused)?;
    let detail = json!({ "host": host, "kinds": row.kinds, "project": row.project_id });
    let record = permit.did(Action::WebhookCreate).target("webhook", row.id).detail(detail);
    audit::record(&transaction, record, now).await?;
    transaction.commit().await?;
    Ok((StatusCode::CREATED, Json(IssuedWebhookDto::new(&secret, &row))))
}
