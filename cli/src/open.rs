//! Wiring: folders, database, schema, tenant, runner.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use bus::{Dispatcher, LocalProgressBus, LocalQueue, QueueSettings, RedisProgressBus, RedisQueue};
use directories::ProjectDirs;
use entities::{ConnectOptions, Database, TenantDb, TenantId, projects};
use sea_orm::DbBackend;
use source::{
    budget::{RedisBudget, Shared},
    clock::Clock as SourceClock,
    settings::CredentialKeys,
};
use worker::{
    clock::Clock,
    instance::Instance,
    memory::Rules,
    pipeline::{Persistence, Runner},
};

use crate::{
    args::{Global, Output},
    error::CliError,
    schema,
    settings::Settings,
};

/// The database file in the data folder.
const DATABASE_FILE: &str = "project-sync.db";

/// The file beside a SQLite database with the keys that secrets in it are sealed with.
const KEYS_FILE: &str = "secret.keys";

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
    pub async fn open(global: &Global, mut settings: Settings) -> Result<Self, CliError> {
        let clock = Clock::system();
        let OpenedDatabase { db, file } = OpenedDatabase::open(global, &settings).await?;
        match &file {
            Some(file) => schema::migrate_file(db.pool(), file, &clock).await?,
            None => {
                schema::refuse_pending(db.pool()).await?;
                entities::check_role(&db).await.map_err(CliError::role)?;
            }
        }
        let own_keys = file.as_deref().map(|file| beside(file, KEYS_FILE));
        settings.source.keys = CredentialKeys::new(Arc::new(settings.secrets.store(own_keys)?));
        if db.backend() != DbBackend::Sqlite {
            settings.source.shared = shared_readers(&settings)?;
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

/// What all who read from GitHub share: with workers on other machines, too, where there is a Redis between them.
///
/// Accounts are named there under a key that is made from those that seal credentials. Without these no credential is
/// stored, so that there is no account to share.
///
/// # Errors
/// If the URL is none of Redis.
fn shared_readers(settings: &Settings) -> Result<Shared, CliError> {
    let (Some(url), Ok(ring)) = (&settings.queue.redis_url, settings.source.keys.store().ring()) else {
        return Ok(Shared::default());
    };
    let key = ring.derive("accounts of hosts").map_err(|error| CliError::usage(error.to_string()))?;
    let clock = SourceClock::default();
    let budget = RedisBudget::new(url, &settings.queue.prefix, *key, clock.clone())
        .map_err(|error| CliError::usage(format!("settings: queue.redis_url: {error}")))?;
    Ok(Shared::new(Arc::new(budget), clock))
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
    /// Opens the database as whoever changes its schema: `database.migrator_url`, or the usual login if there is none.
    pub async fn open_to_migrate(global: &Global, settings: &Settings) -> Result<Self, CliError> {
        let mut settings = settings.clone();
        settings.database.url = settings.database.migrator_url.take().or(settings.database.url);
        Self::open(global, &settings).await
    }

    /// Opens the database that the settings name, or the one in the data folder.
    pub async fn open(global: &Global, settings: &Settings) -> Result<Self, CliError> {
        let url = match &settings.database.url {
            Some(url) => url.clone(),
            None => format!("sqlite:{}", data_file(global.data.as_deref())?),
        };
        let file = url.strip_prefix("sqlite:").map(PathBuf::from);
        if let Some(file) = &file {
            crate::file::use_it(file)?;
        }
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

/// The SQLite file that the settings name, which need not be there; its folder is made. `None` on Postgres.
///
/// # Errors
/// If there is no home folder, or the data folder cannot be made.
pub fn sqlite_file(global: &Global, settings: &Settings) -> Result<Option<PathBuf>, CliError> {
    match &settings.database.url {
        Some(url) => Ok(url.strip_prefix("sqlite:").map(PathBuf::from)),
        None => Ok(Some(PathBuf::from(data_file(global.data.as_deref())?))),
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

pub fn beside(file: &Path, name: &str) -> PathBuf {
    file.parent().unwrap_or_else(|| Path::new("")).join(name)
}
