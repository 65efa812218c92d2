//! SQLite's statements. There is no parser of its grammar to lean on, so a statement must be one of few shapes, word by
//! word; whatever else it says is refused.

use super::{Account, GUARD_GONE, GUARD_SCHEMA, Made, Reading, Target, account};
use crate::tokens::{Dialect, Token, tokens};

/// SQLite has one lock: whoever writes has it.
const LOCK: (&str, &str) = ("the write lock", "writers");

/// The account of each statement of a file.
pub(super) fn read(sql: &str) -> Vec<Account> {
    let found = match tokens(sql, Dialect::Sqlite) {
        Ok(found) => found,
        Err(at) => {
            let reason = "a text, a name or a comment has no end, or a comment is in a comment";
            let line = sql.get(at..).and_then(|rest| rest.lines().next()).unwrap_or_default();
            return vec![account(sql, at, line, Reading::refused("cannot be read", reason))];
        }
    };
    let statements = split(&found);
    let mut made = Made { guards: guards_made(&statements), losing: losing(&statements), ..Made::default() };
    let mut accounts = Vec::with_capacity(statements.len());
    for statement in statements {
        let (Some(first), Some(last)) = (statement.first(), statement.last()) else { continue };
        let text = sql.get(first.range.start..last.range.end).unwrap_or_default();
        let reading = match never(statement) {
            Some(reason) => Reading::refused("cannot be allowed", reason),
            None => reading(statement, &mut made),
        };
        accounts.push(account(sql, first.range.start, text, reading));
    }
    accounts
}

/// The statements of a file. A trigger's own statements end with semicolons, too: it goes on to its END.
fn split(tokens: &[Token]) -> Vec<&[Token]> {
    let mut statements = Vec::new();
    let mut start = 0;
    let mut depth = 0_u32;
    for (at, token) in tokens.iter().enumerate() {
        let is_trigger = is_create(&tokens[start..=at], "trigger");
        if is_trigger && (token.is("begin") || token.is("case")) {
            depth += 1;
        } else if is_trigger && token.is("end") {
            depth = depth.saturating_sub(1);
        } else if token.is_sign(';') && depth == 0 {
            if start < at {
                statements.push(&tokens[start..at]);
            }
            start = at + 1;
        }
    }
    if start < tokens.len() {
        statements.push(&tokens[start..]);
    }
    statements
}

/// Whether a statement begins with `CREATE <what>`. What passes with the connection is another thing.
fn is_create(statement: &[Token], what: &str) -> bool {
    statement.first().is_some_and(|token| token.is("create"))
        && statement.get(1).is_some_and(|token| token.is(what))
}

/// The guards that a migration makes.
fn guards_made(statements: &[&[Token]]) -> std::collections::BTreeSet<String> {
    let made = statements.iter().filter(|one| is_create(one, "trigger") || is_create(one, "view"));
    made.filter_map(|one| name_at(one, 2)).collect()
}

/// The tables that a migration takes something away from.
fn losing(statements: &[&[Token]]) -> std::collections::BTreeSet<String> {
    let says = |one: &[Token], at: usize, word: &str| one.get(at).is_some_and(|token| token.is(word));
    let tables = statements.iter().filter(|one| {
        (says(one, 0, "drop") && says(one, 1, "table"))
            || (says(one, 0, "alter") && says(one, 1, "table") && says(one, 3, "drop"))
    });
    tables.filter_map(|one| name_at(one, 2)).collect()
}

/// Whether a guard may go: its name ends with the table that it guards.
fn frees(made: &Made, guard: &str) -> bool {
    let named = ["", "_delete"].map(|kind| format!("{GUARD_SCHEMA}{kind}_"));
    named.iter().any(|start| guard.strip_prefix(start.as_str()).is_some_and(|table| made.frees(guard, table)))
}

