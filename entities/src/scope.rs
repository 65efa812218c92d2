//! In whose name the database is asked.
//!
//! A [`Database`] itself answers nothing: it gives handles that do, and each acts in one [`Scope`]: a tenant's, or the
//! system's. In both databases the queries themselves name the tenant ([`Scoped::only`]). In Postgres row-level security
//! stands behind them: every statement runs in a transaction that was told the tenant, and without being told it sees no
//! row. The system's scope is a role of its own there, which sees the queue and who may log in, and no content.

use std::fmt;

use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr,
    ExecResult, IsolationLevel, QueryResult, SqliteTransactionMode, Statement, StatementBuilder, StreamTrait,
    TransactionOptions, TransactionStream, TransactionTrait,
};

use crate::ids::TenantId;

/// The database role that [`SystemDb`] acts as in Postgres.
pub const SYSTEM_ROLE: &str = "project_sync_system";

/// The setting that tells Postgres the tenant of a transaction.
pub const TENANT_SETTING: &str = "app.tenant_id";

/// An open database (a pool of connections). Clones share it. The default is one that is not there.
#[derive(Clone, Default)]
pub struct Database(DatabaseConnection);

impl Database {
    /// Takes over an open pool.
    pub(crate) fn new(pool: DatabaseConnection) -> Self {
        Self(pool)
    }

    /// What acts in the name of one tenant.
    pub fn tenant(&self, tenant: TenantId) -> TenantDb {
        Db { pool: self.0.clone(), scope: tenant }
    }

    /// What looks across tenants: at the queue, and at who may log in.
    pub fn system(&self) -> SystemDb {
        Db { pool: self.0.clone(), scope: System }
    }

    /// Which kind of database it is.
    pub fn backend(&self) -> DbBackend {
        self.0.get_database_backend()
    }

    /// The pool itself, in nobody's name: for what looks after the schema, and for tests that look behind the scenes.
    /// In Postgres it sees no row of any tenant.
    pub fn pool(&self) -> &DatabaseConnection {
        &self.0
    }

    /// Closes all connections.
    ///
    /// # Errors
    /// If the database says so.
    pub async fn close(self) -> Result<(), DbErr> {
        self.0.close().await
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Database").field(&self.backend()).finish()
    }
}

/// The scope of the system: see [`Database::system`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct System;

/// In whose name something is asked: a [`TenantId`], or [`System`].
pub trait Scope: Copy + Send + Sync + fmt::Debug + private::Sealed + 'static {
    /// The tenant; none in the system's scope.
    fn tenant(self) -> Option<TenantId>;
}

impl Scope for TenantId {
    fn tenant(self) -> Option<TenantId> {
        Some(self)
    }
}

impl Scope for System {
    fn tenant(self) -> Option<TenantId> {
        None
    }
}

mod private {
    pub trait Sealed {}
    impl Sealed for crate::ids::TenantId {}
    impl Sealed for super::System {}
}

/// What asks in somebody's name.
pub trait Scoped: ConnectionTrait {
    /// The tenant in whose name; none in the system's scope.
    fn scope(&self) -> Option<TenantId>;

    /// The condition that a row is of the tenant; none that it would be in the system's scope. Every query has it.
    fn only<C: ColumnTrait>(&self, tenant_column: C) -> Condition {
        match self.scope() {
            Some(tenant) => Condition::all().add(tenant_column.eq(tenant)),
            None => Condition::all(),
        }
    }
}

/// What asks in the name of a tenant.
pub trait OfTenant: Scoped {
    /// The tenant.
    fn tenant(&self) -> TenantId;
}

/// What asks in the name of the system.
pub trait OfSystem: Scoped {}

/// The database in one scope. Each statement on it is a transaction of its own.
#[derive(Clone)]
pub struct Db<S> {
    pool: DatabaseConnection,
    scope: S,
}

/// The database in the name of a tenant.
pub type TenantDb = Db<TenantId>;
/// The database in the name of the system.
pub type SystemDb = Db<System>;
/// A transaction in the name of a tenant.
pub type TenantTx = Tx<TenantId>;
/// A transaction in the name of the system.
pub type SystemTx = Tx<System>;

impl<S: fmt::Debug> fmt::Debug for Db<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Db").field("scope", &self.scope).finish_non_exhaustive()
    }
}

impl<S: Scope> Db<S> {
    /// The database that this is a view of.
    pub fn database(&self) -> Database {
        Database(self.pool.clone())
    }

