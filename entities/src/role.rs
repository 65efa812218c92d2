//! As whom the program is logged in to Postgres. Row-level security binds neither superusers nor those with BYPASSRLS, and
//! an owner can take it off: a service that is one of these would keep tenants apart by its own queries alone.

use sea_orm::{DbBackend, DbErr, FromQueryResult, Statement};

use crate::scope::{Database, SYSTEM_ROLE};

/// The role that owns all tables.
pub const OWNER_ROLE: &str = "project_sync_owner";

/// Why the program must not go on as whom it is logged in.
#[derive(Debug, thiserror::Error)]
pub enum RoleError {
    /// Superusers see everything.
    #[error("the database user {0} is a superuser: row-level security would not bind it")]
    Superuser(String),
    /// Nothing binds them.
    #[error("the database user {0} has BYPASSRLS: row-level security would not bind it")]
    BypassesRowSecurity(String),
    /// Owners can change tables and their policies.
    #[error("the database user {0} owns the tables, or may act as their owner")]
    Owner(String),
    /// What looks across tenants is to be asked for, each time.
    #[error("the database user {0} inherits the rights of {SYSTEM_ROLE}")]
    InheritsSystem(String),
    /// Without it neither the queue nor a login can be looked at.
    #[error("the database user {0} may not act as {SYSTEM_ROLE}")]
    NoSystem(String),
    /// The database is away, or refuses. Trying again may help.
    #[error(transparent)]
    Database(#[from] DbErr),
}

#[derive(FromQueryResult)]
struct Role {
    name: String,
    is_superuser: bool,
    bypasses: bool,
    is_owner: bool,
    inherits_system: bool,
    may_be_system: bool,
}

/// Makes sure that row-level security binds whoever the program is logged in as. On SQLite there is nobody to be.
///
/// # Errors
/// See [`RoleError`].
pub async fn check_role(database: &Database) -> Result<(), RoleError> {
    if database.backend() != DbBackend::Postgres {
        return Ok(());
    }
    // A role that is not there is nobody's.
    let sql = format!(
        "SELECT r.rolname::text AS name, r.rolsuper AS is_superuser, r.rolbypassrls AS bypasses, \
         (EXISTS (SELECT 1 FROM pg_roles o WHERE o.rolname = '{OWNER_ROLE}' \
             AND pg_has_role(r.oid, o.oid, 'MEMBER')) \
          OR EXISTS (SELECT 1 FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace \
             AND c.relkind IN ('r', 'p') AND pg_has_role(r.oid, c.relowner, 'MEMBER'))) AS is_owner, \
         EXISTS (SELECT 1 FROM pg_roles s WHERE s.rolname = '{SYSTEM_ROLE}' \
             AND pg_has_role(r.oid, s.oid, 'USAGE')) AS inherits_system, \
         EXISTS (SELECT 1 FROM pg_roles s WHERE s.rolname = '{SYSTEM_ROLE}' \
             AND pg_has_role(r.oid, s.oid, 'MEMBER')) AS may_be_system \
         FROM pg_roles r WHERE r.rolname = session_user"
    );
    let found = Role::find_by_statement(Statement::from_string(DbBackend::Postgres, sql));
    let role = found.one(database.pool()).await?;
    let role = role.ok_or_else(|| DbErr::RecordNotFound("the role of this session".to_owned()))?;
    let name = role.name;
    if role.is_superuser {
        return Err(RoleError::Superuser(name));
    }
    if role.bypasses {
        return Err(RoleError::BypassesRowSecurity(name));
    }
    if role.is_owner {
        return Err(RoleError::Owner(name));
    }
    if role.inherits_system {
        return Err(RoleError::InheritsSystem(name));
    }
    if !role.may_be_system {
        return Err(RoleError::NoSystem(name));
    }
    Ok(())
}
