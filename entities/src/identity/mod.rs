//! Who may do what.
//!
//! Somebody is known by an API token ([`tokens`]) or by a browser's session that began with a password ([`sessions`],
//! [`passwords`]). Either is looked up in the name of the system, since the tenant is not known before, and gives a
//! [`Principal`]: who it is, in which tenant, with which [`Rights`]. From there on everything is asked in the name of
//! that tenant. What is kept of secrets are digests: neither the database nor a backup of it lets anybody in.
//!
//! Tokens are written in their tenant's name; users, memberships, sessions and tenants, which are of no tenant alone, in
//! the system's. Every change leaves a line in the [`audit`] log, in the same transaction where there is one.

pub mod audit;
mod error;
pub mod members;
mod names;
pub mod passwords;
mod principal;
mod rights;
mod secret;
pub mod sessions;
pub mod tenants;
pub mod tickets;
pub mod tokens;
pub mod users;

pub use error::{Checked, IdentityError, Refusal};
pub use names::{MAX_NAME_CHARS, MAX_TENANT_NAME_CHARS};
pub use principal::{Principal, PrincipalKind, TenantName};
pub use rights::{Right, Rights, Role};
pub use secret::{Digest, Issued};

use std::time::Duration;

/// How exactly it is noted when a token or a session was used last: a busy one costs one write in this time.
pub const LAST_USED_PRECISION: Duration = Duration::from_mins(1);
