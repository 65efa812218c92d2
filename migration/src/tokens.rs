//! The words of SQL, as far as they must be told from what only looks like them: text, names in quotes and comments.

use std::ops::Range;

/// A piece of SQL that is no white space and no comment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Token {
    /// What it is.
    pub(crate) kind: Kind,
    /// Where it stands.
    pub(crate) range: Range<usize>,
}

/// What a token is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// A word without quotes, in lower case: a keyword or a name.
    Word(String),
    /// A name in quotes.
    Name(String),
    /// A text, a number or a parameter.
    Value,
    /// Any other character.
    Sign(char),
}

impl Token {
    /// Whether it is this keyword (in lower case).
    pub(crate) fn is(&self, word: &str) -> bool {
        matches!(&self.kind, Kind::Word(one) if one == word)
    }

    /// Whether it is this character.
    pub(crate) fn is_sign(&self, sign: char) -> bool {
        self.kind == Kind::Sign(sign)
    }

    /// The name that it is, if it can be one.
    pub(crate) fn name(&self) -> Option<&str> {
        match &self.kind {
            Kind::Word(name) | Kind::Name(name) => Some(name),
            Kind::Value | Kind::Sign(_) => None,
        }
    }
}

/// Whose SQL it is: they differ in what is a text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Dialect {
    /// Texts in dollars and with escapes.
    Postgres,
    /// Names in square brackets and backticks.
    Sqlite,
}

/// The tokens of SQL. `Err` tells where a text, a name or a comment has no end.
pub(crate) fn tokens(sql: &str, dialect: Dialect) -> Result<Vec<Token>, usize> {
    let is_postgres = dialect == Dialect::Postgres;
    let bytes = sql.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let next = bytes.get(at + 1).copied();
        let (kind, end) = match (byte, next) {
            (b'-', Some(b'-')) => {
                at = sql[at..].find('\n').map_or(sql.len(), |length| at + length);
                continue;
            }
            (b'/', Some(b'*')) => {
                at = comment_end(bytes, at).ok_or(at)?;
                continue;
            }
            (b'e' | b'E', Some(b'\'')) if is_postgres => {
                (Kind::Value, quoted_end(bytes, at + 1, true).ok_or(at)?)
            }
            (b'x' | b'X' | b'b' | b'B', Some(b'\'')) => {
                (Kind::Value, quoted_end(bytes, at + 1, false).ok_or(at)?)
            }
            (b'\'', _) => (Kind::Value, quoted_end(bytes, at, false).ok_or(at)?),
            (b'[', _) if !is_postgres => {
                let length = sql[at..].find(']').ok_or(at)?;
                (Kind::Name(sql[at + 1..at + length].to_owned()), at + length + 1)
            }
            (b'"' | b'`', _) => {
                let end = quoted_end(bytes, at, false).ok_or(at)?;
                let quote = char::from(byte);
                let name = sql[at + 1..end - 1].replace(&format!("{quote}{quote}"), &quote.to_string());
                (Kind::Name(name), end)
            }
            (b'$', _) if is_postgres && dollar_tag(sql, at).is_some() => {
                let tag = dollar_tag(sql, at).ok_or(at)?;
                let body = at + tag.len();
                let length = sql[body..].find(tag).ok_or(at)?;
                (Kind::Value, body + length + tag.len())
            }
            (b'0'..=b'9', _) => (Kind::Value, word_end(bytes, at)),
            _ if is_word(byte) => {
                let end = word_end(bytes, at);
                (Kind::Word(sql[at..end].to_lowercase()), end)
            }
            _ if byte.is_ascii_whitespace() => {
                at += 1;
                continue;
            }
            _ => (Kind::Sign(char::from(byte)), at + 1),
        };
        found.push(Token { kind, range: at..end });
        at = end;
    }
    Ok(found)
}

/// Bytes above ASCII belong to words, so that no character is cut.
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

fn word_end(bytes: &[u8], from: usize) -> usize {
    let mut end = from;
    while bytes.get(end).is_some_and(|&byte| is_word(byte) || byte == b'$') {
        end += 1;
    }
    end
}

/// Behind the closing quote of what is opened at `from`; a doubled quote does not close it.
fn quoted_end(bytes: &[u8], from: usize, has_escapes: bool) -> Option<usize> {
    let quote = *bytes.get(from)?;
    let mut at = from + 1;
    loop {
        match *bytes.get(at)? {
            b'\\' if has_escapes => at += 2,
            byte if byte == quote && bytes.get(at + 1) == Some(&quote) => at += 2,
            byte if byte == quote => return Some(at + 1),
            _ => at += 1,
        }
    }
}

/// Postgres nests comments and SQLite does not; what only one of them reads as a comment is refused as unfinished or
/// not understood by the other's rules, never run unseen.
fn comment_end(bytes: &[u8], from: usize) -> Option<usize> {
    let end = from + 2 + bytes.get(from + 2..)?.windows(2).position(|pair| pair == b"*/")?;
    // A comment in a comment is where the two read differently.
    let is_nested = bytes[from + 2..end].windows(2).any(|pair| pair == b"/*");
    (!is_nested).then_some(end + 2)
}

/// The tag that opens a text in dollars at `from`, such as `$body$`.
fn dollar_tag(sql: &str, from: usize) -> Option<&str> {
    let length = sql[from + 1..].find('$')?;
    let tag = &sql[from..from + length + 2];
    let inner = &tag.as_bytes()[1..tag.len() - 1];
    let fits =
        inner.first().is_none_or(|byte| !byte.is_ascii_digit()) && inner.iter().all(|&byte| is_word(byte));
    fits.then_some(tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(sql: &str, dialect: Dialect) -> Vec<String> {
        let read = |token: Token| match token.kind {
            Kind::Word(word) => word,
            Kind::Name(name) => format!("<{name}>"),
            Kind::Value => format!("={}", &sql[token.range]),
            Kind::Sign(sign) => sign.to_string(),
        };
        tokens(sql, dialect).unwrap().into_iter().map(read).collect()
    }

    #[test]
    fn text_and_comments_are_no_words() {
        let sql = "DROP -- COMMIT\n /* DO */ 'x''; DROP' \"a\"\"b\"";
        for dialect in [Dialect::Postgres, Dialect::Sqlite] {
            assert_eq!(words(sql, dialect), ["drop", "='x''; DROP'", "<a\"b>"]);
        }
        let sql = "E'\\'; x' $b$ COMMIT; $b$";
        assert_eq!(words(sql, Dialect::Postgres), ["=E'\\'; x'", "=$b$ COMMIT; $b$"]);
    }

    /// What ends a text for one database does not for the other: a statement could hide in between.
    #[test]
    fn each_database_ends_texts_its_own_way() {
        assert_eq!(words("e'\\'; drop --'", Dialect::Sqlite), ["e", "='\\'", ";", "drop"]);
        assert_eq!(words("$$; drop", Dialect::Sqlite), ["$", "$", ";", "drop"]);
        assert_eq!(words("[a;b] 1.5", Dialect::Sqlite), ["<a;b>", "=1", ".", "=5"]);
        assert_eq!(words("[a;", Dialect::Postgres), ["[", "a", ";"]);
    }

    #[test]
    fn what_has_no_end_is_refused() {
        for (sql, at) in [("a 'b", 2), ("/* x", 0), ("$a$ b", 0), ("\"x", 0), ("/* /* */ */", 0)] {
            assert_eq!(tokens(sql, Dialect::Postgres), Err(at), "{sql}");
        }
    }
}
