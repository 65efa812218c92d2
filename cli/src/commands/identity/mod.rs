//! `user`, `token`, `tenant` and `webhook`: who may do what, and who is told, on the database directly.

mod password;
mod tenant;
mod token;
mod user;
mod webhook;

use entities::{
    SystemDb, Tenant,
    identity::{
        IdentityError, Principal, TenantName,
        audit::{Action, Actor, NewRecord},
        tenants,
    },
    projects::LOCAL_TENANT,
};

pub use tenant::run as tenant;
pub use token::run as token;
pub use user::run as user;
pub use webhook::run as webhook;

use crate::{error::CliError, open::App};

/// Who is noted in the audit log.
const ACTOR: &str = "command line";

/// How many rows are read at once.
const PAGE: u64 = 500;

impl App {
    /// The database in the name of the system.
    fn system(&self) -> SystemDb {
        self.db.database().system()
    }
}

/// The tenant of this name.
async fn tenant_named(app: &App, name: &str) -> Result<Tenant, CliError> {
    let found = tenants::by_name(&app.system(), name).await?;
    let hint = || Some("`project-sync tenant ls` lists them".to_owned());
    found.ok_or_else(|| CliError::not_found(format!("there is no tenant named '{name}'"), hint()))
}

/// Whoever runs the command, in a tenant.
fn principal(tenant: &Tenant) -> Principal {
    Principal::command(ACTOR, TenantName { id: tenant.id, name: tenant.name.clone() })
}

/// A line for the audit log: that whoever runs the command did something.
fn did(tenant: &Tenant, action: Action) -> NewRecord {
    NewRecord::new(Actor::of(&principal(tenant), None), action)
}

/// The same, in the tenant whose projects the commands see.
pub(super) fn did_here(app: &App, action: Action) -> NewRecord {
    let tenant = TenantName { id: app.tenant, name: LOCAL_TENANT.to_owned() };
    NewRecord::new(Actor::of(&Principal::command(ACTOR, tenant), None), action)
}

impl From<IdentityError> for CliError {
    fn from(error: IdentityError) -> Self {
        match error {
            IdentityError::Database(error) => error.into(),
            IdentityError::Invalid { .. } => Self::usage(error.to_string()),
            other => api::Problem::from(other).into(),
        }
    }
}
