//! `user`: who may log in.

use chrono::{DateTime, Utc};
use entities::{
    SystemTx, Tenant, User, UserId,
    identity::{
        IdentityError, Role,
        audit::{self, Action},
        members,
        passwords::PasswordHash,
        tenants,
        users::{self, MemberOf},
    },
    projects::LOCAL_TENANT,
};
use serde::Serialize;
use serde_json::json;

use super::{PAGE, did, password, tenant_named};
use crate::{
    args::identity::{UserAddArgs, UserArgs, UserCommand},
    commands::print_table,
    error::CliError,
    open::App,
    out::{Out, tell},
    render::{
        table::{row, table},
        text::{clean, time},
    },
};

/// A user as it is printed.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct UserRecord {
    id: UserId,
    name: String,
    operator: bool,
    disabled: bool,
    created_at: DateTime<Utc>,
    tenants: Vec<RoleRecord>,
}

/// What a user is in a tenant.
#[derive(Serialize)]
struct RoleRecord {
    tenant: String,
    role: Role,
}

impl UserRecord {
    fn new(user: User, tenants: Vec<MemberOf>) -> Self {
        Self {
            id: user.id,
            name: user.name,
            operator: user.is_operator,
            disabled: user.disabled_at.is_some(),
            created_at: user.created_at,
            tenants: tenants.into_iter().map(|of| RoleRecord { tenant: of.name, role: of.role }).collect(),
        }
    }
}

/// Runs the command.
pub async fn run(app: &App, args: &UserArgs) -> Result<(), CliError> {
    match &args.command {
        UserCommand::Add(args) => add(app, args).await,
        UserCommand::Ls => list(app).await,
        UserCommand::Password(args) => set_password(app, &args.name).await,
        UserCommand::Rm(args) => remove(app, &args.name).await,
    }
}

async fn add(app: &App, args: &UserAddArgs) -> Result<(), CliError> {
    let tenant = tenant_named(app, &args.tenant).await?;
    let system = app.system();
    let found = users::by_name(&system, &args.name).await?;
    // Asked for before anything is locked: people type slowly.
    let password = if found.is_none() { Some(password::new().await?) } else { None };
    let transaction = system.begin_write().await?;
    if let Some(user) = found.as_ref().filter(|user| user.disabled_at.is_some()) {
        users::enable(&transaction, user.id).await?;
    }
    let user = made(app, &transaction, &tenant, args, password).await?;
    if args.operator {
        users::set_operator(&transaction, user, true).await?;
    }
    transaction.commit().await?;
    show(app, user).await
}

/// The user, who is a member of the tenant now.
async fn made(
    app: &App,
    transaction: &SystemTx,
    tenant: &Tenant,
    args: &UserAddArgs,
    password: Option<PasswordHash>,
) -> Result<UserId, CliError> {
    let (now, role) = (app.clock.now(), Role::from(args.role));
    if let Some(password) = &password
        && tenant.name == LOCAL_TENANT
        && !users::any(transaction).await?
    {
        let (user, _) = users::set_up(transaction, &args.name, password.clone(), now).await?;
        let record = did(tenant, Action::SetUp).target("user", user.id);
        audit::record_for(transaction, Some(tenant.id), record, now).await?;
        return Ok(user.id);
    }
    let is_new = password.is_some();
    let (action, member) = match members::add(transaction, tenant.id, &args.name, role, password, now).await {
        Ok(member) => (Action::MemberAdd, member),
        // One who is there gets the role that was said.
        Err(IdentityError::NameTaken { what: "member" }) if !is_new => {
            let user = users::by_name(transaction, &args.name).await?;
            let user = user.ok_or(IdentityError::NotFound { what: "member" })?;
            (Action::MemberChange, members::change(transaction, tenant.id, user.id, role).await?)
        }
        Err(error) => return Err(error.into()),
    };
    let detail = json!({ "name": member.name, "role": member.role });
    let record = did(tenant, action).target("user", member.user_id).detail(detail);
    audit::record_for(transaction, Some(tenant.id), record, now).await?;
    Ok(member.user_id)
}

async fn show(app: &App, id: UserId) -> Result<(), CliError> {
    let system = app.system();
    let user = users::get(&system, id).await?.ok_or(IdentityError::NotFound { what: "user" })?;
    print(app, vec![UserRecord::new(user, users::tenants_of(&system, id).await?)])
}

async fn list(app: &App) -> Result<(), CliError> {
    let (system, mut records) = (app.system(), Vec::new());
    let mut after: Option<String> = None;
    loop {
        let page = users::page(&system, after.as_deref(), PAGE).await?;
        let is_last = (page.len() as u64) < PAGE;
        after = page.last().map(|user| user.name.clone());
        for user in page {
            let tenants = users::tenants_of(&system, user.id).await?;
            records.push(UserRecord::new(user, tenants));
        }
        if is_last {
            return print(app, records);
        }
    }
}

fn print(app: &App, records: Vec<UserRecord>) -> Result<(), CliError> {
    let mut out = Out::stdout();
    if app.is_json() {
        out.json_array(records)?;
        out.flush()?;
        return Ok(());
    }
    let mut rows = table(["NAME", "TENANTS", "OPERATOR", "SINCE", "STATE"]);
    for record in records {
        let tenants: Vec<_> =
            record.tenants.iter().map(|of| format!("{} ({})", clean(&of.tenant), of.role)).collect();
        let cells = [
            clean(&record.name).into_owned(),
            tenants.join(", "),
            if record.operator { "yes" } else { "no" }.to_owned(),
            time(record.created_at),
            if record.disabled { "removed" } else { "active" }.to_owned(),
        ];
        row(&mut rows, cells);
    }
    print_table(&mut out, &rows, "there are no users yet; `project-sync user add NAME` makes the first")
}

async fn set_password(app: &App, name: &str) -> Result<(), CliError> {
    let user = named(app, name).await?;
    let password = password::new().await?;
    let (now, transaction) = (app.clock.now(), app.system().begin_write().await?);
    users::set_password(&transaction, user.id, password, None).await?;
    note(&transaction, &user, Action::PasswordChange, now).await?;
    transaction.commit().await?;
    tell(format_args!("{} has another password; their sessions ended", clean(&user.name)));
    Ok(())
}

async fn remove(app: &App, name: &str) -> Result<(), CliError> {
    let user = named(app, name).await?;
    let (now, transaction) = (app.clock.now(), app.system().begin_write().await?);
    users::disable(&transaction, user.id, now).await?;
    note(&transaction, &user, Action::MemberRemove, now).await?;
    transaction.commit().await?;
    tell(format_args!("{} may do nothing any more", clean(&user.name)));
    Ok(())
}

async fn named(app: &App, name: &str) -> Result<User, CliError> {
    let found = users::by_name(&app.system(), name).await?;
    let hint = || Some("`project-sync user ls` lists them".to_owned());
    found.ok_or_else(|| CliError::not_found(format!("there is no user named '{name}'"), hint()))
}

/// Notes what was done to a user, in each of their tenants.
async fn note(
    transaction: &SystemTx,
    user: &User,
    action: Action,
    now: DateTime<Utc>,
) -> Result<(), CliError> {
    for of in users::tenants_of(transaction, user.id).await? {
        if let Some(tenant) = tenants::get(transaction, of.tenant_id).await? {
            let record = did(&tenant, action).target("user", user.id).detail(json!({ "name": user.name }));
            audit::record_for(transaction, Some(tenant.id), record, now).await?;
        }
    }
    Ok(())
}
