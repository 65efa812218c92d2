//! Wiring: folders, database, schema, tenant, runner.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use bus::{Dispatcher, LocalProgressBus, LocalQueue, QueueSettings, RedisProgressBus, RedisQueue};
use directories::ProjectDirs;
use entities::{ConnectOptions, Database, TenantDb, TenantId, projects};
use migration::{Migrator, MigratorTrait};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement};
use worker::{
    clock::Clock,
    instance::Instance,
    memory::Rules,
    pipeline::{Persistence, Runner},
};

use crate::{
    args::{Global, Output},
    error::CliError,
    settings::Settings,
};

/// The database file in the data folder.
const DATABASE_FILE: &str = "project-sync.db";

/// Held while the schema of a SQLite database is looked at and changed, so that two first commands do not collide.
const MIGRATION_LOCK_FILE: &str = "migration.lock";

/// The folder beside a SQLite database where packs are kept while a sync runs.
const SCRATCH_FOLDER: &str = "scratch";

/// The folder beside a SQLite database where its workers hold their locks.
const WORKERS_FOLDER: &str = "workers";

/// Everything that a command needs.
pub struct App {
    /// The database, in the name of that tenant.
    pub db: TenantDb,
    /// Whose projects are seen.
    pub tenant: TenantId,
    /// The settings.
    pub settings: Settings,
    /// How data is printed.
    pub output: Output,
    /// Whether progress is not shown.
    pub quiet: bool,
    /// Tells the time.
    pub clock: Clock,
    /// The SQLite file; none on Postgres.
    file: Option<PathBuf>,
}

/// A database that was opened and whose schema was not looked at yet.
pub struct OpenedDatabase {
    /// The database.
    pub db: Database,
    /// The SQLite file; none on Postgres.
    pub file: Option<PathBuf>,
}

/// The platform's folders for this program. `None` if the platform tells no home folder.
pub fn folders() -> Option<ProjectDirs> {
    ProjectDirs::from("", "", "project-sync")
}

impl App {
    /// Opens everything, the schema brought up to date where that is safe without asking.
    pub async fn open(global: &Global, settings: Settings) -> Result<Self, CliError> {
        let clock = Clock::system();
        let OpenedDatabase { db, file } = OpenedDatabase::open(global, &settings).await?;
        match &file {
            Some(file) => migrate_file(db.pool(), file, &clock).await?,
            None => refuse_pending(db.pool()).await?,
        }
        let tenant = projects::ensure_tenant(&db.system(), projects::LOCAL_TENANT, clock.now()).await?;
        Ok(Self {
            db: db.tenant(tenant),
            tenant,
            settings,
            output: global.output,
            quiet: global.quiet,
            clock,
            file,
        })
    }

    /// What writes rows and tells workers: see [`dispatcher`].
    ///
    /// # Errors
    /// If there is to be a Redis and it does not answer.
    pub async fn dispatcher(&self) -> Result<Dispatcher, CliError> {
        dispatcher(self.db.database(), &self.settings.queue).await
    }

    /// What runs a sync that a command waits for.
    ///
    /// # Errors
    /// If the settings cannot be worked with, the data folder cannot be written, or Redis does not answer.
    pub async fn runner(&self) -> Result<Runner, CliError> {
        self.runner_with(self.dispatcher().await?, Persistence::FailAtOnce)
    }

    /// What runs syncs in this process.
    ///
    /// # Errors
    /// If the settings cannot be worked with, or the data folder cannot be written.
    pub fn runner_with(&self, dispatcher: Dispatcher, persistence: Persistence) -> Result<Runner, CliError> {
        let mut settings = self.settings.worker();
        let instance = match &self.file {
            Some(file) => {
                let folder = beside(file, WORKERS_FOLDER);
                let action = format!("cannot write to {}", folder.display());
                let mut instance = Instance::on_one_machine(&folder).map_err(CliError::io(action))?;
                // Beside the database there is as much room as the repository's content needs anyway.
                let root = settings.source.scratch.take().unwrap_or_else(|| beside(file, SCRATCH_FOLDER));
                let action = format!("cannot write to {}", root.display());
                settings.source.scratch = Some(instance.scratch(&root).map_err(CliError::io(action))?);
                instance
            }
            None => Instance::anywhere(),
        };
        let rules = Rules::new(&settings.memory)
            .map_err(|error| CliError::usage(format!("settings: memory.{error}")))?;
        Ok(Runner {
            dispatcher,
            settings: Arc::new(settings),
            rules: Arc::new(rules),
            instance: Arc::new(instance),
            clock: self.clock.clone(),
            persistence,
        })
    }
}

/// What writes rows and tells workers: the one place where the two ways to run differ. A command that runs beside an
/// embedded service shares its database and not its queue; the service's rescue finds what it leaves.
///
/// # Errors
/// If there is to be a Redis and it does not answer.
pub async fn dispatcher(db: Database, settings: &QueueSettings) -> Result<Dispatcher, CliError> {
    Ok(match settings.redis_url {
        None => Dispatcher {
            db,
            queue: Arc::new(LocalQueue::new(settings.lease())),
            progress: Arc::new(LocalProgressBus::default()),
        },
        Some(_) => Dispatcher {
            db,
            queue: Arc::new(RedisQueue::connect(settings).await?),
            progress: Arc::new(RedisProgressBus::connect(settings).await?),
        },
    })
}

