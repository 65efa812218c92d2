//! What a migration would do, told before it does it: each statement is understood, or it is refused.
//!
//! Kinds of statements are allowed one by one; whatever is not known to be harmless is refused. What takes values away
//! is allowed only where there are none, or where the operator said how many ([`crate::AllowedLoss`]); the guard
//! ([`crate::snapshot`]) counts again when it has happened.

mod postgres;
mod sqlite;

use std::{collections::BTreeSet, fmt};

use sea_orm::DbBackend;

use crate::list::Migration;

/// The schema of the database-side guards.
pub(crate) const GUARD_SCHEMA: &str = "project_sync_guard";

/// Tables whose rows may be rewritten by a migration: what is in them passes within a day anyway.
pub const UNPROTECTED: [&str; 2] = ["idempotency_keys", "sessions"];

/// How much of a statement is shown, in characters.
const SHOWN: usize = 100;

/// What is known of one statement.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Account {
    /// The line of the file on which it begins, from 1.
    pub line: usize,
    /// How it begins, on one line.
    pub statement: String,
    /// The whole text.
    pub sql: String,
    /// What it does, in words.
    pub does: String,
    /// Which locks it takes on tables that are there already.
    pub locks: Vec<Lock>,
    /// Whether it is run.
    pub verdict: Verdict,
}

/// A lock on a table.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Lock {
    /// The table.
    pub table: String,
    /// The lock's name.
    pub mode: &'static str,
    /// Who has to wait meanwhile.
    pub stops: &'static str,
}

impl fmt::Display for Lock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} on {} (stops {})", self.mode, self.table, self.stops)
    }
}

/// Whether a statement is run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// Nothing can be lost by it.
    Harmless,
    /// It takes these away: fine if they hold nothing, or if it is allowed exactly.
    Takes(Vec<Target>),
    /// Never, for this reason.
    Refused(String),
}

/// A column, or a whole table, that a statement takes away.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Target {
    /// The table.
    pub table: String,
    /// The column; none: the table.
    pub column: Option<String>,
}

/// What a migration that is looked at has made itself so far: there is nothing of others in it.
#[derive(Default, Debug)]
struct Made {
    tables: BTreeSet<String>,
    columns: BTreeSet<(String, String)>,
    /// Guards that are made anew later in the same migration, so that they may be taken away first.
    guards: BTreeSet<String>,
    /// Tables that lose something in the same migration: their guards hold on to it, and go first.
    losing: BTreeSet<String>,
}

impl Made {
    fn owns(&self, table: &str) -> bool {
        self.tables.contains(table)
    }

    /// Whether a guard of a table may be taken away.
    fn frees(&self, guard: &str, table: &str) -> bool {
        self.guards.contains(guard) || self.losing.contains(table)
    }

    fn owns_column(&self, table: &str, column: &str) -> bool {
        self.owns(table) || self.columns.contains(&(table.to_owned(), column.to_owned()))
    }
}

/// What is said of a statement's kind.
struct Reading {
    does: String,
    locks: Vec<Lock>,
    verdict: Verdict,
}

impl Reading {
    fn harmless(does: impl Into<String>) -> Self {
        Self { does: does.into(), locks: Vec::new(), verdict: Verdict::Harmless }
    }

    fn refused(does: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { does: does.into(), locks: Vec::new(), verdict: Verdict::Refused(reason.into()) }
    }

    fn takes(does: impl Into<String>, targets: Vec<Target>) -> Self {
        Self { does: does.into(), locks: Vec::new(), verdict: Verdict::Takes(targets) }
    }

    fn locking(mut self, table: &str, mode: &'static str, stops: &'static str) -> Self {
        self.locks.push(Lock { table: table.to_owned(), mode, stops });
        self
    }
}

/// Which way a migration goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Direction {
    /// It is applied.
    Up,
    /// It is taken back.
    Down,
}

/// The account of every statement of a migration, in order. A file that cannot be read gives one refused account.
pub fn plan(migration: &Migration, backend: DbBackend, direction: Direction) -> Vec<Account> {
    let sql = match direction {
        Direction::Up => &migration.up,
        Direction::Down => &migration.down,
    };
    let mut accounts = match backend {
        DbBackend::Sqlite => sqlite::read(sql),
        _ => postgres::read(sql),
    };
    if direction == Direction::Down {
        // A guard that its own migration brought goes with it.
        let brought = |reason: &str| match reason {
            GUARD_GONE => migration.up.contains(GUARD_SCHEMA),
            TURNED_OFF => migration.up.contains("ENABLE ROW LEVEL SECURITY"),
            _ => false,
        };
        for account in &mut accounts {
            if matches!(&account.verdict, Verdict::Refused(reason) if brought(reason)) {
                account.verdict = Verdict::Harmless;
            }
        }
    }
    accounts
}

/// Why a guard is not taken away.
const GUARD_GONE: &str = "it takes a guard away and does not make it anew";

/// Why a guard is not turned off.
const TURNED_OFF: &str = "it turns a guard off";

/// Makes the account of a piece of a file.
fn account(file: &str, at: usize, sql: &str, reading: Reading) -> Account {
    let line = file.get(..at).unwrap_or(file).matches('\n').count() + 1;
    let words: Vec<&str> = sql.split_whitespace().collect();
    let mut statement: String = words.join(" ").chars().take(SHOWN).collect();
    if statement.chars().count() == SHOWN {
        statement.push('…');
    }
    let Reading { does, locks, verdict } = reading;
    Account { line, statement, sql: sql.to_owned(), does, locks, verdict }
}

/// Why rows that are there are not written.
const NOT_NEW: &str =
    "it changes rows that are there already; a migration fills only what it has made itself";

/// Whether an UPDATE of these columns changes nothing that was there before.
fn may_fill(table: &str, columns: &[String], made: &Made) -> bool {
    let all_new = !columns.is_empty() && columns.iter().all(|column| made.owns_column(table, column));
    all_new || UNPROTECTED.contains(&table)
}

/// Whether rows may be added to this table.
fn may_add(table: &str, made: &Made) -> bool {
    made.owns(table) || UNPROTECTED.contains(&table)
}
