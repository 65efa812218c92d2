//! A migrated database for each test, on SQLite and on Postgres.

use std::{
    env, fs,
    hash::{DefaultHasher, Hash, Hasher},
    thread,
    time::Duration,
};

use chrono::Utc;
use entities::{ConnectOptions, Database, TenantDb, projects};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr, Statement};
use tempfile::TempDir;
use uuid::Uuid;

/// Where tests find the URL of a Postgres server whose user may create databases.
pub const POSTGRES_VARIABLE: &str = "PROJECT_SYNC_TEST_POSTGRES";

/// The advisory lock under which the template is made ("template" in a phone's letters).
const TEMPLATE_LOCK: i64 = 83_675_283;

/// The user that the program under test logs in as: bound by row-level security, as in production.
const APP_USER: &str = "project_sync_test";

/// How long dropping a database may take before it is left to the server's end.
const DROP_PATIENCE: Duration = Duration::from_secs(10);

/// A database of a test's own, with all migrations applied. Dropping it removes it.
///
/// Making one panics with a clear sentence where that cannot be.
pub struct TestDatabase {
    database: Database,
    connection: DatabaseConnection,
    url: String,
    admin_url: String,
    // Dropped after the connection: fields are dropped in order.
    _place: Place,
}

/// What is to be removed.
enum Place {
    Folder { _folder: TempDir },
    Postgres { server: String, name: String },
    Elsewhere,
}

impl TestDatabase {
    /// A new SQLite database in a file.
    pub async fn sqlite() -> Self {
        let folder = TempDir::with_prefix("project-sync-database-")
            .unwrap_or_else(|error| panic!("no temporary folder: {error}"));
        let url = format!("sqlite:{}", folder.path().join("test.db").display());
        let database = connect(&url).await;
        migrate(database.pool()).await;
        let (connection, admin_url) = (database.pool().clone(), url.clone());
        Self { database, connection, url, admin_url, _place: Place::Folder { _folder: folder } }
    }

    /// A new database on the Postgres server of this run: a copy of a template that is migrated once.
    pub async fn postgres() -> Self {
        let server = env::var(POSTGRES_VARIABLE).unwrap_or_else(|_| {
            panic!("{POSTGRES_VARIABLE} is not set: run the tests by ./test, which starts a private Postgres server")
        });
        let name = format!("test_{}", Uuid::now_v7().simple());
        create_from_template(&server, &name)
            .await
            .unwrap_or_else(|error| panic!("no database on the Postgres server of this run: {error}"));
        let admin_url = with_database(&server, &name);
        let url = with_user(&admin_url, APP_USER);
        let database = connect(&url).await;
        let connection = connect(&admin_url).await.pool().clone();
        Self { database, connection, url, admin_url, _place: Place::Postgres { server, name } }
    }

    /// A database on a server of the test's own: `url` is that of the program's user ([`prepared`]), `admin_url` that of a
    /// superuser. It goes with its server.
    pub async fn existing(url: &str, admin_url: &str) -> Self {
        let database = connect(url).await;
        let connection = connect(admin_url).await.pool().clone();
        let (url, admin_url) = (url.to_owned(), admin_url.to_owned());
        Self { database, connection, url, admin_url, _place: Place::Elsewhere }
    }

    /// The database, as the program under test opens it.
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// A connection (a pool) that sees everything, for looking behind the scenes: on Postgres a superuser's.
    pub fn connection(&self) -> &DatabaseConnection {
        &self.connection
    }

    /// The URL of [`Self::connection`].
    pub fn admin_url(&self) -> &str {
        &self.admin_url
    }

    /// The URL that further connections to the same database are opened by.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Which kind of database it is.
    pub fn backend(&self) -> DbBackend {
        self.connection.get_database_backend()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let Self::Postgres { server, name } = self else { return };
        let (server, name) = (server.clone(), name.clone());
        // A drop cannot wait in the test's runtime; a thread with a runtime of its own can. What fails here is left to
        // the end of the server.
        let dropper = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
            runtime.block_on(async {
                let removal = async {
                    let admin = admin(&server).await?;
                    let statement = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
                    admin.execute_unprepared(&statement).await?;
                    admin.close().await
                };
                tokio::time::timeout(DROP_PATIENCE, removal).await.ok()?.ok()
            })
        });
        let _ = dropper.join();
    }
}

async fn connect(url: &str) -> Database {
    entities::connect(url, &ConnectOptions::default())
        .await
        .unwrap_or_else(|error| panic!("the test's database does not open: {error}"))
}

async fn migrate(connection: &DatabaseConnection) {
    if let Err(error) = migration::up(connection).await {
        panic!("migrating failed: {error}");
    }
}

/// One connection to the server's maintenance database.
async fn admin(server: &str) -> Result<DatabaseConnection, DbErr> {
    let mut options = sea_orm::ConnectOptions::new(server);
    options.max_connections(1).sqlx_logging(false);
    sea_orm::Database::connect(options).await
}

