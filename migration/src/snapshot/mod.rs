//! The guard: what is in every column before a migration, and whether all of it is there afterwards.
//!
//! The plan says what a migration would do; the guard does not believe it and looks. Both looks are taken in the
//! migration's own transaction, so what differs between them the migration did.

mod postgres;
mod sqlite;

use std::collections::BTreeMap;

use sea_orm::{ConnectionTrait, DbBackend, DbErr, StreamTrait};

use crate::{
    error::{AllowedLoss, Loss},
    plan::UNPROTECTED,
};

/// Up to so many rows of a table the values of all are compared; of a larger one those of about so many, chosen by
/// their keys, and the numbers of rows and values all the same.
pub const ROWS_COMPARED: u64 = 100_000;

/// Tables of our own bookkeeping.
pub(crate) const HISTORY_TABLES: [&str; 2] = ["schema_history", "seaql_migrations"];

/// What was found in the database.
#[derive(Default, Debug)]
pub(crate) struct Snapshot {
    tables: BTreeMap<String, Table>,
}

/// What was found in a table.
#[derive(Debug)]
struct Table {
    /// What tells the table from another one of the same name, where the database has such a thing.
    identity: i64,
    rows: u64,
    columns: BTreeMap<String, Column>,
}

/// What was found in a column.
#[derive(Debug)]
struct Column {
    /// Its place and its type: a column that was removed and added again has another place.
    shape: String,
    /// How many rows have a value.
    values: u64,
    /// A digest of values and the keys of their rows, whatever their order.
    digest: String,
}

impl Snapshot {
    /// Looks at all tables. With `before`, at those and in that way that were looked at before.
    pub(crate) async fn take<C>(db: &C, before: Option<&Self>) -> Result<Self, DbErr>
    where
        C: ConnectionTrait + StreamTrait,
    {
        match sea_orm::ConnectionTrait::get_database_backend(db) {
            DbBackend::Sqlite => sqlite::take(db, before).await,
            _ => postgres::take(db, before).await,
        }
    }

    /// Whether a table's rows are watched.
    fn minds(table: &str) -> bool {
        !HISTORY_TABLES.contains(&table) && !UNPROTECTED.contains(&table)
    }

    /// The number of rows of a table; none if there is no such table.
    pub(crate) fn rows(&self, table: &str) -> Option<u64> {
        self.tables.get(table).map(|table| table.rows)
    }

    /// The number of values in a column; none if there is no such column.
    pub(crate) fn values(&self, table: &str, column: &str) -> Option<u64> {
        Some(self.tables.get(table)?.columns.get(column)?.values)
    }

    /// What of this is not in `after` any more.
    pub(crate) fn losses(&self, after: &Self) -> Vec<Loss> {
        let mut losses = Vec::new();
        for (name, before) in &self.tables {
            let lost = |column: &str, lost: u64, how: &str| Loss {
                table: name.clone(),
                column: column.to_owned(),
                lost,
                how: how.to_owned(),
            };
            let Some(now) = after.tables.get(name) else {
                losses.extend(
                    (before.rows > 0).then(|| lost("*", before.rows, "the table is gone with its rows")),
                );
                continue;
            };
            if now.identity != before.identity && before.rows > 0 {
                losses.push(lost("*", before.rows, "another table stands in its place"));
                continue;
            }
            if now.rows < before.rows {
                losses.push(lost("*", before.rows - now.rows, "rows are gone"));
                continue;
            }
            for (column, then) in &before.columns {
                let found = now.columns.get(column);
                losses.extend(then.lost(found).map(|(count, how)| lost(column, count, how)));
            }
        }
        losses
    }
}

impl Column {
    /// How many values are lost, and how, if this is what became of it.
    fn lost(&self, now: Option<&Self>) -> Option<(u64, &'static str)> {
        let Some(now) = now else {
            return (self.values > 0).then_some((self.values, "the column is gone with its values"));
        };
        if self.values == 0 {
            return None;
        }
        if now.shape != self.shape {
            return Some((self.values, "another column stands in its place, or its type is another"));
        }
        if now.values < self.values {
            return Some((self.values - now.values, "values are gone"));
        }
        (now.digest != self.digest).then_some((self.values, "values are not what they were"))
    }
}

/// Divides losses into those that were not allowed and allowances that fit none.
pub(crate) fn settle(losses: Vec<Loss>, allowed: &[AllowedLoss]) -> (Vec<Loss>, Vec<AllowedLoss>) {
    let fits = |loss: &Loss, one: &AllowedLoss| {
        (&loss.table, &loss.column, loss.lost) == (&one.table, &one.column, one.count)
    };
    let idle = allowed.iter().filter(|one| !losses.iter().any(|loss| fits(loss, one))).cloned().collect();
    let open = losses.into_iter().filter(|loss| !allowed.iter().any(|one| fits(loss, one))).collect();
    (open, idle)
}
