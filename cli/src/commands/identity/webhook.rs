//! `webhook`: who is told over HTTP what happened.

use api::model::{IssuedWebhookDto, WebhookDeliveryDto, WebhookDto};
use bus::IntegrationKind;
use entities::{
    DeliveryId, Tenant, TenantDb, Webhook, WebhookId,
    identity::audit::{self, Action},
    projects,
    webhooks::{self, NewWebhook, Redelivery, WebhookError},
};
use serde_json::json;

use super::{PAGE, did, tenant_named};
use crate::{
    args::webhook::{DeliveriesArgs, RedeliverArgs, WebhookAddArgs, WebhookArgs, WebhookCommand},
    commands::print_table,
    error::CliError,
    open::App,
    out::{Out, tell},
    render::{
        table::{row, table},
        text::{clean, time},
    },
};

/// Runs the command.
pub async fn run(app: &App, args: &WebhookArgs) -> Result<(), CliError> {
    let tenant = tenant_named(app, &args.tenant).await?;
    let db = app.db.database().tenant(tenant.id);
    match &args.command {
        WebhookCommand::Ls => list(app, &db).await,
        WebhookCommand::Add(args) => add(app, &tenant, &db, args).await,
        WebhookCommand::Rm(args) => remove(app, &tenant, &db, &args.id).await,
        WebhookCommand::Deliveries(args) => deliveries(app, &db, args).await,
        WebhookCommand::Redeliver(args) => redeliver(app, &tenant, &db, args).await,
    }
}

async fn list(app: &App, db: &TenantDb) -> Result<(), CliError> {
    // There are never more than fit a page.
    let rows = webhooks::page(db, None, PAGE).await?;
    let mut out = Out::stdout();
    if app.is_json() {
        out.json_array(rows.iter().map(WebhookDto::from))?;
        out.flush()?;
        return Ok(());
    }
    let mut shown = table(["ID", "URL", "KINDS", "CREATED", "STATE"]);
    for webhook in rows.iter().map(WebhookDto::from) {
        let kinds = if webhook.kinds.is_empty() { "all".to_owned() } else { webhook.kinds.join(", ") };
        let state = match (webhook.enabled, &webhook.disabled_reason) {
            (true, _) => "on".to_owned(),
            (false, Some(reason)) => format!("off: {}", clean(reason)),
            (false, None) => "off".to_owned(),
        };
        let cells = [
            webhook.id.to_string(),
            clean(&webhook.url).into_owned(),
            clean(&kinds).into_owned(),
            time(webhook.created_at),
            state,
        ];
        row(&mut shown, cells);
    }
    print_table(&mut out, &shown, "there are no webhooks; `project-sync webhook add URL` makes one")
}

async fn add(app: &App, tenant: &Tenant, db: &TenantDb, args: &WebhookAddArgs) -> Result<(), CliError> {
    let settings = &app.settings;
    let url = settings.webhooks.reach(&settings.source).parse(&args.url);
    let url = url.map_err(|error| CliError::usage(format!("the URL: {error}")))?;
    if let Some(kind) = args.kind.iter().find(|kind| IntegrationKind::from_word(kind).is_none()) {
        let known = IntegrationKind::ALL.map(IntegrationKind::as_str).join(", ");
        return Err(CliError::usage(format!(
            "there are no events of the kind '{}'; there are {known}",
            clean(kind)
        )));
    }
    let project = match &args.project {
        Some(name) => {
            let missing = || CliError::not_found(format!("there is no project '{name}'"), None);
            Some(projects::find(db, name).await?.ok_or_else(missing)?.project.id)
        }
        None => None,
    };
    let new = NewWebhook { url: args.url.clone(), project, kinds: args.kind.clone() };
    let (now, transaction) = (app.clock.now(), db.begin_write().await?);
    let made = webhooks::create(&transaction, settings.source.keys.store(), new, now).await;
    let (secret, webhook) = made.map_err(refused)?;
    let detail = json!({ "host": url.host_str(), "kinds": webhook.kinds, "project": webhook.project_id });
    let record = did(tenant, Action::WebhookCreate).target("webhook", webhook.id).detail(detail);
    audit::record(&transaction, record, now).await?;
    transaction.commit().await?;
    let mut out = Out::stdout();
    if app.is_json() {
        out.json(&IssuedWebhookDto::new(&secret, &webhook))?;
    } else {
        out.line(secret.to_text().expose())?;
        tell(format_args!("this is what webhook {} signs with; it is shown once", webhook.id));
    }
    out.flush()?;
    Ok(())
}

