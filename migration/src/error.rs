//! Why the schema is not as it should be, or was not changed.

use std::fmt;

use sea_orm::DbErr;

use crate::plan::Account;

/// Why nothing was changed. In each case the database is as it was before.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// The database refused or is away.
    #[error("database: {0}")]
    Database(#[from] DbErr),
    /// A statement failed.
    #[error("{migration}: the database refused `{statement}`: {source}")]
    Statement {
        /// The migration's title.
        migration: String,
        /// How the statement begins.
        statement: String,
        /// The database's error.
        source: DbErr,
    },
    /// The database was migrated by a newer program, or by another one.
    #[error("the database has migrations that this program does not know: {}", .0.join(", "))]
    Unknown(Vec<String>),
    /// What was applied is not what this program would apply.
    #[error("migrations were changed after they were applied: {}", .0.join(", "))]
    Altered(Vec<String>),
    /// A later migration was applied and an earlier one was not.
    #[error("the history has a hole: {0} is missing though later ones were applied")]
    Hole(String),
    /// The plan refuses statements before anything runs.
    #[error("{} refused before anything was run:\n{}", count(.0.len(), "statement is", "statements are"), lines(.0))]
    Refused(Vec<Refusal>),
    /// The guard found that something would be lost, so all was rolled back.
    #[error("{}, so all was rolled back:\n{}", count(.0.len(), "loss was not allowed", "losses were not allowed"), lines(.0))]
    Loss(Vec<Loss>),
    /// A loss was allowed that did not happen exactly so.
    #[error("allowed losses that are none, or not of this number, so all was rolled back:\n{}", lines(.0))]
    NotLost(Vec<AllowedLoss>),
    /// Rows point to rows that are not there.
    #[error("foreign keys would be broken in: {}", .0.join(", "))]
    Orphans(Vec<String>),
    /// Another process migrates this database just now.
    #[error("another process is migrating this database")]
    Busy,
    /// A lock was not had in time: somebody else uses the table.
    #[error(
        "{migration}: `{statement}` did not get its lock within {seconds} s, because somebody uses the table"
    )]
    Locked {
        /// The migration's title.
        migration: String,
        /// How the statement begins.
        statement: String,
        /// How long it waited.
        seconds: u64,
    },
    /// The roles are not there and cannot be made by whoever migrates.
    #[error("the roles of the database are missing, and this login may not make them: {0}")]
    Roles(DbErr),
    /// There is nothing to take back.
    #[error("no migration is applied")]
    NothingApplied,
}

impl MigrateError {
    /// Whether the same command may work a little later.
    pub fn may_pass(&self) -> bool {
        matches!(
            self,
            Self::Busy | Self::Locked { .. } | Self::Database(DbErr::Conn(_) | DbErr::ConnectionAcquire(_))
        )
    }
}

/// A statement that is not run, and why.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refusal {
    /// The migration's title.
    pub migration: String,
    /// The statement.
    pub account: Account,
    /// Why not.
    pub reason: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { migration, account, reason } = self;
        write!(f, "{migration}, line {}: {}: {reason}", account.line, account.statement)
    }
}

/// Values that a migration loses.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Loss {
    /// The table.
    pub table: String,
    /// The column; `*` for whole rows.
    pub column: String,
    /// How many values, or rows.
    pub lost: u64,
    /// What happens to them.
    pub how: String,
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { table, column, lost, how } = self;
        write!(
            f,
            "{table}.{column}: {how} ({lost}); if that is meant: --allow-loss '{table}.{column}={lost}'"
        )
    }
}

/// A loss that is meant: `table.column=COUNT`, or `table.*=ROWS`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct AllowedLoss {
    /// The table.
    pub table: String,
    /// The column; `*` for whole rows.
    pub column: String,
    /// Exactly how many values, or rows.
    pub count: u64,
}

impl std::str::FromStr for AllowedLoss {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.split_once('=').and_then(|(what, count)| {
            let (table, column) = what.split_once('.')?;
            let named = !table.is_empty() && !column.is_empty();
            Some((table, column, count.parse().ok()?)).filter(|_| named)
        });
        let (table, column, count) = parts
            .ok_or_else(|| format!("`{text}` is not TABLE.COLUMN=COUNT, such as embeddings.vector=382"))?;
        Ok(Self { table: table.to_owned(), column: column.to_owned(), count })
    }
}

impl fmt::Display for AllowedLoss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}={}", self.table, self.column, self.count)
    }
}

fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

fn lines<T: fmt::Display>(items: &[T]) -> String {
    items.iter().map(|item| format!("  {item}")).collect::<Vec<_>>().join("\n")
}
