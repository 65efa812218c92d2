//! How a running sync is shown: events as JSON lines on standard output, and for people a live view on a terminal or
//! plain lines, on standard error.

mod plain;
mod terminal;

use std::io::{self, IsTerminal};

use bus::ProgressEvent;
use entities::SyncKind;

pub use plain::line;

use crate::{
    args::{Global, Output},
    open::App,
    out::Out,
};

/// What is shown to people.
enum Human {
    Nothing,
    Plain(plain::Plain),
    Terminal(Box<terminal::Terminal>),
}

/// Shows events. Never fails: a sync does not end because nobody watches it.
pub struct View {
    json: Option<Out>,
    human: Human,
}

impl View {
    /// The view that fits the options and where the output goes.
    pub fn new(app: &App, kind: SyncKind) -> Self {
        Self::with(app.output, app.quiet, kind)
    }

    /// The view that fits the options, where no database is open.
    pub fn of(global: &Global, kind: SyncKind) -> Self {
        Self::with(global.output, global.quiet, kind)
    }

    fn with(output: Output, is_quiet: bool, kind: SyncKind) -> Self {
        let is_json = output == Output::Json;
        // Two writers on one terminal would tear each other's lines.
        let is_taken = is_json && io::stdout().is_terminal();
        let human = if is_quiet || is_taken {
            Human::Nothing
        } else if io::stderr().is_terminal() {
            Human::Terminal(Box::new(terminal::Terminal::new(kind)))
        } else {
            Human::Plain(plain::Plain::default())
        };
        Self { json: is_json.then(Out::stdout), human }
    }

    /// Tells what happens between syncs.
    pub fn note(&mut self, text: &str) {
        match &mut self.human {
            Human::Nothing => {}
            Human::Plain(plain) => plain.note(text),
            Human::Terminal(terminal) => terminal.note(text),
        }
    }

    /// Shows an event.
    pub fn show(&mut self, event: &ProgressEvent) {
        if let Some(out) = &mut self.json
            && out.json(event).and_then(|()| out.flush()).is_err()
        {
            // Whoever read has had enough; the sync goes on.
            self.json = None;
        }
        match &mut self.human {
            Human::Nothing => {}
            Human::Plain(plain) => plain.show(&event.event),
            Human::Terminal(terminal) => terminal.show(&event.event),
        }
    }

    /// Leaves the terminal as it should stay.
    pub fn end(&mut self) {
        if let Human::Terminal(terminal) = &mut self.human {
            terminal.end();
        }
    }
}

impl Drop for View {
    fn drop(&mut self) {
        self.end();
    }
}
