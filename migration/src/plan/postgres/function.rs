//! CREATE FUNCTION: its body is looked at as far as it could do what no plan sees.

use squawk_syntax::ast::{self, AstNode};

use super::{GUARD_SCHEMA, REPLACED, Reading, is_never_called, named};
use crate::tokens::{Dialect, Kind, Token, tokens};

/// Words that have no business in the body of a function of ours.
const NEVER: [&str; 11] = [
    "execute",
    "truncate",
    "drop",
    "alter",
    "copy",
    "call",
    "commit",
    "rollback",
    "savepoint",
    "merge",
    "lock",
];

pub(super) fn read(function: &ast::CreateFunction) -> Reading {
    let name = named(function.name().as_ref().map(AstNode::syntax));
    let does = format!("makes the function {name}");
    if function.or_replace().is_some() && name.starts_with(GUARD_SCHEMA) {
        return Reading::refused(does, REPLACED);
    }
    let body = match (function.plpgsql(), function.sql_body()) {
        (Some(body), _) => body.text().to_owned(),
        (None, Some(body)) => body.text().to_owned(),
        (None, None) => match function.body() {
            Some(body) => body.syntax().text().to_string(),
            None => return Reading::refused(does, "only functions in SQL and PL/pgSQL can be looked into"),
        },
    };
    let Ok(tokens) = tokens(&body, Dialect::Postgres) else {
        return Reading::refused(does, "a text, a name or a comment in it has no end");
    };
    match tokens.iter().enumerate().find_map(|(at, token)| never(token, tokens.get(at + 1))) {
        Some(word) => Reading::refused(
            does,
            format!("its body says {}, which no plan can look into", word.to_uppercase()),
        ),
        None => Reading::harmless(does),
    }
}

fn never<'a>(token: &'a Token, next: Option<&Token>) -> Option<&'a str> {
    let Kind::Word(word) = &token.kind else { return None };
    let calls = next.is_some_and(|next| next.is_sign('(')) && is_never_called(word);
    // DO with a text is code; ON CONFLICT DO is not.
    let does = word == "do" && next.is_some_and(|next| next.kind == Kind::Value);
    (calls || does || NEVER.contains(&word.as_str())).then_some(word.as_str())
}
