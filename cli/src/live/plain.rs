//! Progress as lines, for logs.

use bus::{Event, EventError, Interruption};
use chrono::{DateTime, Utc};

use crate::{
    out::tell,
    render::{
        record::PhaseProgress,
        text::{clean, duration},
    },
};

/// Prints a line for each event.
#[derive(Default)]
pub struct Plain {
    /// What was said last: a phase that stands still is not said twice.
    last: String,
}

impl Plain {
    /// Tells what happens between syncs.
    pub fn note(&mut self, text: &str) {
        tell(text);
    }

    /// Prints an event.
    pub fn show(&mut self, event: &Event) {
        // Whoever follows a sync knows that it was asked for.
        if !matches!(event, Event::Queued { .. })
            && let Some(line) = line(event)
            && line != self.last
        {
            tell(&line);
            self.last = line;
        }
    }
}

/// An event in words. None for the terminal ones: the command itself says how it ended.
pub fn line(event: &Event) -> Option<String> {
    match event {
        Event::Queued { branch, kind, trigger, .. } => {
            Some(format!("queued: {kind} of {} ({trigger})", clean(branch)))
        }
        Event::PhaseStarted { phase, attempt: 1 } => Some(format!("{phase}: started")),
        Event::PhaseStarted { phase, attempt } => Some(format!("{phase}: attempt {attempt}")),
        Event::PhaseProgress { phase, .. } => {
            PhaseProgress::of(event.clone()).map(|progress| format!("{phase}: {}", progress.line()))
        }
        Event::PhaseCompleted { phase, duration_ms } => {
            Some(format!("{phase}: done in {}", duration(*duration_ms)))
        }
        Event::Warning { message, .. } => Some(format!("warning: {}", clean(message))),
        Event::Interrupted { reason, retry_at, error } => {
            Some(interruption(*reason, *retry_at, error.as_ref()))
        }
        Event::Completed { .. } | Event::Failed { .. } | Event::Cancelled {} => None,
    }
}

/// Why a sync is begun again, and when.
pub fn interruption(
    reason: Interruption,
    retry_at: Option<DateTime<Utc>>,
    error: Option<&EventError>,
) -> String {
    let why = match reason {
        Interruption::Error => "interrupted",
        Interruption::WorkerLost => "its worker is gone",
        Interruption::HandedOver => "its worker stops",
    };
    let what = error.map(|error| format!(": {}", clean(&error.message))).unwrap_or_default();
    let when = retry_at.map_or_else(
        || "at the next worker".to_owned(),
        |at| format!("not before {}", at.format("%H:%M:%S UTC")),
    );
    format!("{why}{what}; it is begun again {when}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_read_as_lines() {
        let progress = Event::PhaseProgress {
            phase: "import".into(),
            done: 1_200,
            total: Some(9_000),
            unit: bus::Unit::Blobs,
            bytes: 2_500_000,
            requests: 1,
        };
        assert_eq!(line(&progress).unwrap(), "import: 1,200 of 9,000 blobs, 2.5 MB, 1 request");
        let warning = Event::Warning { phase: "scan".into(), code: "c".into(), message: "odd\x1b[0m".into() };
        assert_eq!(line(&warning).unwrap(), "warning: odd\\u{1b}[0m");
        assert_eq!(line(&Event::Cancelled {}), None);
    }
}
