//! `tenant`: whoever owns projects, and sees nobody else's.

use api::model::TenantDto;
use entities::identity::{
    audit::{self, Action},
    tenants, users,
};
use serde_json::json;

use super::{PAGE, did, password};
use crate::{
    args::identity::{TenantAddArgs, TenantArgs, TenantCommand},
    commands::print_table,
    error::CliError,
    open::App,
    out::Out,
    render::{
        table::{row, table},
        text::{clean, time},
    },
};

/// Runs the command.
pub async fn run(app: &App, args: &TenantArgs) -> Result<(), CliError> {
    match &args.command {
        TenantCommand::Add(args) => add(app, args).await,
        TenantCommand::Ls => list(app).await,
    }
}

async fn add(app: &App, args: &TenantAddArgs) -> Result<(), CliError> {
    let system = app.system();
    let password = match users::by_name(&system, &args.owner).await? {
        Some(_) => None,
        None => Some(password::new().await?),
    };
    let (now, transaction) = (app.clock.now(), system.begin_write().await?);
    let (tenant, owner) = tenants::create(&transaction, &args.name, &args.owner, password, now).await?;
    let detail = json!({ "name": tenant.name, "owner": owner.name });
    let record = did(&tenant, Action::TenantCreate).target("tenant", tenant.id).detail(detail);
    audit::record_for(&transaction, Some(tenant.id), record, now).await?;
    transaction.commit().await?;
    print(app, vec![tenant.into()])
}

async fn list(app: &App) -> Result<(), CliError> {
    let (system, mut records) = (app.system(), Vec::<TenantDto>::new());
    loop {
        let page = tenants::page(&system, records.last().map(|tenant| tenant.name.as_str()), PAGE).await?;
        let is_last = (page.len() as u64) < PAGE;
        records.extend(page.into_iter().map(TenantDto::from));
        if is_last {
            return print(app, records);
        }
    }
}

fn print(app: &App, records: Vec<TenantDto>) -> Result<(), CliError> {
    let mut out = Out::stdout();
    if app.is_json() {
        out.json_array(records)?;
        out.flush()?;
        return Ok(());
    }
    let mut rows = table(["NAME", "ID", "SINCE"]);
    for tenant in records {
        row(&mut rows, [clean(&tenant.name).into_owned(), tenant.id.to_string(), time(tenant.created_at)]);
    }
    print_table(&mut out, &rows, "there are no tenants")
}