/// What is refused in whatever statement it stands.
fn never(statement: &[Token]) -> Option<&'static str> {
    let says = |words: &[&str]| {
        statement
            .windows(words.len())
            .any(|window| window.iter().zip(words).all(|(token, word)| token.is(word)))
    };
    for event in ["delete", "update"] {
        for action in ["cascade", "set"] {
            if says(&["on", event, action]) {
                return Some("a foreign key that deletes, empties or changes rows on its own does it unseen");
            }
        }
    }
    if says(&["or", "replace"]) || says(&["conflict", "replace"]) {
        return Some("REPLACE removes the rows that are in its way");
    }
    if says(&["load_extension"]) || says(&["writefile"]) {
        return Some("it reaches out of the database");
    }
    None
}

fn lock(reading: Reading, table: &str) -> Reading {
    let (mode, stops) = LOCK;
    reading.locking(table, mode, stops)
}

/// The name at a place, behind `IF [NOT] EXISTS`.
fn name_at(statement: &[Token], at: usize) -> Option<String> {
    let rest = statement.get(at..)?;
    let skipped =
        rest.iter().take_while(|token| ["if", "not", "exists"].iter().any(|word| token.is(word))).count();
    let name = rest.get(skipped)?.name()?;
    // `main.x` is x; what is in another database is none of ours.
    match rest.get(skipped + 1) {
        Some(dot) if dot.is_sign('.') => None,
        _ => Some(name.to_owned()),
    }
}

fn reading(statement: &[Token], made: &mut Made) -> Reading {
    let word = |at: usize| statement.get(at).and_then(Token::name).unwrap_or_default();
    match (word(0), word(1)) {
        ("create", "table") => create_table(statement, made),
        ("create", "index") => create_index(statement, 2),
        ("create", "unique") if word(2) == "index" => create_index(statement, 3),
        ("create", "virtual") if word(2) == "table" => match name_at(statement, 3) {
            Some(name) => {
                made.tables.insert(name.clone());
                Reading::harmless(format!("makes the search index {name}"))
            }
            None => not_understood(),
        },
        ("create", "view") => match name_at(statement, 2) {
            Some(name) => Reading::harmless(format!("makes the view {name}")),
            None => not_understood(),
        },
        ("create", "trigger") => create_trigger(statement),
        ("alter", "table") => alter_table(statement, made),
        ("drop", "table") => match name_at(statement, 2) {
            Some(table) => {
                let target = Target { table: table.clone(), column: None };
                lock(Reading::takes(format!("removes {table}"), vec![target]), &table)
            }
            None => not_understood(),
        },
        ("drop", "index") => {
            Reading::harmless(format!("removes the index {}; it can be built again", word(2)))
        }
        ("drop", "trigger" | "view") => match name_at(statement, 2) {
            Some(name) if name.starts_with(GUARD_SCHEMA) && !frees(made, &name) => {
                Reading::refused(format!("removes {name}"), GUARD_GONE)
            }
            Some(name) => Reading::harmless(format!("removes {name}")),
            None => not_understood(),
        },
        ("update", _) => update_rows(statement, made),
        ("insert", "into") => insert_rows(statement, made),
        (first, _) => Reading::refused(first.to_owned(), refusal_of(first)),
    }
}

fn not_understood() -> Reading {
    Reading::refused("cannot be understood", "it is none of the shapes that are known")
}

/// Why a statement's kind is not among those that are run.
fn refusal_of(first: &str) -> &'static str {
    match first {
        "begin" | "commit" | "end" | "rollback" | "savepoint" | "release" => {
            "the transaction is the guard's: what is behind its end nobody could take back"
        }
        "delete" | "replace" => "a migration removes no rows",
        "pragma" => "how the database works is not the migration's to say",
        "attach" | "detach" => "it reaches out of the database",
        _ => "no migration needs it",
    }
}

fn create_table(statement: &[Token], made: &mut Made) -> Reading {
    let Some(name) = name_at(statement, 2) else { return not_understood() };
    let does = format!("makes the table {name}");
    if statement.get(2).is_some_and(|token| token.is("if")) {
        return Reading::refused(does, "whether it makes the table must be certain: leave out IF NOT EXISTS");
    }
    if !statement.get(3).is_some_and(|token| token.is_sign('(')) {
        return Reading::refused(does, "the columns of a table are written out");
    }
    made.tables.insert(name);
    Reading::harmless(does)
}

