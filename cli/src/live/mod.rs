//! How a running sync is shown: events as JSON lines on standard output, and for people a live view on a terminal or
//! plain lines, on standard error. [`View`] is of one sync, [`ProjectView`] of all those of a project.

mod past;
mod plain;
mod project;
mod terminal;

use std::io::{self, IsTerminal};

use bus::{ProgressEvent, SyncSnapshot};
use entities::SyncKind;

pub use plain::line;
pub use project::{ProjectView, outcome};

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

    /// The same where programs are told by somebody else.
    pub fn for_people(global: &Global, kind: SyncKind) -> Self {
        let mut view = Self::of(global, kind);
        view.json = None;
        view
    }

    fn with(output: Output, is_quiet: bool, kind: SyncKind) -> Self {
        let human = match Means::of(output, is_quiet) {
            Means::None => Human::Nothing,
            Means::Terminal => Human::Terminal(Box::new(terminal::Terminal::new(kind))),
            Means::Lines => Human::Plain(plain::Plain::default()),
        };
        Self { json: (output == Output::Json).then(Out::stdout), human }
    }

    /// Shows where a sync stands, in the place of what was shown before. Events that follow go on from there.
    pub fn join(&mut self, snapshot: &SyncSnapshot) {
        let past = past::events(snapshot);
        match &mut self.human {
            Human::Nothing => {}
            Human::Plain(plain) => {
                plain.note(&past::heading(snapshot));
                past.iter().for_each(|event| plain.show(event));
            }
            Human::Terminal(terminal) => past.iter().for_each(|event| terminal.show(event)),
        }
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

/// By which means people are shown something.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Means {
    None,
    Lines,
    Terminal,
}

impl Means {
    fn of(output: Output, is_quiet: bool) -> Self {
        // Two writers on one terminal would tear each other's lines.
        let is_taken = output == Output::Json && io::stdout().is_terminal();
        if is_quiet || is_taken {
            Self::None
        } else if io::stderr().is_terminal() {
            Self::Terminal
        } else {
            Self::Lines
        }
    }
}
