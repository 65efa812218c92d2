//! ALTER TABLE: many statements in one.

use squawk_syntax::ast::{self, AlterColumnOption, AlterTableAction, AstNode};

use super::{
    ALL, LITTLE, Made, NOT_OURS, Reading, TURNED_OFF, Target, Verdict, WRITES_AND_ALIKE, gives_to_us,
    is_refused, kind_of, lock, named, referenced,
};

/// Joins what its actions are: the first that is refused decides, and what is taken away adds up.
pub(super) fn read(alter: &ast::AlterTable, made: &mut Made) -> Reading {
    let table =
        named(alter.table_relation_name().and_then(|one| one.table_name_ref()).as_ref().map(AstNode::syntax));
    if alter.all_in_tablespace().is_some() || table.is_empty() {
        return Reading::refused("changes many tables", "tables are named one by one");
    }
    let mut joined = Reading::harmless(String::new());
    for action in alter.actions() {
        let one = act(&table, &action, made);
        if !joined.does.is_empty() {
            joined.does.push_str("; ");
        }
        joined.does.push_str(&one.does);
        for lock in one.locks {
            if !joined.locks.contains(&lock) {
                joined.locks.push(lock);
            }
        }
        if is_refused(&joined) {
            continue;
        }
        joined.verdict = match (joined.verdict, one.verdict) {
            (Verdict::Takes(mut targets), Verdict::Takes(more)) => {
                targets.extend(more);
                Verdict::Takes(targets)
            }
            (before, Verdict::Harmless) => before,
            (_, now) => now,
        };
    }
    if joined.does.is_empty() {
        return Reading::refused(format!("changes {table}"), "it cannot be understood");
    }
    joined
}

fn act(table: &str, action: &AlterTableAction, made: &mut Made) -> Reading {
    match action {
        AlterTableAction::AddColumn(add) => {
            let column = named(add.column_name().as_ref().map(AstNode::syntax));
            let does = format!("adds {table}.{column}");
            if add.if_not_exists().is_some() {
                return Reading::refused(
                    does,
                    "whether it adds the column must be certain: leave out IF NOT EXISTS",
                );
            }
            made.columns.insert((table.to_owned(), column));
            let mut reading = lock(Reading::harmless(does), table, ALL, made);
            for other in referenced(add.syntax()) {
                reading = lock(reading, &other, WRITES_AND_ALIKE, made);
            }
            reading
        }
        AlterTableAction::DropColumn(drop) => {
            let column = named(drop.column_name_ref().as_ref().map(AstNode::syntax));
            let does = format!("removes {table}.{column} and what is in it");
            if drop.drop_behavior().is_some_and(|behavior| matches!(behavior, ast::DropBehavior::Cascade(_)))
            {
                return Reading::refused(does, "CASCADE takes away what is not named");
            }
            let target = Target { table: table.to_owned(), column: Some(column) };
            lock(Reading::takes(does, vec![target]), table, ALL, made)
        }
        AlterTableAction::AddConstraint(add) => {
            let others = referenced(add.syntax());
            let mode = if others.is_empty() { ALL } else { WRITES_AND_ALIKE };
            let mut reading =
                lock(Reading::harmless(format!("adds a constraint to {table}")), table, mode, made);
            for other in &others {
                reading = lock(reading, other, WRITES_AND_ALIKE, made);
            }
            reading
        }
        AlterTableAction::DropConstraint(drop) => {
            let does = format!("removes a constraint of {table}");
            match drop.drop_behavior() {
                Some(ast::DropBehavior::Cascade(_)) => {
                    Reading::refused(does, "CASCADE takes away what is not named")
                }
                _ => lock(Reading::harmless(does), table, ALL, made),
            }
        }
        AlterTableAction::ValidateConstraint(_) => {
            lock(Reading::harmless(format!("checks a constraint of {table}")), table, LITTLE, made)
        }
        AlterTableAction::EnableRls(_) | AlterTableAction::ForceRls(_) => {
            lock(Reading::harmless(format!("turns on who sees which rows of {table}")), table, ALL, made)
        }
        AlterTableAction::OwnerTo(to) if gives_to_us(to) => {
            lock(Reading::harmless(format!("hands {table} over to its owner")), table, ALL, made)
        }
        AlterTableAction::AlterColumn(alter) => alter_column(table, alter, made),
        other => Reading::refused(format!("{} of {table}", kind_of(other.syntax())), refusal_of(other)),
    }
}

fn refusal_of(action: &AlterTableAction) -> &'static str {
    match action {
        AlterTableAction::RenameColumn(_) | AlterTableAction::TableRenameTo(_) => {
            "programs that run look for the old name: add the new one, move, and remove the old one later"
        }
        AlterTableAction::DisableTrigger(_)
        | AlterTableAction::DisableRls(_)
        | AlterTableAction::NoForceRls(_)
        | AlterTableAction::DisableRule(_) => TURNED_OFF,
        AlterTableAction::SetUnlogged(_) => "a crash would empty the table",
        AlterTableAction::OwnerTo(_) => NOT_OURS,
        _ => "no migration needs it",
    }
}

fn alter_column(table: &str, alter: &ast::AlterColumn, made: &Made) -> Reading {
    let column = named(alter.column_name_ref().as_ref().map(AstNode::syntax));
    let does = format!("changes {table}.{column}");
    match alter.option() {
        Some(AlterColumnOption::SetNotNull(_)) => {
            lock(Reading::harmless(format!("wants a value in every {table}.{column}")), table, ALL, made)
        }
        Some(
            AlterColumnOption::DropNotNull(_)
            | AlterColumnOption::SetDefault(_)
            | AlterColumnOption::DropDefault(_)
            | AlterColumnOption::SetStorage(_)
            | AlterColumnOption::SetCompression(_)
            | AlterColumnOption::AddGenerated(_),
        ) => lock(Reading::harmless(does), table, ALL, made),
        Some(AlterColumnOption::SetStatistics(_)) => lock(Reading::harmless(does), table, LITTLE, made),
        Some(AlterColumnOption::SetType(_)) => Reading::refused(
            format!("changes the type of {table}.{column}"),
            "every value is rewritten: add a column of the new type, move, and remove the old one later",
        ),
        Some(AlterColumnOption::SetExpression(_) | AlterColumnOption::DropExpression(_)) => {
            Reading::refused(does, "every value is computed anew")
        }
        _ => Reading::refused(does, "no migration needs it"),
    }
}
