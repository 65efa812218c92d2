//! Webhooks: where a tenant is told over HTTP what happened.

mod create;
mod deliveries;
mod delivery;
mod get;
mod list;
mod redeliver;
mod remove;
mod rotate;
mod test;
mod update;

use bus::IntegrationKind;
use entities::{
    WebhookDelivery, WebhookId,
    keys::KeysError,
    webhooks::{InvalidWebhook, Redelivery, WebhookError},
};
use serde::Deserialize;
use source::guard::OutboundError;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    problem::{Code, Problem},
    state::App,
};

/// The routes.
pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(routes!(list::webhooks_list, create::webhooks_create))
        .routes(routes!(get::webhooks_get, update::webhooks_update, remove::webhooks_remove))
        .routes(routes!(rotate::webhooks_rotate))
        .routes(routes!(test::webhooks_test))
        .routes(routes!(deliveries::webhooks_deliveries))
        .routes(routes!(delivery::webhooks_delivery))
        .routes(routes!(redeliver::webhooks_redeliver))
}

/// Which page.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Paged {
    /// How many items the page holds at most.
    #[param(minimum = 1)]
    limit: Option<u64>,
    /// The `nextCursor` of the page before.
    cursor: Option<String>,
}

/// The host of an address that may be sent to, as far as that can be told without asking anybody.
fn address(app: &App, url: &str) -> Result<Option<String>, Problem> {
    match app.webhook_reach.parse(url) {
        Ok(parsed) => Ok(parsed.host_str().map(str::to_owned)),
        Err(error @ (OutboundError::NotAnAddress(_) | OutboundError::NotAllowed(_))) => {
            Err(Problem::invalid("url", format!("url: {error}")))
        }
        Err(error) => Err(Problem::internal(error)),
    }
}

/// Refuses words that no event has: they would be waited for in vain.
fn checked_kinds(kinds: &[String]) -> Result<(), Problem> {
    match kinds.iter().find(|kind| IntegrationKind::from_word(kind).is_none()) {
        None => Ok(()),
        Some(_) => {
            let known = IntegrationKind::ALL.map(IntegrationKind::as_str).join(", ");
            Err(Problem::invalid("kinds", format!("kinds must be of {known}")))
        }
    }
}

/// Why it is not made or changed. The path of a file with keys is for the log only.
fn refused(error: WebhookError) -> Problem {
    let text = error.to_string();
    match error {
        WebhookError::Invalid(InvalidWebhook::Url) => Problem::invalid("url", text),
        WebhookError::Invalid(InvalidWebhook::Kinds) => Problem::invalid("kinds", text),
        WebhookError::TooMany => Problem::new(Code::LimitReached, text),
        WebhookError::NoProject => Problem::new(Code::ProjectNotFound, text).field("projectId"),
        WebhookError::Keys(KeysError::None) => Problem::new(Code::NoKeys, text),
        WebhookError::Database(error) => error.into(),
        other => Problem::internal(other),
    }
}

fn missing(id: WebhookId) -> Problem {
    Problem::new(Code::WebhookNotFound, format!("there is no webhook {id}")).field("webhookId")
}

/// What is due now, or why nothing is.
fn due(wanted: Redelivery, id: WebhookId) -> Result<WebhookDelivery, Problem> {
    match wanted {
        Redelivery::Due(delivery) => Ok(*delivery),
        Redelivery::SwitchedOff => {
            Err(Problem::new(Code::WebhookDisabled, "the webhook is switched off: nothing is sent to it"))
        }
        Redelivery::NotFound => Err(missing(id)),
    }
}
