//! Passwords as they are typed: never on the command line, which others on the machine can read.

use std::io::{self, BufRead, IsTerminal};

use entities::identity::passwords::{self, MAX_BYTES, Password, PasswordHash};

use crate::error::CliError;

/// Asks for a new password, twice; without a terminal the first line of standard input is one.
pub async fn new() -> Result<PasswordHash, CliError> {
    let text = tokio::task::spawn_blocking(|| {
        if io::stdin().is_terminal() { typed() } else { first_line(io::stdin().lock()) }
    });
    let text = text.await.map_err(|error| CliError::usage(error.to_string()))??;
    Ok(passwords::hash(Password::chosen(text)?).await?)
}

/// What is typed, unseen.
fn typed() -> Result<String, CliError> {
    let ask = |prompt: &str| rpassword::prompt_password(prompt).map_err(CliError::io("reading a password"));
    let text = ask("New password: ")?;
    if ask("Once more: ")? != text {
        return Err(CliError::usage("the two passwords differ"));
    }
    Ok(text)
}

/// The first line, as far as a password reaches.
fn first_line(reader: impl BufRead) -> Result<String, CliError> {
    let mut line = String::new();
    // With room for an end of line, and for one byte too many to be seen.
    reader
        .take(MAX_BYTES as u64 + 3)
        .read_line(&mut line)
        .map_err(CliError::io("reading a password from standard input"))?;
    let text = line.strip_suffix('\n').map_or(line.as_str(), |line| line.strip_suffix('\r').unwrap_or(line));
    if text.is_empty() {
        return Err(CliError::usage("standard input holds no password"));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_password() {
        for (input, password) in
            [("abc\n", "abc"), ("abc", "abc"), ("abc\r\nmore", "abc"), (" a b \n", " a b ")]
        {
            assert_eq!(first_line(input.as_bytes()).unwrap(), password);
        }
        for nothing in ["", "\n", "\r\n"] {
            assert!(first_line(nothing.as_bytes()).is_err());
        }
        let long = "x".repeat(MAX_BYTES * 10);
        let read = first_line(long.as_bytes()).unwrap();
        assert!(read.len() > MAX_BYTES && read.len() < MAX_BYTES + 10, "refused later, and never held whole");
    }
}
