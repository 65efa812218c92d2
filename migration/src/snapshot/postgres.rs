//! What is in the tables of a Postgres database.

use std::collections::BTreeMap;

use sea_orm::{ConnectionTrait, DbBackend, DbErr, QueryResult, Statement};

use super::{Column, ROWS_COMPARED, Snapshot, Table};

const COLUMNS: &str = "\
SELECT c.relname::text AS table_name, c.oid::int8 AS identity, a.attname::text AS column_name, \
       a.attnum || ' ' || format_type(a.atttypid, a.atttypmod) AS shape, \
       coalesce((SELECT a.attnum = ANY (i.indkey) FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary), FALSE) \
           AS is_key \
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid \
WHERE c.relnamespace = to_regnamespace(current_schema()) AND c.relkind IN ('r', 'p') \
      AND a.attnum > 0 AND NOT a.attisdropped \
ORDER BY c.relname, a.attnum";

/// A column as the catalog has it.
struct Known {
    name: String,
    shape: String,
    is_key: bool,
}

pub(super) async fn take(db: &impl ConnectionTrait, before: Option<&Snapshot>) -> Result<Snapshot, DbErr> {
    let mut tables: BTreeMap<String, (i64, Vec<Known>)> = BTreeMap::new();
    for row in db.query_all_raw(Statement::from_string(DbBackend::Postgres, COLUMNS)).await? {
        let table: String = row.try_get("", "table_name")?;
        let known = Known {
            name: row.try_get("", "column_name")?,
            shape: row.try_get("", "shape")?,
            is_key: row.try_get("", "is_key")?,
        };
        let identity = row.try_get("", "identity")?;
        tables.entry(table).or_insert((identity, Vec::new())).1.push(known);
    }
    let mut snapshot = Snapshot::default();
    for (name, (identity, columns)) in tables {
        let earlier = before.map(|before| before.tables.get(&name));
        // What was not there before cannot have lost anything.
        if !Snapshot::minds(&name) || matches!(earlier, Some(None)) {
            continue;
        }
        let counted = earlier.flatten().map(|table| table.rows);
        let table = look(db, &name, identity, &columns, counted).await?;
        snapshot.tables.insert(name, table);
    }
    Ok(snapshot)
}

/// Counts and digests a table. The sample is chosen by the number of rows there were before, so that it is the same.
async fn look(
    db: &impl ConnectionTrait,
    table: &str,
    identity: i64,
    columns: &[Known],
    counted: Option<u64>,
) -> Result<Table, DbErr> {
    let from = quoted(table);
    let rows = number(&one(db, &format!("SELECT count(*) AS n FROM {from}")).await?, "n")?;
    let step = counted.unwrap_or(rows).div_ceil(ROWS_COMPARED).max(1);
    let keys: Vec<String> =
        columns.iter().filter(|column| column.is_key).map(|column| quoted(&column.name)).collect();
    // A table without a key is compared by its whole rows.
    let key =
        if keys.is_empty() { "t.*::text".to_owned() } else { format!("ROW({})::text", keys.join(", ")) };
    let chosen = match step {
        1 => "TRUE".to_owned(),
        _ => format!("mod(hashtextextended({key}, 1), {step}) = 0"),
    };
    let mut parts = Vec::with_capacity(columns.len());
    for (index, column) in columns.iter().enumerate() {
        let column = quoted(&column.name);
        parts.push(format!(
            "count({column}) AS n{index}, coalesce(sum(hashtextextended({key} || '=' || {column}::text, 0)::numeric) \
             FILTER (WHERE {column} IS NOT NULL AND {chosen}), 0)::text AS d{index}"
        ));
    }
    if parts.is_empty() {
        return Ok(Table { identity, rows, columns: BTreeMap::new() });
    }
    let found = one(db, &format!("SELECT {} FROM {from} t", parts.join(", "))).await?;
    let mut looked = BTreeMap::new();
    for (index, column) in columns.iter().enumerate() {
        let seen = Column {
            shape: column.shape.clone(),
            values: number(&found, &format!("n{index}"))?,
            digest: found.try_get("", &format!("d{index}"))?,
        };
        looked.insert(column.name.clone(), seen);
    }
    Ok(Table { identity, rows, columns: looked })
}

async fn one(db: &impl ConnectionTrait, sql: &str) -> Result<QueryResult, DbErr> {
    let row = db.query_one_raw(Statement::from_string(DbBackend::Postgres, sql)).await?;
    row.ok_or_else(|| DbErr::RecordNotFound("a count".to_owned()))
}

fn number(row: &QueryResult, column: &str) -> Result<u64, DbErr> {
    let number: i64 = row.try_get("", column)?;
    Ok(number.unsigned_abs())
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
