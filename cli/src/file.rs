//! The SQLite database as a file that programs share: who has it open, and whether it is a database of ours.

use std::{
    ffi::OsString,
    fs::{File, OpenOptions, TryLockError},
    io,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use entities::{Database, sqlite_file};
use migration::{MigrateError, State};

use crate::error::CliError;

/// What the name of the file ends with that those lock who have the database open.
const LOCK_SUFFIX: &str = ".lock";

/// The locks that this process holds, until its end.
static IN_USE: Mutex<Vec<File>> = Mutex::new(Vec::new());

/// Says that this process has the database open, for as long as it lives. Waits while it is being replaced.
pub fn use_it(file: &Path) -> Result<(), CliError> {
    let lock = match open_lock(file) {
        Ok(lock) => lock,
        // What cannot be written beside cannot be opened either, and opening it tells more.
        Err(_) => return Ok(()),
    };
    lock.lock_shared().map_err(CliError::io(format!("cannot lock {}", lock_file(file).display())))?;
    IN_USE.lock().unwrap_or_else(PoisonError::into_inner).push(lock);
    Ok(())
}

/// That no other process of ours has the database open, and none opens it.
pub struct Alone {
    _lock: File,
}

impl Alone {
    /// Makes sure of it. Programs of others are seen by [`sqlite_file::fold_log`] alone.
    pub fn with(file: &Path) -> Result<Self, CliError> {
        let action = || format!("cannot lock {}", lock_file(file).display());
        let lock = open_lock(file).map_err(CliError::io(action()))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(in_use(file)),
            Err(TryLockError::Error(error)) => Err(CliError::io(action())(error)),
        }
    }
}

/// That somebody has the database open.
pub fn in_use(file: &Path) -> CliError {
    CliError::Blocked {
        message: format!("{} is open in another process", file.display()),
        hint: Some("stop the service, and let commands that run come to their end".to_owned()),
    }
}

fn lock_file(file: &Path) -> PathBuf {
    with_suffix(file, LOCK_SUFFIX)
}

fn open_lock(file: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(lock_file(file))
}

/// The path with something behind its name.
pub fn with_suffix(file: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(file);
    name.push(suffix);
    PathBuf::from(name)
}

/// What is known of a file that holds a whole database of ours.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Sound {
    /// Migrations that it has seen.
    pub applied: usize,
    /// Migrations that this program would apply to it.
    pub pending: usize,
}

/// Makes sure that a file holds a whole database of this program, of its own or an earlier version.
pub async fn check(file: &Path) -> Result<Sound, CliError> {
    let shown = file.display();
    let log = with_suffix(file, "-wal");
    if log.metadata().is_ok_and(|log| log.len() > 0) {
        return Err(CliError::Blocked {
            message: format!(
                "{shown} is not all of its database: there is a log beside it, {}",
                log.display()
            ),
            hint: Some("`project-sync backup` makes files that are whole".to_owned()),
        });
    }
    let open = |source| CliError::OpenDatabase { file: Some(file.to_owned()), source };
    let db = sqlite_file::open_still(file).await.map_err(open)?;
    let sound = look(&db, file).await;
    db.close().await?;
    sound
}

async fn look(db: &Database, file: &Path) -> Result<Sound, CliError> {
    let refuse =
        |why: String| CliError::Blocked { message: format!("{}: {why}", file.display()), hint: None };
    let faults = sqlite_file::faults(db).await.map_err(|error| refuse(error.to_string()))?;
    if !faults.is_empty() {
        return Err(refuse(format!("the database is damaged: {}", faults.join("; "))));
    }
    let of_another = |error: MigrateError| refuse(error.to_string());
    let history = migration::status(db.pool()).await.map_err(of_another)?;
    let applied = history.iter().filter(|one| one.state == State::Applied).count();
    if applied == 0 {
        return Err(refuse("this is no database of this program".to_owned()));
    }
    // Which refuses what a newer version, or another program, applied.
    let pending = migration::pending(db.pool()).await.map_err(of_another)?.len();
    Ok(Sound { applied, pending })
}
