//! `token`: what machines are known by.

use api::model::TokenDto;
use chrono::{DateTime, Days, Utc};
use entities::{
    ApiToken, ApiTokenId, Tenant, TenantDb,
    identity::{
        audit::{self, Action},
        tokens::{self, NewToken},
    },
    projects,
};
use serde_json::json;

use super::{PAGE, did, principal, tenant_named};
use crate::{
    args::identity::{TokenArgs, TokenCommand, TokenCreateArgs},
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
pub async fn run(app: &App, args: &TokenArgs) -> Result<(), CliError> {
    let tenant = tenant_named(app, &args.tenant).await?;
    let db = app.db.database().tenant(tenant.id);
    match &args.command {
        TokenCommand::Create(args) => create(app, &tenant, &db, args).await,
        TokenCommand::Ls => list(app, &db).await,
        TokenCommand::Revoke(args) => revoke(app, &tenant, &db, &args.id).await,
    }
}

async fn create(app: &App, tenant: &Tenant, db: &TenantDb, args: &TokenCreateArgs) -> Result<(), CliError> {
    let now = app.clock.now();
    let project = match &args.project {
        Some(name) => {
            let found = projects::find(db, name).await?;
            let missing = || CliError::not_found(format!("there is no project '{name}'"), None);
            Some(found.ok_or_else(missing)?.project.id)
        }
        None => None,
    };
    let new = NewToken {
        name: args.name.clone(),
        scopes: args.scope.iter().map(|scope| (*scope).into()).collect(),
        is_operator: args.operator,
        project,
        expires_at: args.days.and_then(|days| now.checked_add_days(Days::new(days.into()))),
    };
    let transaction = db.begin_write().await?;
    let (secret, row) = tokens::create(&transaction, &principal(tenant), new, now).await?;
    let detail = json!({ "name": row.name, "scopes": row.scopes, "operator": row.is_operator });
    let record = did(tenant, Action::TokenCreate).target("token", row.id).detail(detail);
    audit::record(&transaction, record, now).await?;
    transaction.commit().await?;
    let mut out = Out::stdout();
    if app.is_json() {
        out.json(&api::model::IssuedTokenDto::new(&secret, &row))?;
    } else {
        out.line(secret.expose())?;
        tell("this is shown once; keep it where secrets are kept");
    }
    out.flush()?;
    Ok(())
}

async fn list(app: &App, db: &TenantDb) -> Result<(), CliError> {
    let mut rows: Vec<ApiToken> = Vec::new();
    loop {
        let page = tokens::page(db, rows.last().map(|row| row.id), PAGE).await?;
        let is_last = (page.len() as u64) < PAGE;
        rows.extend(page);
        if is_last {
            break;
        }
    }
    let mut out = Out::stdout();
    if app.is_json() {
        out.json_array(rows.iter().map(TokenDto::from))?;
        out.flush()?;
        return Ok(());
    }
    let now = app.clock.now();
    let mut shown = table(["NAME", "ID", "TOKEN", "SCOPES", "CREATED", "LAST USED", "STATE"]);
    for token in rows.iter().map(TokenDto::from) {
        let scopes = token.scopes.to_string();
        let cells = [
            clean(&token.name).into_owned(),
            token.id.to_string(),
            format!("{}…", token.hint),
            if token.operator { format!("{scopes}, operator") } else { scopes },
            time(token.created_at),
            token.last_used_at.map(time).unwrap_or_else(|| "never".to_owned()),
            state(&token, now),
        ];
        row(&mut shown, cells);
    }
    print_table(&mut out, &shown, "there are no tokens; `project-sync token create NAME` makes one")
}

fn state(token: &TokenDto, now: DateTime<Utc>) -> String {
    match (token.revoked_at, token.expires_at) {
        (Some(_), _) => "revoked".to_owned(),
        (None, Some(end)) if end <= now => "expired".to_owned(),
        (None, Some(end)) => format!("until {}", time(end)),
        (None, None) => "good".to_owned(),
    }
}

async fn revoke(app: &App, tenant: &Tenant, db: &TenantDb, id: &str) -> Result<(), CliError> {
    let missing = || CliError::not_found(format!("there is no token {id}"), None);
    let parsed: ApiTokenId = id.parse().map_err(|_| missing())?;
    let token = tokens::get(db, parsed).await?.ok_or_else(missing)?;
    let (now, transaction) = (app.clock.now(), db.begin_write().await?);
    if tokens::revoke(&transaction, token.id, now).await? {
        let record = did(tenant, Action::TokenRevoke).target("token", token.id);
        audit::record(&transaction, record.detail(json!({ "name": token.name })), now).await?;
        transaction.commit().await?;
    }
    tell(format_args!("token {} lets nobody in any more", clean(&token.name)));
    Ok(())
}
