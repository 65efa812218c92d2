//! The commands, one a file.

mod backup;
mod bench;
mod branches;
mod cancel;
mod completions;
mod config;
mod diff;
mod files;
pub mod gc;
mod healthcheck;
mod history;
mod identity;
mod man;
mod memory;
mod migrate;
mod operator;
mod projects;
mod repositories;
mod restore;
mod schedule;
mod secrets;
mod serve;
mod source;
mod status;
mod sync;
mod verify;
mod watch;

use entities::SourceSpec;

use crate::{
    args::{Cli, Command, Output},
    error::CliError,
    open::App,
    out::Out,
    settings::Settings,
};

/// Runs what was typed.
pub async fn run(cli: Cli) -> Result<(), CliError> {
    let Cli { global, command } = cli;
    match &command {
        Command::Config(args) => return config::run(&global, args),
        Command::Healthcheck(args) => return healthcheck::run(&global, args).await,
        Command::Completions(args) => return completions::run(args),
        Command::Man(args) => return man::run(args),
        Command::Bench(args) => {
            crate::telemetry::for_command(&global);
            return bench::run(&global, args).await;
        }
        _ => {}
    }
    if let Command::Doctor(args) = &command {
        // Even the settings may be what is broken.
        crate::telemetry::for_command(&global);
        return operator::doctor::run(&global, args).await;
    }
    let mut settings = Settings::load(global.config.as_deref())?;
    match &command {
        Command::Serve(args) => return serve::serve(&global, settings, args).await,
        Command::Api(args) => return serve::api(&global, settings, args).await,
        Command::Gateway(args) => return serve::gateway(&global, settings, args).await,
        Command::Worker(args) => return serve::worker(&global, settings, args).await,
        _ => crate::telemetry::for_command(&global),
    }
    if let Command::Migrate(args) = &command {
        return migrate::run(args, &global, &settings).await;
    }
    if let Command::Secrets(args) = &command {
        return secrets::run(args, &global, settings).await;
    }
    match &command {
        Command::Backup(args) => return backup::back_up(args, &global, &settings).await,
        Command::RestoreBackup(args) => return backup::restore(args, &global, &settings).await,
        _ => {}
    }
    if let Command::Jobs(_) | Command::Queue(_) | Command::Dead(_) = &command {
        return operator::run(&global, settings, &command).await;
    }
    if let Command::Repositories(args) = &command {
        return repositories::run(args, &settings.source, global.output).await;
    }
    if let Command::Watch(args) = &command {
        return watch::run(&global, settings, args).await;
    }
    let spec = match &command {
        Command::Sync(args) => Some(source::apply(&args.source, &mut settings.source)?),
        Command::Branches(args) => Some(source::apply(args, &mut settings.source)?),
        _ => None,
    };
    let app = App::open(&global, settings).await?;
    let result = run_with(&app, command, spec).await;
    // Closed in order, SQLite folds its log into the database; the next command need not read it first.
    let closed = app.db.database().close().await;
    result.and(closed.map_err(CliError::from))
}

async fn run_with(app: &App, command: Command, spec: Option<SourceSpec>) -> Result<(), CliError> {
    match (command, spec) {
        (Command::Sync(args), Some(spec)) => sync::run(app, &args, &spec).await,
        (Command::Branches(_), Some(spec)) => branches::run(app, &spec).await,
        (Command::Projects, _) => projects::run(app).await,
        (Command::Status(args), _) => status::run(app, &args).await,
        (Command::History(args), _) => history::run(app, &args).await,
        (Command::Files(args), _) => files::run(app, &args).await,
        (Command::Memory(args), _) => memory::run(app, &args).await,
        (Command::Diff(args), _) => diff::run(app, &args).await,
        (Command::Restore(args), _) => restore::run(app, &args).await,
        (Command::Verify(args), _) => verify::run(app, &args).await,
        (Command::Cancel(args), _) => cancel::run(app, &args).await,
        (Command::Schedule(args), _) => schedule::run(app, &args).await,
        (Command::User(args), _) => identity::user(app, &args).await,
        (Command::Token(args), _) => identity::token(app, &args).await,
        (Command::Tenant(args), _) => identity::tenant(app, &args).await,
        (Command::Webhook(args), _) => identity::webhook(app, &args).await,
        (Command::Gc(args), _) => gc::run(app, &args).await,
        // Handled above: these need no database, open it themselves, or have a source.
        (
            Command::Config(_)
            | Command::Healthcheck(_)
            | Command::Completions(_)
            | Command::Man(_)
            | Command::Bench(_)
            | Command::Migrate(_)
            | Command::Secrets(_)
            | Command::Backup(_)
            | Command::RestoreBackup(_)
            | Command::Serve(_)
            | Command::Api(_)
            | Command::Gateway(_)
            | Command::Worker(_)
            | Command::Repositories(_)
            | Command::Watch(_)
            | Command::Jobs(_)
            | Command::Queue(_)
            | Command::Dead(_)
            | Command::Doctor(_)
            | Command::Sync(_)
            | Command::Branches(_),
            _,
        ) => Ok(()),
    }
}

impl App {
    /// Whether data is printed as JSON.
    fn is_json(&self) -> bool {
        self.output == Output::Json
    }
}

/// Prints a table, or a line in its place if it is empty.
fn print_table(out: &mut Out, table: &comfy_table::Table, empty: &str) -> Result<(), CliError> {
    if table.is_empty() {
        crate::out::tell(empty);
    } else {
        out.line(table.trim_fmt())?;
    }
    out.flush()?;
    Ok(())
}
