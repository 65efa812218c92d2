//! Postgres' statements, read by a parser of its whole grammar.

mod alter;
mod function;
mod never;

use squawk_syntax::{
    SourceFile, SyntaxKind, SyntaxNode,
    ast::{self, AstNode, Stmt},
};

use super::{Account, GUARD_GONE, GUARD_SCHEMA, Made, Reading, TURNED_OFF, Target, Verdict, account};
use crate::tokens::{Dialect, tokens};
use never::{is_never_called, never};

/// The locks that statements take here, and who has to wait meanwhile.
const ALL: (&str, &str) = ("ACCESS EXCLUSIVE", "everybody");
const WRITES: (&str, &str) = ("SHARE", "writers");
const WRITES_AND_ALIKE: (&str, &str) = ("SHARE ROW EXCLUSIVE", "writers");
const LITTLE: (&str, &str) = ("SHARE UPDATE EXCLUSIVE", "VACUUM and other changes of the schema");
const ROWS: (&str, &str) = ("ROW EXCLUSIVE", "writers of the same rows");

/// The account of each statement of a file.
pub(super) fn read(sql: &str) -> Vec<Account> {
    let parsed = SourceFile::parse(sql);
    if let Some(error) = parsed.errors().first() {
        return vec![broken(sql, usize::from(error.range().start()), error.message())];
    }
    let file = parsed.tree();
    // Whatever the parser set aside is not a statement that was looked at.
    for element in file.syntax().children_with_tokens() {
        let between = [SyntaxKind::WHITESPACE, SyntaxKind::COMMENT, SyntaxKind::SEMICOLON];
        let is_known = match element.as_node() {
            Some(node) => Stmt::can_cast(node.kind()),
            None => between.contains(&element.kind()),
        };
        if !is_known {
            return vec![broken(sql, usize::from(element.text_range().start()), "this is no statement")];
        }
    }
    let statements: Vec<Stmt> = file.stmts().collect();
    let mut made = Made { guards: guards_made(&statements), losing: losing(&statements), ..Made::default() };
    let mut accounts = Vec::with_capacity(statements.len());
    for statement in statements {
        let node = statement.syntax();
        let text = node.text().to_string();
        let reading = match never(node, &text) {
            Some(reason) => Reading::refused(kind_of(node), reason),
            None => reading(&statement, &mut made),
        };
        accounts.push(account(sql, usize::from(node.text_range().start()), &text, reading));
    }
    accounts
}

fn broken(sql: &str, at: usize, message: &str) -> Account {
    let rest = sql.get(at..).unwrap_or_default();
    let line = rest.lines().next().unwrap_or_default();
    account(sql, at, line, Reading::refused("cannot be read", format!("the SQL cannot be read: {message}")))
}

/// The guards that a migration makes: `schema.view`, and `trigger on table`.
fn guards_made(statements: &[Stmt]) -> std::collections::BTreeSet<String> {
    let made = statements.iter().filter_map(|statement| match statement {
        Stmt::CreateView(view) => Some(name(view.view()?.syntax())),
        Stmt::CreateTrigger(trigger) => {
            let table = name(trigger.on_relation()?.relation_name_ref()?.syntax());
            Some(format!("{} on {table}", name(trigger.trigger()?.syntax())))
        }
        _ => None,
    });
    made.collect()
}

/// The tables that a migration takes something away from.
fn losing(statements: &[Stmt]) -> std::collections::BTreeSet<String> {
    let mut tables = std::collections::BTreeSet::new();
    for statement in statements {
        match statement {
            Stmt::DropTable(drop) => tables.extend(drop.table_name_refs().map(|one| name(one.syntax()))),
            Stmt::AlterTable(alter)
                if alter.actions().any(|action| matches!(action, ast::AlterTableAction::DropColumn(_))) =>
            {
                let table = alter.table_relation_name().and_then(|one| one.table_name_ref());
                tables.extend(table.map(|one| name(one.syntax())));
            }
            _ => {}
        }
    }
    tables
}

