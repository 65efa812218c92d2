//! Schema history, and what keeps it from losing anything.
//!
//! Each migration is SQL written out for each database, so that what stands in the schema can be read in one place.
//! [`up`] reads what it would do ([`plan`]), looks at every column before and after, and takes all of it back if
//! something was lost that nobody allowed exactly. docs/MIGRATIONS.md tells how to write one.

mod engine;
mod error;
pub mod fingerprint;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod history;
mod list;
pub mod plan;
pub mod roles;
mod snapshot;
mod status;
mod tokens;

pub use engine::{LOCK_TIMEOUT, Options, Outcome};
pub use error::{AllowedLoss, Loss, MigrateError, Refusal};
pub use history::Applied;
pub use list::{Migration, migrations};
pub use snapshot::ROWS_COMPARED;
pub use status::{State, Status, pending_of, status, status_of};

/// The engine with a list of migrations of one's own.
pub mod with {
    pub use crate::engine::{down, up};
}

use sea_orm::{ConnectionTrait, DatabaseConnection};

/// Brings a database up to date: all that is pending, in one transaction, or nothing.
///
/// # Errors
/// See [`MigrateError`]; in each case nothing was changed.
pub async fn up(db: &DatabaseConnection) -> Result<Outcome, MigrateError> {
    engine::up(db, &migrations(db.get_database_backend()), &Options::default()).await
}

/// The titles of the migrations that are still to be applied. Writes nothing.
///
/// # Errors
/// If the database is away, or its history is not the beginning of ours: it was migrated by a newer program, or what it
/// was migrated by has changed.
pub async fn pending(db: &impl ConnectionTrait) -> Result<Vec<String>, MigrateError> {
    pending_of(db, &migrations(db.get_database_backend())).await
}