fn create_index(statement: &[Token], at: usize) -> Reading {
    let on = statement.iter().position(|token| token.is("on"));
    let table = on.and_then(|on| statement.get(on + 1)).and_then(Token::name);
    match (name_at(statement, at), table) {
        (Some(_), Some(table)) => lock(Reading::harmless(format!("builds an index on {table}")), table),
        _ => not_understood(),
    }
}

/// A trigger of ours adds rows elsewhere or refuses; one that removes or changes rows does it unseen.
fn create_trigger(statement: &[Token]) -> Reading {
    let Some(name) = name_at(statement, 2) else { return not_understood() };
    let does = format!("adds the trigger {name}");
    let Some(begin) = statement.iter().position(|token| token.is("begin")) else { return not_understood() };
    let body = &statement[begin + 1..];
    let ends = body.last().is_some_and(|token| token.is("end"));
    let inner = &body[..body.len().saturating_sub(1)];
    let writes = |one: &[Token]| one.windows(2).any(|pair| pair[0].is("do") && pair[1].is("update"));
    let is_known = |one: &[Token]| {
        one.first().is_some_and(|token| token.is("insert") || token.is("select")) && !writes(one)
    };
    let mut parts = inner.split(|token| token.is_sign(';')).filter(|part| !part.is_empty());
    match ends && parts.all(is_known) {
        true => Reading::harmless(does),
        false => Reading::refused(does, "a trigger that removes or changes rows does it unseen"),
    }
}

fn alter_table(statement: &[Token], made: &mut Made) -> Reading {
    let Some(table) = name_at(statement, 2) else { return not_understood() };
    let word = |at: usize| statement.get(at).and_then(Token::name).unwrap_or_default();
    // The word COLUMN may be left out.
    let column = if word(4) == "column" { word(5) } else { word(4) };
    match word(3) {
        "add" if !column.is_empty() => {
            made.columns.insert((table.clone(), column.to_owned()));
            lock(Reading::harmless(format!("adds {table}.{column}")), &table)
        }
        "drop" if !column.is_empty() => {
            let target = Target { table: table.clone(), column: Some(column.to_owned()) };
            let does = format!("removes {table}.{column} and what is in it");
            lock(Reading::takes(does, vec![target]), &table)
        }
        "rename" => Reading::refused(
            format!("renames something of {table}"),
            "programs that run look for the old name: add the new one, move, and remove the old one later",
        ),
        _ => not_understood(),
    }
}

fn update_rows(statement: &[Token], made: &Made) -> Reading {
    let (Some(table), Some(columns)) = (name_at(statement, 1), assigned(statement)) else {
        return not_understood();
    };
    let does = format!("fills {} of {table}", columns.join(", "));
    match super::may_fill(&table, &columns, made) {
        true => lock(Reading::harmless(does), &table),
        false => Reading::refused(does, super::NOT_NEW),
    }
}

/// The columns that an UPDATE assigns: `SET a = …, b = …`. None if it is not of this shape.
fn assigned(statement: &[Token]) -> Option<Vec<String>> {
    if !statement.get(2)?.is("set") {
        return None;
    }
    let mut columns = Vec::new();
    let mut depth = 0_i32;
    let mut is_target = true;
    for (at, token) in statement.iter().enumerate().skip(3) {
        if token.is_sign('(') {
            depth += 1;
        } else if token.is_sign(')') {
            depth -= 1;
        } else if depth == 0 && (token.is("from") || token.is("where") || token.is("returning")) {
            break;
        } else if depth == 0 && token.is_sign(',') {
            is_target = true;
            continue;
        }
        if is_target {
            let names_it = statement.get(at + 1).is_some_and(|next| next.is_sign('='));
            columns.push(token.name().filter(|_| names_it)?.to_owned());
            is_target = false;
        }
    }
    Some(columns)
}

fn insert_rows(statement: &[Token], made: &Made) -> Reading {
    let Some(table) = name_at(statement, 2) else { return not_understood() };
    let does = format!("adds rows to {table}");
    let updates = statement.windows(2).any(|pair| pair[0].is("do") && pair[1].is("update"));
    match super::may_add(&table, made) && !updates {
        true => lock(Reading::harmless(does), &table),
        false => Reading::refused(does, super::NOT_NEW),
    }
}
