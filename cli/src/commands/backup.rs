//! `backup` and `restore-backup`: a SQLite database to a file, and back. How that is done with Postgres is told.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use entities::sqlite_file;
use serde::Serialize;
use tempfile::NamedTempFile;
use worker::clock::Clock;

use crate::{
    args::{BackupArgs, Global, Output, RestoreBackupArgs},
    error::CliError,
    file::{self, Alone, Sound, with_suffix},
    open::{self, OpenedDatabase},
    out::{Out, tell},
    render::text::bytes,
    settings::Settings,
};

/// How a Postgres database is copied. `docs/BACKUP.md` says more.
const DUMP: &str = "as a superuser, or as a login that may bypass row-level security and is a member of \
                    project_sync_owner:\n  pg_dump --format=custom --file=project-sync.dump \"$DATABASE_URL\"";

/// How the copy is put in a new database.
const RESTORE: &str = "as a superuser, into a new database, on a server that has the roles (`project-sync migrate roles`):\n  \
                       createdb --template=template0 project_sync_new\n  \
                       pg_restore --exit-on-error --single-transaction --dbname=project_sync_new project-sync.dump\n\
                       then let database.url name the new one, and run `project-sync migrate` and `project-sync verify`";

/// A backup as it is printed.
#[derive(Serialize)]
struct BackupRecord {
    file: PathBuf,
    bytes: u64,
    migrations: usize,
}

/// What was put in the place of a database, as it is printed.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RestoreRecord {
    database: PathBuf,
    /// What the database held until now. None if there was none.
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<PathBuf>,
    migrations: usize,
    pending_migrations: usize,
}

/// Copies the database to a file that is not there yet. Others may use it meanwhile.
pub async fn back_up(args: &BackupArgs, global: &Global, settings: &Settings) -> Result<(), CliError> {
    if let Some(missing) = open::missing_file(global, settings) {
        return Err(CliError::not_found(format!("there is no database at {}", missing.display()), None));
    }
    if open::sqlite_file(global, settings)?.is_none() {
        return Err(of_postgres("backup", DUMP));
    }
    let target = &args.file;
    refuse_taken(target)?;
    let OpenedDatabase { db, .. } = OpenedDatabase::open(global, settings).await?;
    let copied = copy(&db, target).await;
    db.close().await?;
    let (bytes_written, sound) = copied?;
    let mut out = Out::stdout();
    if global.output == Output::Json {
        out.json(&BackupRecord { file: target.clone(), bytes: bytes_written, migrations: sound.applied })?;
    } else {
        out.line(format_args!("{}: {}, whole", target.display(), bytes(bytes_written)))?;
    }
    out.flush()?;
    Ok(())
}

/// Copies to a file under another name, which nobody but its owner may read, looks it over, and only then names it.
async fn copy(db: &entities::Database, target: &Path) -> Result<(u64, Sound), CliError> {
    let folder = folder_of(target);
    let action = || format!("cannot write {}", target.display());
    let temporary = temporary(folder).map_err(CliError::io(action()))?;
    let path = utf8(temporary.path())?;
    sqlite_file::copy(db, path).await?;
    temporary.as_file().sync_all().map_err(CliError::io(action()))?;
    let sound = file::check(temporary.path()).await?;
    let length = temporary.as_file().metadata().map_err(CliError::io(action()))?.len();
    match temporary.persist_noclobber(target) {
        Ok(_) => {}
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => return Err(taken(target)),
        Err(error) => return Err(CliError::io(action())(error.error)),
    }
    sync_folder(folder).map_err(CliError::io(action()))?;
    Ok((length, sound))
}

