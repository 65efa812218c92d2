//! Standard output. A reader that went away is an error like any other here; `main` takes it as "enough".

use std::io::{self, BufWriter, IsTerminal, Stdout, Write};

use serde::Serialize;

/// Standard output, buffered.
pub struct Out {
    writer: BufWriter<Stdout>,
}

impl Out {
    /// Opens it.
    pub fn stdout() -> Self {
        Self { writer: BufWriter::new(io::stdout()) }
    }

    /// Prints a line.
    pub fn line(&mut self, text: impl std::fmt::Display) -> io::Result<()> {
        writeln!(self.writer, "{text}")
    }

    /// Prints one JSON value on a line of its own.
    pub fn json(&mut self, value: &impl Serialize) -> io::Result<()> {
        serde_json::to_writer(&mut self.writer, value)?;
        self.writer.write_all(b"\n")
    }

    /// Begins a JSON array whose elements are written as they come.
    pub fn array(&mut self) -> JsonArray<'_> {
        JsonArray { writer: &mut self.writer, is_empty: true }
    }

    /// Prints a whole list as one JSON array, an element a line.
    pub fn json_array<T: Serialize>(&mut self, values: impl IntoIterator<Item = T>) -> io::Result<()> {
        let mut array = self.array();
        for value in values {
            array.push(&value)?;
        }
        array.end()
    }

    /// Hands over what is buffered. To be called at the end: dropping would swallow an error.
    pub fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

/// A JSON array on its way, an element a line.
pub struct JsonArray<'a> {
    writer: &'a mut BufWriter<Stdout>,
    is_empty: bool,
}

impl JsonArray<'_> {
    /// Writes an element.
    pub fn push(&mut self, value: &impl Serialize) -> io::Result<()> {
        self.writer.write_all(if self.is_empty { b"[" } else { b",\n" })?;
        self.is_empty = false;
        serde_json::to_writer(&mut *self.writer, value)?;
        Ok(())
    }

    /// Writes the end.
    pub fn end(self) -> io::Result<()> {
        self.writer.write_all(if self.is_empty { b"[]\n" } else { b"]\n" })
    }
}

/// Prints a line on standard error. Nobody can be told if that fails.
pub fn tell(text: impl std::fmt::Display) {
    let _ = writeln!(io::stderr(), "{text}");
}

/// Colours: none unless they go to a terminal and the user wants them (<https://no-color.org>).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Paint(bool);

impl Paint {
    /// As the terminal and the environment say.
    pub fn stderr() -> Self {
        Self(io::stderr().is_terminal() && !Self::is_refused())
    }

    /// The same for standard output.
    pub fn stdout() -> Self {
        Self(io::stdout().is_terminal() && !Self::is_refused())
    }

    fn is_refused() -> bool {
        std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
            || std::env::var_os("TERM").is_some_and(|term| term == "dumb")
    }

    /// Whether there are colours.
    pub fn is_on(self) -> bool {
        self.0
    }

    fn with(self, code: &str, text: &str) -> String {
        if self.0 { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    /// For what is done.
    pub fn green(self, text: &str) -> String {
        self.with("32", text)
    }

    /// For what runs.
    pub fn cyan(self, text: &str) -> String {
        self.with("36", text)
    }

    /// For warnings and hints.
    pub fn yellow(self, text: &str) -> String {
        self.with("33", text)
    }

    /// For errors.
    pub fn red(self, text: &str) -> String {
        self.with("1;31", text)
    }

    /// For what is to come.
    pub fn dim(self, text: &str) -> String {
        self.with("2", text)
    }
}
