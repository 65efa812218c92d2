//! What is in the tables of a SQLite database. It has no digest of its own, so the values are read.

use std::collections::BTreeMap;

use futures::TryStreamExt;
use sea_orm::{ConnectionTrait, DbBackend, DbErr, QueryResult, Statement, StreamTrait};
use sha2::{Digest, Sha256};

use super::{Column, ROWS_COMPARED, Snapshot, Table};

/// Tables that hold rows themselves: not the search indexes, nor what these are made of, nor SQLite's own.
const TABLES: &str = "SELECT name FROM pragma_table_list \
    WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name";

/// Values longer than this, in bytes, are compared by their length and both their ends.
const WHOLE_VALUE: usize = 32_768;

/// A column as the schema has it.
struct Known {
    name: String,
    shape: String,
    is_key: bool,
}

pub(super) async fn take<C>(db: &C, before: Option<&Snapshot>) -> Result<Snapshot, DbErr>
where
    C: ConnectionTrait + StreamTrait,
{
    let mut snapshot = Snapshot::default();
    for row in db.query_all_raw(Statement::from_string(DbBackend::Sqlite, TABLES)).await? {
        let name: String = row.try_get("", "name")?;
        let earlier = before.map(|before| before.tables.get(&name));
        // What was not there before cannot have lost anything.
        if !Snapshot::minds(&name) || matches!(earlier, Some(None)) {
            continue;
        }
        let columns = columns(db, &name).await?;
        let counted = earlier.flatten().map(|table| table.rows);
        let table = look(db, &name, &columns, counted).await?;
        snapshot.tables.insert(name, table);
    }
    Ok(snapshot)
}

/// The columns of a table. SQLite closes the gap that a column leaves, so its place tells nothing and its type must do;
/// that a column went and came again is told by its values.
async fn columns(db: &impl ConnectionTrait, table: &str) -> Result<Vec<Known>, DbErr> {
    let sql = "SELECT name, type, pk FROM pragma_table_xinfo($1) WHERE hidden <> 1 ORDER BY cid";
    let statement = Statement::from_sql_and_values(DbBackend::Sqlite, sql, [table.into()]);
    let rows = db.query_all_raw(statement).await?;
    let read = |row: QueryResult| {
        Ok(Known {
            name: row.try_get("", "name")?,
            shape: row.try_get("", "type")?,
            is_key: row.try_get::<i64>("", "pk")? > 0,
        })
    };
    rows.into_iter().map(read).collect()
}

/// Counts and digests a table. Of a large one the first and the last rows by key are compared.
async fn look<C>(db: &C, table: &str, columns: &[Known], counted: Option<u64>) -> Result<Table, DbErr>
where
    C: ConnectionTrait + StreamTrait,
{
    let from = quoted(table);
    let counts: Vec<String> = columns
        .iter()
        .enumerate()
        .map(|(index, one)| format!("count({}) AS n{index}", quoted(&one.name)))
        .collect();
    let sql = format!("SELECT count(*) AS n, {} FROM {from}", counts.join(", "));
    let row = db.query_one_raw(Statement::from_string(DbBackend::Sqlite, sql)).await?;
    let row = row.ok_or_else(|| DbErr::RecordNotFound("a count".to_owned()))?;
    let number = |name: &str| row.try_get::<i64>("", name).map(i64::unsigned_abs);
    let rows = number("n")?;
    let is_sample = counted.unwrap_or(rows) > ROWS_COMPARED;
    let mut sums = vec![0_u64; columns.len()];
    match is_sample {
        false => add(db, &select(table, columns, ""), &mut sums).await?,
        true => {
            let keys = key_of(columns);
            let half = ROWS_COMPARED / 2;
            for direction in ["ASC", "DESC"] {
                let order: Vec<String> = keys.iter().map(|key| format!("{key} {direction}")).collect();
                let tail = format!(" ORDER BY {} LIMIT {half}", order.join(", "));
                add(db, &select(table, columns, &tail), &mut sums).await?;
            }
        }
    }
    let mut looked = BTreeMap::new();
    for (index, (column, sum)) in columns.iter().zip(sums).enumerate() {
        let values = number(&format!("n{index}"))?;
        let seen = Column { shape: column.shape.clone(), values, digest: format!("{sum:016x}") };
        looked.insert(column.name.clone(), seen);
    }
    Ok(Table { identity: 0, rows, columns: looked })
}

/// What the rows of a table are told apart by.
fn key_of(columns: &[Known]) -> Vec<String> {
    let keys: Vec<String> = columns.iter().filter(|one| one.is_key).map(|one| quoted(&one.name)).collect();
    if keys.is_empty() { vec!["rowid".to_owned()] } else { keys }
}

/// A query for the key and then each value, all spelt as SQL would spell them.
fn select(table: &str, columns: &[Known], tail: &str) -> String {
    let keys: Vec<String> = key_of(columns).iter().map(|key| format!("quote({key})")).collect();
    let spelt = columns.iter().map(|column| {
        let name = quoted(&column.name);
        let ends = WHOLE_VALUE / 2;
        format!(
            "CASE WHEN {name} IS NULL THEN NULL WHEN length({name}) <= {WHOLE_VALUE} THEN quote({name}) \
             ELSE length({name}) || quote(substr({name}, 1, {ends})) || quote(substr({name}, -{ends})) END"
        )
    });
    let values: Vec<String> = spelt.collect();
    format!("SELECT {}, {} FROM {}{tail}", keys.join(" || ',' || "), values.join(", "), quoted(table))
}

/// Adds a digest of key and value for each value to the sum of its column: a sum does not mind the order of rows.
async fn add<C>(db: &C, sql: &str, sums: &mut [u64]) -> Result<(), DbErr>
where
    C: ConnectionTrait + StreamTrait,
{
    let mut rows = Box::pin(db.stream_raw(Statement::from_string(DbBackend::Sqlite, sql)).await?);
    while let Some(row) = rows.try_next().await? {
        let key: String = row.try_get_by_index(0)?;
        for (index, sum) in sums.iter_mut().enumerate() {
            let Some(value) = row.try_get_by_index::<Option<String>>(index + 1)? else { continue };
            let digest = Sha256::new().chain_update(&key).chain_update("=").chain_update(&value).finalize();
            let head = digest.iter().take(8).fold(0_u64, |head, byte| head << 8 | u64::from(*byte));
            *sum = sum.wrapping_add(head);
        }
    }
    Ok(())
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