/// Puts a backup in the place of the database, which nobody may have open.
pub async fn restore(args: &RestoreBackupArgs, global: &Global, settings: &Settings) -> Result<(), CliError> {
    let Some(database) = open::sqlite_file(global, settings)? else {
        return Err(of_postgres("restore-backup", RESTORE));
    };
    let backup = &args.file;
    if !backup.is_file() {
        return Err(CliError::not_found(format!("there is no file {}", backup.display()), None));
    }
    let is_same = fs::canonicalize(backup).ok() == fs::canonicalize(&database).ok();
    if is_same && database.exists() {
        return Err(CliError::usage(format!("{} is the database itself", backup.display())));
    }
    let sound = file::check(backup).await?;
    if !args.yes {
        return Err(CliError::Usage {
            message: format!("{} would be replaced by {}", database.display(), backup.display()),
            hint: Some("--yes does it; what it holds now is kept beside it".to_owned()),
        });
    }
    let before = replace(backup, &database).await?;
    let mut out = Out::stdout();
    if global.output == Output::Json {
        let (migrations, pending_migrations) = (sound.applied, sound.pending);
        out.json(&RestoreRecord { database, before, migrations, pending_migrations })?;
    } else {
        out.line(format_args!("{} is what {} holds", database.display(), backup.display()))?;
        if let Some(before) = before {
            out.line(format_args!("before: {}", before.display()))?;
        }
        if sound.pending > 0 && !global.quiet {
            tell("it is of an earlier version: the next command brings it up to date");
        }
    }
    out.flush()?;
    Ok(())
}

/// Replaces the database by a copy of `backup`. Gives where what it held until now is.
async fn replace(backup: &Path, database: &Path) -> Result<Option<PathBuf>, CliError> {
    let _alone = Alone::with(database)?;
    let folder = folder_of(database);
    let action = || format!("cannot write {}", database.display());
    let mut copy = temporary(folder).map_err(CliError::io(action()))?;
    let copied = File::open(backup).and_then(|mut backup| io::copy(&mut backup, copy.as_file_mut()));
    copied.and_then(|_| copy.as_file().sync_all()).map_err(CliError::io(action()))?;
    file::check(copy.path()).await?;
    let before = match database.exists() {
        true => Some(keep(database).await?),
        false => None,
    };
    // From one moment to the next: there is always a database at this place.
    copy.persist(database).map_err(|error| CliError::io(action())(error.error))?;
    sync_folder(folder).map_err(CliError::io(action()))?;
    Ok(before)
}

/// Gives the database, and a log that cannot be folded into it, a second name.
async fn keep(database: &Path) -> Result<PathBuf, CliError> {
    let stamp = Clock::system().now().format("%Y%m%dT%H%M%S%3fZ");
    let before = with_suffix(database, &format!(".before-restore-{stamp}"));
    let action = || format!("cannot keep {}", database.display());
    match sqlite_file::fold_log(database).await {
        Ok(true) => {}
        Ok(false) => return Err(file::in_use(database)),
        // A damaged database is what backups are for. All of it is kept as it is.
        Err(error) => tracing::warn!(%error, "the database to be replaced cannot be read"),
    }
    fs::hard_link(database, &before)
        .or_else(|_| fs::copy(database, &before).map(|_| ()))
        .map_err(CliError::io(action()))?;
    for suffix in ["-wal", "-shm"] {
        match fs::rename(with_suffix(database, suffix), with_suffix(&before, suffix)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(CliError::io(action())(error));
            }
            _ => {}
        }
    }
    Ok(before)
}

/// An empty file that goes away unless it gets a name. Only its owner may read it.
fn temporary(folder: &Path) -> io::Result<NamedTempFile> {
    tempfile::Builder::new().prefix(".project-sync-").suffix(".partial").tempfile_in(folder)
}

fn folder_of(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."))
}

/// Makes a new name last.
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

fn utf8(path: &Path) -> Result<&str, CliError> {
    path.to_str().ok_or_else(|| CliError::usage(format!("the path is not UTF-8: {}", path.display())))
}

fn refuse_taken(target: &Path) -> Result<(), CliError> {
    if target.symlink_metadata().is_ok() { Err(taken(target)) } else { Ok(()) }
}

fn taken(target: &Path) -> CliError {
    CliError::usage(format!("{} is there already; name another file", target.display()))
}

fn of_postgres(command: &str, recipe: &str) -> CliError {
    CliError::Usage {
        message: format!("`{command}` is for SQLite; the database is on a Postgres server"),
        hint: Some(recipe.to_owned()),
    }
}
