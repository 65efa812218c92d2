//! `migrate`: the schema of the database.

mod show;

use std::path::Path;

use migration::{Options, migrations, with};
use sea_orm::{DatabaseConnection, DbBackend};
use worker::clock::Clock;

use crate::{
    args::{
        Global,
        migrate::{DownArgs, MigrateAction, MigrateArgs, RolesArgs, UpArgs},
    },
    error::CliError,
    open::OpenedDatabase,
    out::Out,
    schema,
    settings::Settings,
};

/// The environment variable with the URL that a superuser logs in by, for `migrate roles --apply`.
const ADMIN_URL_VARIABLE: &str = "PROJECT_SYNC_ADMIN_URL";

/// Does what was asked for.
pub async fn run(args: &MigrateArgs, global: &Global, settings: &Settings) -> Result<(), CliError> {
    let default = MigrateAction::Up(UpArgs::default());
    let action = args.action.as_ref().unwrap_or(&default);
    if let MigrateAction::Roles(args) = action {
        return roles(args, global, settings).await;
    }
    let OpenedDatabase { db, file } = OpenedDatabase::open_to_migrate(global, settings).await?;
    let (db, file) = (db.pool(), file.as_deref());
    match action {
        MigrateAction::Status | MigrateAction::Roles(_) => show::status(db, global).await,
        MigrateAction::Plan => show::plan(db, global).await,
        MigrateAction::Verify => show::verify(db, global).await,
        MigrateAction::Up(args) => up(db, file, args, global).await,
        MigrateAction::Down(args) => down(db, file, args, global).await,
    }
}

fn options(args: &UpArgs) -> Options {
    Options { dry_run: args.dry_run, allow_loss: args.allow_loss.clone(), ..Options::default() }
}

async fn up(
    db: &DatabaseConnection,
    file: Option<&Path>,
    args: &UpArgs,
    global: &Global,
) -> Result<(), CliError> {
    let options = options(args);
    let outcome = match file {
        Some(file) => schema::migrate_file_with(db, file, &Clock::system(), &options).await?,
        None => with::up(db, &migrations(db.get_database_backend()), &options).await?,
    };
    show::told("would be applied", "applied", &outcome);
    show::status(db, global).await
}

async fn down(
    db: &DatabaseConnection,
    file: Option<&Path>,
    args: &DownArgs,
    global: &Global,
) -> Result<(), CliError> {
    if !args.yes && !args.how.dry_run {
        return Err(CliError::Usage {
            message: "taking a migration back is only done with --yes".to_owned(),
            hint: Some("`migrate down --dry-run` shows what would be lost".to_owned()),
        });
    }
    let options = options(&args.how);
    let outcome = match file {
        Some(file) => schema::take_back_file(db, file, &Clock::system(), &options).await?,
        None => with::down(db, &migrations(db.get_database_backend()), &options).await?,
    };
    show::told("would be taken back", "taken back", &outcome);
    show::status(db, global).await
}

async fn roles(args: &RolesArgs, global: &Global, settings: &Settings) -> Result<(), CliError> {
    if !args.apply {
        let mut out = Out::stdout();
        out.line(migration::roles::script().trim_end())?;
        out.flush()?;
        return Ok(());
    }
    let mut settings = settings.clone();
    if let Some(url) = admin_url(args)? {
        settings.database.migrator_url = Some(url);
    }
    let OpenedDatabase { db, .. } = OpenedDatabase::open_to_migrate(global, &settings).await?;
    if db.backend() != DbBackend::Postgres {
        return Err(CliError::usage("only Postgres has roles"));
    }
    migration::roles::apply(db.pool()).await?;
    crate::out::tell("the roles are set up");
    Ok(())
}

/// Where a superuser logs in. It is never an argument: those are seen by every user of the machine.
fn admin_url(args: &RolesArgs) -> Result<Option<String>, CliError> {
    let Some(file) = &args.admin_url_file else { return Ok(std::env::var(ADMIN_URL_VARIABLE).ok()) };
    let read = std::fs::read_to_string(file);
    let text = read.map_err(CliError::io(format!("cannot read {}", file.display())))?;
    Ok(Some(text.trim().to_owned()))
}
