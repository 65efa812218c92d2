//! `migrate`: the schema of the database.

use migration::{Migrator, MigratorTrait};
use worker::clock::Clock;

use super::print_table;
use crate::{
    args::{Global, MigrateAction, MigrateArgs, Output},
    error::CliError,
    open::{OpenedDatabase, migrate_file},
    out::Out,
    render::table::{row, table},
    settings::Settings,
};

/// Applies what is pending, or only looks; then lists all migrations.
pub async fn run(args: &MigrateArgs, global: &Global, settings: &Settings) -> Result<(), CliError> {
    let OpenedDatabase { db, file } = OpenedDatabase::open(global, settings).await?;
    let db = db.pool();
    if args.action == MigrateAction::Up {
        match &file {
            Some(file) => migrate_file(db, file, &Clock::system()).await?,
            None => Migrator::up(db, None).await?,
        }
    }
    let migrations = Migrator::get_migration_with_status_read_only(db).await?;
    let listed =
        migrations.iter().map(|migration| (migration.name(), migration.status().to_string().to_lowercase()));
    let mut out = Out::stdout();
    if global.output == Output::Json {
        out.json_array(listed.map(|(name, status)| serde_json::json!({ "name": name, "status": status })))?;
        out.flush()?;
        return Ok(());
    }
    let mut rows = table(["MIGRATION", "STATUS"]);
    for (name, status) in listed {
        row(&mut rows, [name.to_owned(), status]);
    }
    print_table(&mut out, &rows, "no migrations")
}
