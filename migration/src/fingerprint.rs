//! What the schema really is, line by line, and how it differs from what this program was written for.

use std::collections::BTreeSet;

use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement};

/// The committed fingerprint of each database after the last migration.
const POSTGRES: &str = include_str!("../golden/postgres.txt");
const SQLITE: &str = include_str!("../golden/sqlite.txt");

/// How a schema differs from the committed one.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Drift {
    /// Lines that should be there.
    pub missing: Vec<String>,
    /// Lines that should not.
    pub unexpected: Vec<String>,
}

impl Drift {
    /// Whether there is none.
    pub fn is_none(&self) -> bool {
        self.missing.is_empty() && self.unexpected.is_empty()
    }
}

/// Reads the schema: tables, columns, types, constraints, indexes, triggers, functions, views, policies, what is forced
/// on owners, and what our roles may do. Each a line, sorted.
///
/// # Errors
/// If the database is away.
pub async fn fingerprint(db: &impl ConnectionTrait) -> Result<Vec<String>, DbErr> {
    let backend = db.get_database_backend();
    let sql = match backend {
        DbBackend::Sqlite => include_str!("../sql/fingerprint/sqlite.sql"),
        _ => include_str!("../sql/fingerprint/postgres.sql"),
    };
    let rows = db.query_all_raw(Statement::from_string(backend, sql)).await?;
    let mut lines = Vec::with_capacity(rows.len());
    for row in rows {
        let line: String = row.try_get("", "line")?;
        // Definitions are spread over lines; how is no difference.
        lines.push(line.split_whitespace().collect::<Vec<_>>().join(" "));
    }
    lines.sort_unstable();
    Ok(lines)
}

/// Compares the schema with the committed fingerprint.
///
/// # Errors
/// If the database is away.
pub async fn drift(db: &impl ConnectionTrait) -> Result<Drift, DbErr> {
    let golden = match db.get_database_backend() {
        DbBackend::Sqlite => SQLITE,
        _ => POSTGRES,
    };
    let expected: BTreeSet<&str> = golden.lines().filter(|line| !line.is_empty()).collect();
    let found = fingerprint(db).await?;
    let found: BTreeSet<&str> = found.iter().map(String::as_str).collect();
    let only = |one: &BTreeSet<&str>, other: &BTreeSet<&str>| {
        one.difference(other).map(|line| (*line).to_owned()).collect::<Vec<_>>()
    };
    Ok(Drift { missing: only(&expected, &found), unexpected: only(&found, &expected) })
}
