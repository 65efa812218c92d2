//! Schema history.
//!
//! Each migration is SQL written out for each database, so that what stands in the schema can be read in one place.

use sea_orm_migration::prelude::*;

mod m20261120_000001_initial;
mod m20261121_000002_queue;
mod m20261121_000003_events;
mod m20261121_000004_identity;
mod m20261121_000005_isolation;

pub use sea_orm_migration::MigratorTrait;

/// All migrations, oldest first.
#[derive(Debug)]
pub struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261120_000001_initial::Migration),
            Box::new(m20261121_000002_queue::Migration),
            Box::new(m20261121_000003_events::Migration),
            Box::new(m20261121_000004_identity::Migration),
            Box::new(m20261121_000005_isolation::Migration),
        ]
    }
}
