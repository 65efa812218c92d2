//! The live view on a terminal: a dot for each phase, a bar for the one that runs, warnings above.

use std::time::Duration;

use bus::Event;
use entities::SyncKind;
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use worker::pipeline;

use super::plain;
use crate::{
    out::Paint,
    render::{record::PhaseProgress, text::clean},
};

/// How often the clock and the spinner move.
pub const TICK: Duration = Duration::from_millis(120);

/// The most times a second that the terminal is drawn.
pub const DRAWS_PER_SECOND: u8 = 15;

/// Where a phase stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Dot {
    ToCome,
    Running,
    Done,
    Failed,
}

/// The view.
pub struct Terminal {
    paint: Paint,
    area: MultiProgress,
    dots: ProgressBar,
    bar: ProgressBar,
    phases: Vec<(&'static str, Dot)>,
    is_open: bool,
}

impl Terminal {
    /// Begins a view of a sync of this kind.
    pub fn new(kind: SyncKind) -> Self {
        let area = MultiProgress::with_draw_target(ProgressDrawTarget::stderr_with_hz(DRAWS_PER_SECOND));
        let dots = area.add(ProgressBar::no_length());
        dots.set_style(style("{msg}"));
        let bar = area.add(ProgressBar::no_length());
        bar.set_style(unknown_length());
        bar.enable_steady_tick(TICK);
        let mut terminal =
            Self { paint: Paint::stderr(), area, dots, bar, phases: Vec::new(), is_open: true };
        terminal.begin(kind);
        terminal
    }

    fn begin(&mut self, kind: SyncKind) {
        self.phases = pipeline::phases(kind).iter().map(|phase| (phase.name(), Dot::ToCome)).collect();
        self.draw_dots();
    }

    /// Tells what happens between syncs.
    pub fn note(&mut self, text: &str) {
        // Drawing fails only if the terminal is gone.
        let _ = self.area.println(clean(text));
    }

    /// Shows an event.
    pub fn show(&mut self, event: &Event) {
        match event {
            // Another one that is shown here may be of another kind.
            Event::Queued { kind, .. } => self.begin(*kind),
            Event::PhaseStarted { phase, attempt } => {
                self.enter(phase);
                self.bar.set_style(unknown_length());
                self.bar.set_position(0);
                let again = if *attempt > 1 { format!(", attempt {attempt}") } else { String::new() };
                self.bar.set_message(format!("{}{again}", clean(phase)));
            }
            Event::PhaseProgress { done, total, .. } => {
                if let Some(total) = total {
                    self.bar.set_style(
                        style("  {bar:32} {percent:>3} %  {elapsed}  {wide_msg}").progress_chars("━╸─"),
                    );
                    self.bar.set_length(*total);
                }
                self.bar.set_position(*done);
                if let Some(progress) = PhaseProgress::of(event.clone()) {
                    self.bar.set_message(progress.line());
                }
            }
            Event::PhaseCompleted { phase, .. } => self.set(phase, Dot::Done),
            Event::Warning { message, .. } => {
                let warning = self.paint.yellow("warning:");
                let _ = self.area.println(format!("{warning} {}", clean(message)));
            }
            Event::Interrupted { reason, retry_at, error } => {
                self.note(&plain::interruption(*reason, *retry_at, error.as_ref()));
            }
            Event::Completed { .. } => {}
            Event::Failed { .. } | Event::Cancelled {} => {
                for (_, dot) in &mut self.phases {
                    if *dot == Dot::Running {
                        *dot = Dot::Failed;
                    }
                }
                self.draw_dots();
            }
        }
    }

    /// A phase begins. A sync that is shown after another one begins with all its phases to come.
    fn enter(&mut self, phase: &str) {
        if self.phases.first().is_some_and(|(first, dot)| *first == phase && *dot != Dot::ToCome) {
            for (_, dot) in &mut self.phases {
                *dot = Dot::ToCome;
            }
        }
        self.set(phase, Dot::Running);
    }

    fn set(&mut self, phase: &str, to: Dot) {
        if let Some((_, dot)) = self.phases.iter_mut().find(|(name, _)| *name == phase) {
            *dot = to;
        }
        self.draw_dots();
    }

    fn draw_dots(&self) {
        self.dots.set_message(self.dots_line());
    }

    fn dots_line(&self) -> String {
        let dots: Vec<String> = self
            .phases
            .iter()
            .map(|(name, dot)| match dot {
                Dot::ToCome => self.paint.dim(&format!("○ {name}")),
                Dot::Running => format!("{} {name}", self.paint.cyan("◐")),
                Dot::Done => format!("{} {name}", self.paint.green("●")),
                Dot::Failed => format!("{} {name}", self.paint.red("✗")),
            })
            .collect();
        dots.join("  ")
    }

    /// Takes the bar away and leaves the dots.
    pub fn end(&mut self) {
        if !self.is_open {
            return;
        }
        self.is_open = false;
        self.bar.finish_and_clear();
        self.dots.finish_and_clear();
        let _ = self.area.clear();
        crate::out::tell(self.dots_line());
    }
}

/// A style whose template is a constant of this file.
pub fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

fn unknown_length() -> ProgressStyle {
    style("  {spinner} {elapsed}  {wide_msg}")
}