/// The SQLite file that the settings name, if it is not there yet. Nothing is made.
pub fn missing_file(global: &Global, settings: &Settings) -> Option<PathBuf> {
    let file = match &settings.database.url {
        Some(url) => PathBuf::from(url.strip_prefix("sqlite:")?),
        None => {
            let folder = global.data.clone().or_else(|| Some(folders()?.data_dir().to_owned()))?;
            folder.join(DATABASE_FILE)
        }
    };
    (!file.exists()).then_some(file)
}

impl OpenedDatabase {
    /// Opens the database that the settings name, or the one in the data folder.
    pub async fn open(global: &Global, settings: &Settings) -> Result<Self, CliError> {
        let url = match &settings.database.url {
            Some(url) => url.clone(),
            None => format!("sqlite:{}", data_file(global.data.as_deref())?),
        };
        let file = url.strip_prefix("sqlite:").map(PathBuf::from);
        if file.is_none() && !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
            return Err(CliError::usage("settings: database.url must begin with sqlite: or postgres://"));
        }
        let options = ConnectOptions {
            max_connections: settings.database.max_connections,
            // Whoever stands still for longer has lost its claim.
            idle_transaction_timeout: settings.worker().lease(),
            ..Default::default()
        };
        let db = match entities::connect(&url, &options).await {
            Ok(db) => db,
            Err(source) => return Err(CliError::OpenDatabase { file, source }),
        };
        Ok(Self { db, file })
    }
}

/// The database file in the data folder, which is made if it is not there.
fn data_file(data: Option<&Path>) -> Result<String, CliError> {
    let folder = match data {
        Some(folder) => folder.to_owned(),
        None => match folders() {
            Some(folders) => folders.data_dir().to_owned(),
            None => return Err(CliError::usage("there is no home folder; name a data folder with --data")),
        },
    };
    make_folder(&folder)
        .map_err(CliError::io(format!("cannot make the data folder {}", folder.display())))?;
    let file = folder.join(DATABASE_FILE);
    let text = file.to_str().map(str::to_owned);
    text.ok_or_else(|| CliError::usage(format!("the data folder's path is not UTF-8: {}", folder.display())))
}

/// Makes a folder that only its owner can look into: it will hold the content of repositories.
fn make_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder.create(folder)
}

fn beside(file: &Path, name: &str) -> PathBuf {
    file.parent().unwrap_or_else(|| Path::new("")).join(name)
}

/// Brings a SQLite database up to date, after a copy of one that holds something.
pub async fn migrate_file(db: &DatabaseConnection, file: &Path, clock: &Clock) -> Result<(), CliError> {
    if Migrator::get_pending_migrations_read_only(db).await?.is_empty() {
        return Ok(());
    }
    let lock_path = beside(file, MIGRATION_LOCK_FILE);
    let action = || format!("cannot lock {}", lock_path.display());
    let lock = fs::File::create(&lock_path).map_err(CliError::io(action()))?;
    lock.lock().map_err(CliError::io(action()))?;
    // Another command may have done it while we waited.
    let pending = Migrator::get_pending_migrations_read_only(db).await?;
    if pending.is_empty() {
        return Ok(());
    }
    if !Migrator::get_applied_migrations_read_only(db).await?.is_empty() {
        back_up(db, file, clock).await?;
    }
    Migrator::up(db, None).await?;
    tracing::info!(migrations = pending.len(), "the database is up to date");
    Ok(())
}

/// Copies a SQLite database to a file beside it.
async fn back_up(db: &DatabaseConnection, file: &Path, clock: &Clock) -> Result<(), CliError> {
    let copy = format!("{}.backup-{}", file.display(), clock.now().format("%Y%m%dT%H%M%S%3fZ"));
    let statement =
        Statement::from_sql_and_values(DbBackend::Sqlite, "VACUUM INTO $1", [copy.as_str().into()]);
    db.execute_raw(statement).await?;
    tracing::warn!(%copy, "the database was copied before its schema is changed");
    Ok(())
}

/// A shared database is migrated by whoever runs it, not by whoever comes first.
async fn refuse_pending(db: &DatabaseConnection) -> Result<(), CliError> {
    match Migrator::get_pending_migrations_read_only(db).await?.len() {
        0 => Ok(()),
        pending => Err(CliError::PendingMigrations(pending)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_backup_is_a_whole_database() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(DATABASE_FILE);
        let url = format!("sqlite:{}", file.display());
        let db = entities::connect(&url, &ConnectOptions::default()).await.unwrap();
        let clock = Clock::new(|| chrono::DateTime::UNIX_EPOCH);
        migrate_file(db.pool(), &file, &clock).await.unwrap();
        let tenant = projects::ensure_tenant(&db.system(), "someone", clock.now()).await.unwrap();
        let copy = folder.path().join("project-sync.db.backup-19700101T000000000Z");
        assert!(!copy.exists(), "a new database needs no copy");
        back_up(db.pool(), &file, &clock).await.unwrap();
        let copied = entities::connect(&format!("sqlite:{}", copy.display()), &ConnectOptions::default())
            .await
            .unwrap();
        assert_eq!(projects::ensure_tenant(&copied.system(), "someone", clock.now()).await.unwrap(), tenant);
        assert!(Migrator::get_pending_migrations_read_only(copied.pool()).await.unwrap().is_empty());
    }
}
