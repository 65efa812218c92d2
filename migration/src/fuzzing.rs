//! What must hold for any text that is given as a migration. For the fuzzer (`fuzz/`) only; all of it panics where
//! something does not hold.

use std::borrow::Cow;

use sea_orm::DbBackend;

use crate::{
    list::Migration,
    plan::{Direction, Verdict, plan},
    tokens::{Dialect, Kind, tokens},
};

/// What never is run, wherever it stands as a word of its own.
const NEVER: [&str; 6] = ["commit", "rollback", "savepoint", "vacuum", "attach", "truncate"];

/// A migration. Each piece of it is in the account of one statement or refused, and what must never run is not taken
/// for harmless.
pub fn sql(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    for (dialect, backend) in [(Dialect::Postgres, DbBackend::Postgres), (Dialect::Sqlite, DbBackend::Sqlite)]
    {
        let read = tokens(text, dialect);
        let mut last = 0;
        for token in read.iter().flatten() {
            assert!(token.range.start >= last && token.range.end > token.range.start);
            assert!(text.get(token.range.clone()).is_some(), "a character is cut");
            last = token.range.end;
        }
        let migration = Migration {
            version: 1,
            name: Cow::Borrowed("fuzzed"),
            up: Cow::Owned(text.to_owned()),
            down: Cow::Borrowed(""),
        };
        let accounts = plan(&migration, backend, Direction::Up);
        if read.is_err() && backend == DbBackend::Sqlite {
            assert!(accounts.iter().any(|one| matches!(one.verdict, Verdict::Refused(_))), "{accounts:?}");
        }
        for account in accounts {
            if account.verdict != Verdict::Harmless {
                continue;
            }
            let first = tokens(&account.sql, dialect).ok().and_then(|all| all.into_iter().next());
            if let Some(Kind::Word(word)) = first.map(|token| token.kind) {
                assert!(!NEVER.contains(&word.as_str()), "{} is harmless", account.sql);
            }
        }
    }
}