async fn remove(app: &App, tenant: &Tenant, db: &TenantDb, id: &str) -> Result<(), CliError> {
    let webhook = named(db, id).await?;
    let transaction = db.begin_write().await?;
    if webhooks::remove(&transaction, webhook.id).await? {
        let record = did(tenant, Action::WebhookDelete).target("webhook", webhook.id);
        audit::record(&transaction, record, app.clock.now()).await?;
        transaction.commit().await?;
    }
    tell(format_args!("webhook {} is told nothing any more", webhook.id));
    Ok(())
}

async fn deliveries(app: &App, db: &TenantDb, args: &DeliveriesArgs) -> Result<(), CliError> {
    let webhook = named(db, &args.id).await?;
    let status = args.status.map(Into::into);
    let rows = webhooks::deliveries(db, webhook.id, status, None, args.limit).await?;
    let rows = rows.into_iter().map(WebhookDeliveryDto::from);
    let mut out = Out::stdout();
    if app.is_json() {
        out.json_array(rows)?;
        out.flush()?;
        return Ok(());
    }
    let mut shown = table(["ID", "EVENT", "STATUS", ">ATTEMPTS", "LAST TRIED", "ANSWER"]);
    for delivery in rows {
        let answer = match (delivery.error, delivery.response_status) {
            (Some(error), _) => clean(&error).into_owned(),
            (None, Some(status)) => status.to_string(),
            (None, None) => String::new(),
        };
        let cells = [
            delivery.id.to_string(),
            clean(&delivery.kind).into_owned(),
            delivery.status.to_string(),
            delivery.attempts.to_string(),
            delivery.last_tried_at.map(time).unwrap_or_else(|| "never".to_owned()),
            answer,
        ];
        row(&mut shown, cells);
    }
    print_table(&mut out, &shown, "nothing was sent to it yet")
}

async fn redeliver(app: &App, tenant: &Tenant, db: &TenantDb, args: &RedeliverArgs) -> Result<(), CliError> {
    let webhook = named(db, &args.id).await?;
    let missing = || CliError::not_found(format!("there is no delivery {}", clean(&args.delivery)), None);
    let id: DeliveryId = args.delivery.parse().map_err(|_| missing())?;
    let (now, transaction) = (app.clock.now(), db.begin_write().await?);
    match webhooks::redeliver(&transaction, webhook.id, id, now).await? {
        Redelivery::Due(_) => {}
        Redelivery::SwitchedOff => {
            return Err(CliError::usage("the webhook is switched off: nothing is sent to it"));
        }
        Redelivery::NotFound => return Err(missing()),
    }
    let record = did(tenant, Action::WebhookRedeliver).target("webhook", webhook.id);
    audit::record(&transaction, record.detail(json!({ "delivery": id })), now).await?;
    transaction.commit().await?;
    tell(format_args!("delivery {id} is due; the workers of a service send it"));
    Ok(())
}

/// The webhook of this id.
async fn named(db: &TenantDb, id: &str) -> Result<Webhook, CliError> {
    let hint = || Some("`project-sync webhook ls` lists them".to_owned());
    let missing = || CliError::not_found(format!("there is no webhook {}", clean(id)), hint());
    let parsed: WebhookId = id.parse().map_err(|_| missing())?;
    webhooks::get(db, parsed).await?.ok_or_else(missing)
}

fn refused(error: WebhookError) -> CliError {
    match error {
        WebhookError::Database(error) => error.into(),
        other => CliError::usage(other.to_string()),
    }
}
