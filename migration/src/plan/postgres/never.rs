//! What no statement may hold, whatever its kind.

use squawk_syntax::{
    SyntaxKind, SyntaxNode,
    ast::{self, AstNode},
};

use crate::tokens::{Dialect, Kind, Token, tokens};

/// Functions that run SQL in a text, reach out of the database, or change how the session is guarded.
const NEVER_CALLED: [&str; 8] = [
    "query_to_xml",
    "query_to_xmlschema",
    "query_to_xml_and_xmlschema",
    "cursor_to_xml",
    "database_to_xml",
    "set_config",
    "pg_terminate_backend",
    "xpath_table",
];
const NEVER_CALLED_PREFIXES: [&str; 5] = ["dblink", "lo_", "pg_read_", "pg_ls_", "pg_file_"];

/// What is refused in whatever statement it stands.
pub(super) fn never(statement: &SyntaxNode, text: &str) -> Option<String> {
    for node in statement.descendants().skip(1) {
        if let Some(action) = ast::OnDeleteAction::cast(node.clone())
            && takes_along(action.ref_action())
        {
            return Some(
                "a foreign key that deletes or empties rows on its own loses them unseen".to_owned(),
            );
        }
        if let Some(action) = ast::OnUpdateAction::cast(node.clone())
            && takes_along(action.ref_action())
        {
            return Some("a foreign key that changes rows on its own changes them unseen".to_owned());
        }
        let writes = [
            SyntaxKind::DELETE,
            SyntaxKind::UPDATE,
            SyntaxKind::INSERT,
            SyntaxKind::MERGE,
            SyntaxKind::TRUNCATE,
        ];
        if writes.contains(&node.kind()) {
            return Some("a statement that writes is hidden in another one".to_owned());
        }
    }
    let Ok(tokens) = tokens(text, Dialect::Postgres) else {
        return Some("a text, a name or a comment has no end, or a comment is in a comment".to_owned());
    };
    let spells =
        |pair: &[Token]| pair[0].is("u") && pair[1].is_sign('&') && pair[1].range.start == pair[0].range.end;
    if tokens.windows(2).any(spells) {
        return Some("a name that is spelt in code points cannot be told from another".to_owned());
    }
    let drops = tokens.first().is_some_and(|token| token.is("drop"));
    if drops && tokens.iter().any(|token| token.is("cascade")) {
        return Some("CASCADE takes away what is not named".to_owned());
    }
    let called = tokens.windows(2).find_map(|pair| match &pair[0].kind {
        Kind::Word(word) | Kind::Name(word) if pair[1].is_sign('(') && is_never_called(word) => Some(word),
        _ => None,
    });
    called.map(|called| format!("{called}() can do what no plan sees"))
}

fn takes_along(action: Option<ast::RefAction>) -> bool {
    action.is_none_or(|action| !matches!(action, ast::RefAction::NoAction(_) | ast::RefAction::Restrict(_)))
}

/// Whether no statement of ours calls this function.
pub(super) fn is_never_called(function: &str) -> bool {
    NEVER_CALLED.contains(&function)
        || NEVER_CALLED_PREFIXES.iter().any(|prefix| function.starts_with(prefix))
}