    /// Begins a transaction that reads.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn begin(&self) -> Result<Tx<S>, DbErr> {
        Tx::begin(&self.pool, self.scope, TransactionOptions::default()).await
    }

    /// Begins a transaction that reads one state of everything, whatever is written meanwhile.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn begin_snapshot(&self) -> Result<Tx<S>, DbErr> {
        let isolation_level = match self.pool.get_database_backend() {
            // Every transaction reads one state there.
            DbBackend::Sqlite => None,
            _ => Some(IsolationLevel::RepeatableRead),
        };
        Tx::begin(&self.pool, self.scope, TransactionOptions { isolation_level, ..Default::default() }).await
    }

    /// Begins a transaction that will write. On SQLite it takes the write lock at once, so that it cannot fail half-way
    /// because another writer came first.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn begin_write(&self) -> Result<Tx<S>, DbErr> {
        let sqlite_transaction_mode = match self.pool.get_database_backend() {
            DbBackend::Sqlite => Some(SqliteTransactionMode::Immediate),
            _ => None,
        };
        let options = TransactionOptions { sqlite_transaction_mode, ..Default::default() };
        Tx::begin(&self.pool, self.scope, options).await
    }

    /// Whether a statement needs a transaction that is told the scope.
    fn is_told(&self) -> bool {
        self.pool.get_database_backend() == DbBackend::Postgres
    }
}

/// A transaction in one scope. Dropped without [`Tx::commit`], it is rolled back.
#[derive(Debug)]
pub struct Tx<S> {
    inner: DatabaseTransaction,
    scope: S,
}

impl<S: Scope> Tx<S> {
    async fn begin(pool: &DatabaseConnection, scope: S, options: TransactionOptions) -> Result<Self, DbErr> {
        let inner = pool.begin_with_options(options).await?;
        if pool.get_database_backend() == DbBackend::Postgres {
            let sql = match scope.tenant() {
                // An id is hexadecimal digits and hyphens.
                Some(tenant) => format!("SET LOCAL {TENANT_SETTING} = '{tenant}'"),
                None => format!("SET LOCAL ROLE {SYSTEM_ROLE}"),
            };
            inner.execute_unprepared(&sql).await?;
        }
        Ok(Self { inner, scope })
    }

    /// Makes what was written last.
    ///
    /// # Errors
    /// If the database is away, or a deferred constraint does not hold.
    pub async fn commit(self) -> Result<(), DbErr> {
        self.inner.commit().await
    }

    /// Forgets what was written.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn rollback(self) -> Result<(), DbErr> {
        self.inner.rollback().await
    }
}

impl<S: Scope> Scoped for Db<S> {
    fn scope(&self) -> Option<TenantId> {
        self.scope.tenant()
    }
}

impl<S: Scope> Scoped for Tx<S> {
    fn scope(&self) -> Option<TenantId> {
        self.scope.tenant()
    }
}

impl OfTenant for TenantDb {
    fn tenant(&self) -> TenantId {
        self.scope
    }
}

impl OfTenant for TenantTx {
    fn tenant(&self) -> TenantId {
        self.scope
    }
}

impl OfSystem for SystemDb {}
impl OfSystem for SystemTx {}

/// Each statement in a transaction of its own, where the database is to be told the scope.
#[async_trait::async_trait]
impl<S: Scope> ConnectionTrait for Db<S> {
    fn get_database_backend(&self) -> DbBackend {
        self.pool.get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        if !self.is_told() {
            return self.pool.execute_raw(statement).await;
        }
        let transaction = self.begin().await?;
        let result = transaction.execute_raw(statement).await?;
        transaction.commit().await?;
        Ok(result)
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        if !self.is_told() {
            return self.pool.execute_unprepared(sql).await;
        }
        let transaction = self.begin().await?;
        let result = transaction.execute_unprepared(sql).await?;
        transaction.commit().await?;
        Ok(result)
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        if !self.is_told() {
            return self.pool.query_one_raw(statement).await;
        }
        let transaction = self.begin().await?;
        let row = transaction.query_one_raw(statement).await?;
        // What is asked for here may be written, too: `INSERT … RETURNING`.
        transaction.commit().await?;
        Ok(row)
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        if !self.is_told() {
            return self.pool.query_all_raw(statement).await;
        }
        let transaction = self.begin().await?;
        let rows = transaction.query_all_raw(statement).await?;
        transaction.commit().await?;
        Ok(rows)
    }
}

#[async_trait::async_trait]
impl<S: Scope> ConnectionTrait for Tx<S> {
    fn get_database_backend(&self) -> DbBackend {
        ConnectionTrait::get_database_backend(&self.inner)
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.inner.execute_raw(statement).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.inner.execute_unprepared(sql).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.inner.query_one_raw(statement).await
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.inner.query_all_raw(statement).await
    }
}

type Opened<'a> = std::pin::Pin<Box<dyn Future<Output = Result<TransactionStream<'a>, DbErr>> + 'a + Send>>;

/// Rows as they come. Nothing else can be asked on the transaction meanwhile.
impl<S: Scope> StreamTrait for Tx<S> {
    type Stream<'a> = TransactionStream<'a>;

    fn get_database_backend(&self) -> DbBackend {
        ConnectionTrait::get_database_backend(&self.inner)
    }

    fn stream_raw<'a>(&'a self, statement: Statement) -> Opened<'a> {
        self.inner.stream_raw(statement)
    }

    fn stream<'a, B: StatementBuilder + Sync>(&'a self, statement: &B) -> Opened<'a> {
        self.inner.stream(statement)
    }
}