/// The name that a node spells: without quotes, and without the schema of all our tables.
fn name(node: &SyntaxNode) -> String {
    let text = node.text().to_string();
    let tokens = tokens(&text, Dialect::Postgres).unwrap_or_default();
    let parts: Vec<&str> = tokens.iter().filter_map(|token| token.name()).collect();
    let joined = parts.join(".");
    joined.strip_prefix("public.").map(str::to_owned).unwrap_or(joined)
}

/// The name of a child, if there is one; a nameless statement gets a name that nothing has.
fn named(node: Option<&SyntaxNode>) -> String {
    node.map(name).unwrap_or_default()
}

fn kind_of(node: &SyntaxNode) -> String {
    format!("{:?}", node.kind()).to_lowercase().replace('_', " ")
}

fn reading(statement: &Stmt, made: &mut Made) -> Reading {
    match statement {
        Stmt::CreateTable(table) => create_table(table, made),
        Stmt::CreateIndex(index) => create_index(index),
        Stmt::AlterTable(table) => alter::read(table, made),
        Stmt::CreateSchema(schema) => match schema.create_schema_target() {
            Some(ast::CreateSchemaTarget::NamedSchema(one)) => {
                Reading::harmless(format!("makes the schema {}", name(one.syntax())))
            }
            _ => Reading::refused("makes a schema", "a schema is made by its name"),
        },
        Stmt::CreateView(view) => create_view(view),
        Stmt::CreateFunction(function) => function::read(function),
        Stmt::CreateTrigger(trigger) => create_trigger(trigger, made),
        Stmt::CreatePolicy(policy) => policy_of(policy.on_table(), "says which rows are seen of", made),
        Stmt::AlterPolicy(_) => Reading::harmless("changes which rows are seen"),
        Stmt::DropPolicy(policy) => policy_of(policy.on_table(), "takes a policy away from", made),
        Stmt::Grant(_) => Reading::harmless("gives rights"),
        Stmt::Revoke(_) => Reading::harmless("takes rights back"),
        Stmt::AlterDefaultPrivileges(_) => Reading::harmless("says which rights new objects give"),
        Stmt::CommentOn(_) => Reading::harmless("describes an object"),
        Stmt::AlterFunction(function) => match function.action() {
            Some(ast::AlterFunctionAction::OwnerTo(to)) if gives_to_us(&to) => {
                Reading::harmless("hands a function over to its owner")
            }
            _ => Reading::refused("changes a function", "a function is made anew"),
        },
        Stmt::DropIndex(index) => drop_index(index),
        Stmt::DropFunction(_) => Reading::harmless("removes a function"),
        Stmt::DropTrigger(trigger) => drop_trigger(trigger, made),
        Stmt::DropView(view) => drop_view(view, made),
        Stmt::DropTable(table) => drop_table(table, made),
        Stmt::DropSchema(schema) if named_after_drop(schema.syntax()) == GUARD_SCHEMA => {
            Reading::refused("removes the schema of the guards", GUARD_GONE)
        }
        Stmt::Update(update) => update_rows(update, made),
        Stmt::Insert(insert) => insert_rows(insert, made),
        other => Reading::refused(kind_of(other.syntax()), refusal_of(other)),
    }
}

/// Why a statement's kind is not among those that are run.
fn refusal_of(statement: &Stmt) -> &'static str {
    match statement {
        Stmt::Begin(_)
        | Stmt::Commit(_)
        | Stmt::Rollback(_)
        | Stmt::SavepointCreate(_)
        | Stmt::ReleaseSavepoint(_)
        | Stmt::PrepareTransaction(_)
        | Stmt::SetTransaction(_) => {
            "the transaction is the guard's: what is behind its end nobody could take back"
        }
        Stmt::Do(_) | Stmt::Call(_) | Stmt::Execute(_) | Stmt::Prepare(_) => {
            "it runs code that no plan can look into"
        }
        Stmt::Truncate(_) | Stmt::Delete(_) | Stmt::Merge(_) => "a migration removes no rows",
        Stmt::AlterType(_) | Stmt::DropType(_) => "changing a type changes every column of it",
        Stmt::Set(_) | Stmt::Reset(_) | Stmt::SetRole(_) | Stmt::ResetRole(_) | Stmt::SetSessionAuth(_) => {
            "who runs it, and how, is not the migration's to say"
        }
        _ => "no migration needs it",
    }
}

