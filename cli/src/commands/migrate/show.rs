//! What `migrate` prints.

use migration::{
    Outcome, fingerprint,
    plan::{Account, Direction, Verdict, plan as read},
};
use sea_orm::DatabaseConnection;
use serde_json::{Value, json};

use crate::{
    args::{Global, Output},
    commands::print_table,
    error::CliError,
    out::{Out, tell},
    render::table::{row, table},
};

/// Lists the migrations.
pub async fn status(db: &DatabaseConnection, global: &Global) -> Result<(), CliError> {
    let listed = migration::status(db).await?;
    let mut out = Out::stdout();
    if global.output == Output::Json {
        out.json_array(listed.iter().map(|one| {
            json!({
                "version": one.version,
                "name": one.name,
                "status": one.state.word(),
                "appliedAt": one.applied_at,
                "durationMs": one.duration_ms,
            })
        }))?;
        out.flush()?;
        return Ok(());
    }
    let mut rows = table(["MIGRATION", "STATUS", "APPLIED", "TOOK"]);
    for one in &listed {
        let applied = one.applied_at.map(|at| at.format("%Y-%m-%d %H:%M:%S").to_string());
        let took = one.duration_ms.map(|ms| format!("{ms} ms"));
        let title = format!("{:04}_{}", one.version, one.name);
        row(
            &mut rows,
            [title, one.state.word().to_owned(), applied.unwrap_or_default(), took.unwrap_or_default()],
        );
    }
    print_table(&mut out, &rows, "no migrations")
}

/// Tells what pending migrations would do. Fails if one of them is refused.
pub async fn plan(db: &DatabaseConnection, global: &Global) -> Result<(), CliError> {
    let backend = db.get_database_backend();
    let pending = migration::pending(db).await?;
    let all = migration::migrations(backend);
    let steps = all.iter().filter(|one| pending.contains(&one.title()));
    let accounts: Vec<(String, Vec<Account>)> =
        steps.map(|one| (one.title(), read(one, backend, Direction::Up))).collect();
    let mut out = Out::stdout();
    if global.output == Output::Json {
        let flat = accounts.iter().flat_map(|(title, list)| list.iter().map(|one| account_json(title, one)));
        out.json_array(flat)?;
    } else {
        for (title, list) in &accounts {
            out.line(title)?;
            for account in list {
                account_text(&mut out, account)?;
            }
        }
    }
    out.flush()?;
    if accounts.is_empty() {
        tell("nothing is pending");
    }
    let is_refused = |account: &&Account| matches!(account.verdict, Verdict::Refused(_));
    match accounts.iter().flat_map(|(_, list)| list).filter(is_refused).count() {
        0 => Ok(()),
        refused => Err(CliError::RefusedStatements(refused)),
    }
}

fn account_text(out: &mut Out, account: &Account) -> Result<(), CliError> {
    out.line(format_args!("  line {}: {}", account.line, account.statement))?;
    out.line(format_args!("    {}", account.does))?;
    for lock in &account.locks {
        out.line(format_args!("    lock: {lock}"))?;
    }
    match &account.verdict {
        Verdict::Harmless => {}
        Verdict::Takes(targets) => {
            for target in targets {
                let column = target.column.as_deref().unwrap_or("*");
                out.line(format_args!(
                    "    takes away {}.{column}: refused if it holds anything (`up --dry-run` counts)",
                    target.table
                ))?;
            }
        }
        Verdict::Refused(reason) => out.line(format_args!("    REFUSED: {reason}"))?,
    }
    Ok(())
}

fn account_json(migration: &str, account: &Account) -> Value {
    let locks = account
        .locks
        .iter()
        .map(|lock| json!({ "table": lock.table, "mode": lock.mode, "stops": lock.stops }));
    let (verdict, reason, takes) = match &account.verdict {
        Verdict::Harmless => ("harmless", None, Vec::new()),
        Verdict::Refused(reason) => ("refused", Some(reason), Vec::new()),
        Verdict::Takes(targets) => {
            let one =
                |target: &migration::plan::Target| json!({ "table": target.table, "column": target.column });
            ("takes", None, targets.iter().map(one).collect())
        }
    };
    json!({
        "migration": migration,
        "line": account.line,
        "statement": account.statement,
        "does": account.does,
        "locks": locks.collect::<Vec<_>>(),
        "verdict": verdict,
        "takes": takes,
        "reason": reason,
    })
}

/// Compares the schema with the committed one. Fails if they differ.
pub async fn verify(db: &DatabaseConnection, global: &Global) -> Result<(), CliError> {
    let pending = migration::pending(db).await?;
    if !pending.is_empty() {
        return Err(CliError::PendingMigrations(pending.len()));
    }
    let drift = fingerprint::drift(db).await?;
    let mut out = Out::stdout();
    if global.output == Output::Json {
        out.json(&json!({ "missing": drift.missing, "unexpected": drift.unexpected }))?;
    } else {
        for line in &drift.missing {
            out.line(format_args!("missing: {line}"))?;
        }
        for line in &drift.unexpected {
            out.line(format_args!("unexpected: {line}"))?;
        }
    }
    out.flush()?;
    match drift.is_none() {
        true => {
            tell("the schema is what this program was written for");
            Ok(())
        }
        false => Err(CliError::Drift(drift.missing.len() + drift.unexpected.len())),
    }
}

/// Says what was done, or would have been.
pub fn told(would: &str, done: &str, outcome: &Outcome) {
    let what = if outcome.dry_run { would } else { done };
    if outcome.adopted {
        tell("the history of an earlier release was taken over");
    }
    for one in &outcome.migrations {
        tell(format_args!("{what}: {:04}_{} ({} ms)", one.version, one.name, one.duration_ms));
    }
    for loss in &outcome.losses {
        tell(format_args!("lost as allowed: {} of {}.{}", loss.lost, loss.table, loss.column));
    }
}