async fn create_from_template(server: &str, name: &str) -> Result<(), DbErr> {
    let admin = admin(server).await?;
    let template = template_name();
    if !exists(&admin, &template).await? {
        // Tests are processes of their own: one of them makes the template, the others wait for the lock.
        admin.execute_unprepared(&format!("SELECT pg_advisory_lock({TEMPLATE_LOCK})")).await?;
        if !exists(&admin, &template).await? {
            make_template(&admin, server, &template).await?;
        }
        admin.execute_unprepared(&format!("SELECT pg_advisory_unlock({TEMPLATE_LOCK})")).await?;
    }
    admin.execute_unprepared(&format!("CREATE DATABASE {name} TEMPLATE {template}")).await?;
    admin.close().await
}

async fn exists(admin: &DatabaseConnection, name: &str) -> Result<bool, DbErr> {
    let query = format!("SELECT 1 FROM pg_database WHERE datname = '{name}'");
    let row = admin.query_one_raw(Statement::from_string(DbBackend::Postgres, query)).await?;
    Ok(row.is_some())
}

/// Migrates a database under another name first: under its own name a template is always complete.
async fn make_template(admin: &DatabaseConnection, server: &str, template: &str) -> Result<(), DbErr> {
    let unfinished = format!("{template}_unfinished");
    admin.execute_unprepared(&format!("DROP DATABASE IF EXISTS {unfinished} WITH (FORCE)")).await?;
    admin.execute_unprepared(&format!("CREATE DATABASE {unfinished}")).await?;
    let database = connect(&with_database(server, &unfinished)).await;
    migrate(database.pool()).await;
    make_login(admin).await?;
    database.close().await?;
    admin.execute_unprepared(&format!("ALTER DATABASE {unfinished} RENAME TO {template}")).await?;
    Ok(())
}

/// Makes a database of a server that is a test's own what services find in production: the roles, the schema, and a user
/// who is bound by row-level security. Gives the URL of that user.
///
/// # Panics
/// If the server does not answer, or `url` is not that of a superuser.
pub async fn prepared(url: &str) -> String {
    let database = connect(url).await;
    migrate(database.pool()).await;
    make_login(database.pool()).await.unwrap_or_else(|error| panic!("no login: {error}"));
    database.close().await.unwrap_or_else(|error| panic!("not closed: {error}"));
    with_user(url, APP_USER)
}

/// A database in the name of the tenant of an installation with a single user, who is made if not there.
///
/// # Panics
/// If the database does not answer.
pub async fn local_tenant(database: &Database) -> TenantDb {
    let tenant = projects::ensure_tenant(&database.system(), projects::LOCAL_TENANT, Utc::now()).await;
    database.tenant(tenant.unwrap_or_else(|error| panic!("no tenant: {error}")))
}

/// Opens a database in the name of that tenant.
///
/// # Panics
/// If the database does not open.
pub async fn open_local(url: &str) -> TenantDb {
    local_tenant(&connect(url).await).await
}

/// Makes that user, if it is not there yet. The groups came with the migrations.
async fn make_login(admin: &DatabaseConnection) -> Result<(), DbErr> {
    let known = format!("SELECT 1 FROM pg_roles WHERE rolname = '{APP_USER}'");
    let found = admin.query_one_raw(Statement::from_string(DbBackend::Postgres, known)).await?;
    if found.is_none() {
        admin.execute_unprepared(&format!("CREATE ROLE {APP_USER} LOGIN IN ROLE project_sync_app")).await?;
    }
    Ok(())
}

/// A template belongs to one build of one test program: a server that outlives an edit of a migration, such as that of
/// `private-servers -- bash`, gets a new one.
fn template_name() -> String {
    let mut hasher = DefaultHasher::new();
    if let Ok(program) = env::current_exe() {
        let changed = fs::metadata(&program).and_then(|metadata| metadata.modified());
        (program, changed.ok()).hash(&mut hasher);
    }
    format!("template_{:016x}", hasher.finish())
}

/// The server's URL with another database.
fn with_database(server: &str, name: &str) -> String {
    let (address, query) = server.split_once('?').unwrap_or((server, ""));
    let base = address.rsplit_once('/').map_or(address, |(base, _)| base);
    let query = if query.is_empty() { String::new() } else { format!("?{query}") };
    format!("{base}/{name}{query}")
}

/// The URL with another user.
pub fn with_user(url: &str, user: &str) -> String {
    match url.split_once("://").and_then(|(scheme, rest)| Some((scheme, rest.split_once('@')?.1))) {
        Some((scheme, rest)) => format!("{scheme}://{user}@{rest}"),
        None => url.to_owned(),
    }
}

/// Makes each test one of SQLite and one of Postgres, in a module of the test's name.
///
/// ```ignore
/// on_each_database! {
///     /// A branch has one running sync at most.
///     async fn one_sync_runs(db: TestDatabase) {
///         assert!(running(db.connection()).await.is_none());
///     }
/// }
/// ```
#[macro_export]
macro_rules! on_each_database {
    ($($(#[$attribute:meta])* async fn $name:ident($db:ident: TestDatabase) $(-> $answer:ty)? $body:block)*) => {
        $($(#[$attribute])*
        mod $name {
            #[allow(unused_imports, reason = "a test may need nothing from around it")]
            use super::*;

            async fn test($db: $crate::database::TestDatabase) $(-> $answer)? $body

            #[tokio::test(flavor = "multi_thread")]
            async fn sqlite() $(-> $answer)? {
                test($crate::database::TestDatabase::sqlite().await).await
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn postgres() $(-> $answer)? {
                test($crate::database::TestDatabase::postgres().await).await
            }
        })*
    };
}
