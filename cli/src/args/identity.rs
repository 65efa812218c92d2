//! What can be typed about who may do what: `user`, `token` and `tenant`.

use clap::{Args, Subcommand, ValueEnum};
use entities::identity::{Right, Role};

/// `user`.
#[derive(Args, Debug)]
pub struct UserArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: UserCommand,
}

/// What to do with users.
#[derive(Subcommand, Debug)]
pub enum UserCommand {
    /// Make a user, or make one that is there a member of a tenant
    ///
    /// The password of a new user is asked for, or read from standard input. The first user operates the installation
    /// and owns the tenant. One that `rm` was called on may log in again.
    Add(UserAddArgs),
    /// List the users
    Ls,
    /// Give a user another password; their sessions end
    Password(UserNameArgs),
    /// Let a user do nothing any more; what they did stays in the audit log
    Rm(UserNameArgs),
}

/// `user add`.
#[derive(Args, Debug)]
pub struct UserAddArgs {
    /// What they are called
    pub name: String,
    /// What they are in the tenant
    #[arg(long, value_enum, default_value_t = RoleArg::Member, value_name = "ROLE")]
    pub role: RoleArg,
    /// The tenant
    #[arg(long, value_name = "NAME", default_value = entities::projects::LOCAL_TENANT)]
    pub tenant: String,
    /// Let them operate the installation, across all tenants
    #[arg(long)]
    pub operator: bool,
}

/// One user.
#[derive(Args, Debug)]
pub struct UserNameArgs {
    /// What they are called
    pub name: String,
}

/// What a user is in a tenant.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum RoleArg {
    /// Does everything in it, and says who else may do what
    Owner,
    /// Reads, and starts, cancels and restores syncs
    Member,
    /// Reads
    Viewer,
}

impl From<RoleArg> for Role {
    fn from(role: RoleArg) -> Self {
        match role {
            RoleArg::Owner => Self::Owner,
            RoleArg::Member => Self::Member,
            RoleArg::Viewer => Self::Viewer,
        }
    }
}

/// `token`.
#[derive(Args, Debug)]
pub struct TokenArgs {
    /// The tenant
    #[arg(long, global = true, value_name = "NAME", default_value = entities::projects::LOCAL_TENANT)]
    pub tenant: String,
    /// What to do.
    #[command(subcommand)]
    pub command: TokenCommand,
}

/// What to do with tokens.
#[derive(Subcommand, Debug)]
pub enum TokenCommand {
    /// Make a token for a machine; it is printed this once
    Create(TokenCreateArgs),
    /// List the tokens, the latest first
    Ls,
    /// Let a token do nothing any more
    Revoke(TokenRevokeArgs),
}

/// `token create`.
#[derive(Args, Debug)]
pub struct TokenCreateArgs {
    /// What it is called
    pub name: String,
    /// What it may do
    #[arg(long, value_enum, value_delimiter = ',', value_name = "SCOPES", default_value = "read")]
    pub scope: Vec<ScopeArg>,
    /// The only project that it is for: its name or id [default: all]
    #[arg(long, value_name = "PROJECT", conflicts_with = "operator")]
    pub project: Option<String>,
    /// Let it operate the installation, across all tenants
    #[arg(long)]
    pub operator: bool,
    /// It ends after so many days [default: it does not]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=36_500))]
    pub days: Option<u32>,
}

/// What a token may do.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum ScopeArg {
    /// Look at projects, syncs, files and memory
    Read,
    /// Start, cancel and restore syncs
    Sync,
    /// Make and delete projects, and say who may do what
    Admin,
}

impl From<ScopeArg> for Right {
    fn from(scope: ScopeArg) -> Self {
        match scope {
            ScopeArg::Read => Self::Read,
            ScopeArg::Sync => Self::Sync,
            ScopeArg::Admin => Self::Admin,
        }
    }
}

/// `token revoke`.
#[derive(Args, Debug)]
pub struct TokenRevokeArgs {
    /// The token's id, as `token ls` shows it
    pub id: String,
}

/// `tenant`.
#[derive(Args, Debug)]
pub struct TenantArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: TenantCommand,
}

/// What to do with tenants.
#[derive(Subcommand, Debug)]
pub enum TenantCommand {
    /// Make a tenant and its owner
    ///
    /// The password of an owner who is no user yet is asked for, or read from standard input.
    Add(TenantAddArgs),
    /// List the tenants
    Ls,
}

/// `tenant add`.
#[derive(Args, Debug)]
pub struct TenantAddArgs {
    /// What it is called
    pub name: String,
    /// The user who owns it
    #[arg(long, value_name = "USER")]
    pub owner: String,
}