fn lock(reading: Reading, table: &str, (mode, stops): (&'static str, &'static str), made: &Made) -> Reading {
    // Nobody waits for a table that nobody sees yet.
    if made.owns(table) { reading } else { reading.locking(table, mode, stops) }
}

fn named_after_drop(node: &SyntaxNode) -> String {
    let text = node.text().to_string();
    let tokens = tokens(&text, Dialect::Postgres).unwrap_or_default();
    let names =
        tokens.iter().filter(|token| !["drop", "schema", "if", "exists"].iter().any(|word| token.is(word)));
    names.filter_map(|token| token.name()).collect::<Vec<_>>().join(".")
}

/// The tables that foreign keys inside a statement point to.
fn referenced(node: &SyntaxNode) -> Vec<String> {
    let found = node.descendants().filter_map(|node| {
        let table = match ast::ReferencesConstraint::cast(node.clone()) {
            Some(constraint) => constraint.table(),
            None => ast::ForeignKeyConstraint::cast(node)?.table_name_ref(),
        };
        Some(name(table?.syntax()))
    });
    found.collect()
}

fn create_table(table: &ast::CreateTable, made: &mut Made) -> Reading {
    let new = named(table.table_name().as_ref().map(AstNode::syntax));
    let does = format!("makes the table {new}");
    if table.persistence().is_some() || table.inherits().is_some() || table.partition_of().is_some() {
        return Reading::refused(
            does,
            "a table that passes, inherits or is a part hides or holds others' rows",
        );
    }
    // An existing table would be taken for a new one, whose rows nobody needs to mind.
    if table.if_not_exists().is_some() {
        return Reading::refused(does, "whether it makes the table must be certain: leave out IF NOT EXISTS");
    }
    made.tables.insert(new.clone());
    let mut reading = Reading::harmless(does);
    for other in referenced(table.syntax()) {
        reading = lock(reading, &other, WRITES_AND_ALIKE, made);
    }
    reading
}

fn create_index(index: &ast::CreateIndex) -> Reading {
    let table =
        named(index.table_relation_name().and_then(|one| one.table_name_ref()).as_ref().map(AstNode::syntax));
    let does = format!("builds an index on {table}");
    if index.concurrently_token().is_some() {
        return Reading::refused(
            does,
            "CONCURRENTLY runs outside the transaction; build it by hand beforehand",
        );
    }
    let (mode, stops) = WRITES;
    Reading::harmless(does).locking(&table, mode, stops)
}

fn drop_table(table: &ast::DropTable, made: &Made) -> Reading {
    let names: Vec<String> = table.table_name_refs().map(|one| name(one.syntax())).collect();
    let targets = names.iter().map(|table| Target { table: table.clone(), column: None });
    let mut reading = Reading::takes(format!("removes {}", names.join(", ")), targets.collect());
    for table in &names {
        reading = lock(reading, table, ALL, made);
    }
    reading
}

fn drop_index(index: &ast::DropIndex) -> Reading {
    let names: Vec<String> = index.index_refs().map(|one| name(one.syntax())).collect();
    if index.concurrently_token().is_some() {
        return Reading::refused("removes an index", "CONCURRENTLY runs outside the transaction");
    }
    let (mode, stops) = ALL;
    let reading = Reading::harmless(format!("removes the index {}; it can be built again", names.join(", ")));
    reading.locking("its table", mode, stops)
}

fn policy_of(on: Option<ast::OnTable>, does: &str, made: &Made) -> Reading {
    let table = named(on.and_then(|on| on.table_name_ref()).as_ref().map(AstNode::syntax));
    lock(Reading::harmless(format!("{does} {table}")), &table, ALL, made)
}

fn create_view(view: &ast::CreateView) -> Reading {
    let new = named(view.view().as_ref().map(AstNode::syntax));
    match view.persistence() {
        Some(_) => Reading::refused(format!("makes the view {new}"), "a view that passes hides a table"),
        None => Reading::harmless(format!("makes the view {new}")),
    }
}

fn create_trigger(trigger: &ast::CreateTrigger, made: &Made) -> Reading {
    let table =
        named(trigger.on_relation().and_then(|on| on.relation_name_ref()).as_ref().map(AstNode::syntax));
    let which = named(trigger.trigger().as_ref().map(AstNode::syntax));
    if trigger.or_replace().is_some() && which.starts_with(GUARD_SCHEMA) {
        return Reading::refused(format!("replaces the trigger {which}"), REPLACED);
    }
    lock(Reading::harmless(format!("adds a trigger to {table}")), &table, WRITES_AND_ALIKE, made)
}

fn drop_trigger(trigger: &ast::DropTrigger, made: &Made) -> Reading {
    let table =
        named(trigger.on_relation().and_then(|on| on.relation_name_ref()).as_ref().map(AstNode::syntax));
    let which = named(trigger.trigger_ref().as_ref().map(AstNode::syntax));
    let does = format!("removes the trigger {which} of {table}");
    if which.starts_with(GUARD_SCHEMA) && !made.frees(&format!("{which} on {table}"), &table) {
        return Reading::refused(does, GUARD_GONE);
    }
    lock(Reading::harmless(does), &table, ALL, made)
}

fn drop_view(view: &ast::DropView, made: &Made) -> Reading {
    let names: Vec<String> = view.view_refs().map(|one| name(one.syntax())).collect();
    let does = format!("removes the view {}", names.join(", "));
    let guard = format!("{GUARD_SCHEMA}.");
    let is_kept = |one: &String| one.strip_prefix(&guard).is_some_and(|table| !made.frees(one, table));
    match names.iter().any(is_kept) {
        true => Reading::refused(does, GUARD_GONE),
        false => Reading::harmless(does),
    }
}

fn update_rows(update: &ast::Update, made: &Made) -> Reading {
    let table =
        named(update.relation_name().and_then(|one| one.relation_name_ref()).as_ref().map(AstNode::syntax));
    let columns: Vec<String> = update
        .set_clause()
        .and_then(|set| set.set_column_list())
        .map(|list| {
            list.syntax()
                .descendants()
                .filter_map(ast::ColumnTarget::cast)
                .map(|one| one.name().map(|column| name(column.syntax())).unwrap_or_default())
                .collect()
        })
        .unwrap_or_default();
    let does = format!("fills {} of {table}", columns.join(", "));
    match super::may_fill(&table, &columns, made) {
        true => lock(Reading::harmless(does), &table, ROWS, made),
        false => Reading::refused(does, super::NOT_NEW),
    }
}

fn insert_rows(insert: &ast::Insert, made: &Made) -> Reading {
    let table = named(insert.relation_name_ref().as_ref().map(AstNode::syntax));
    let does = format!("adds rows to {table}");
    if insert.on_conflict_clause().is_some_and(|clause| {
        clause.syntax().descendants().any(|node| ast::ConflictDoUpdateSet::can_cast(node.kind()))
    }) {
        return Reading::refused(does, "DO UPDATE changes rows that are there");
    }
    match super::may_add(&table, made) {
        true => lock(Reading::harmless(does), &table, ROWS, made),
        false => Reading::refused(does, super::NOT_NEW),
    }
}

/// Why a guard is not replaced.
const REPLACED: &str = "a guard that is replaced may guard nothing; make one of another name";

/// Why an object is given to nobody else.
const NOT_OURS: &str = "objects belong to the roles of `migrate roles`";

/// Whether an object is handed to one of our own roles.
fn gives_to_us(to: &ast::OwnerTo) -> bool {
    let text = to.syntax().text().to_string();
    let tokens = tokens(&text, Dialect::Postgres).unwrap_or_default();
    tokens.last().and_then(|token| token.name()).is_some_and(|role| crate::roles::ROLES.contains(&role))
}

/// Whether a statement is refused for one of its parts already.
fn is_refused(reading: &Reading) -> bool {
    matches!(reading.verdict, Verdict::Refused(_))
}
