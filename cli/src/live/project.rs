//! How the syncs of a project are shown: a line for each event, or on a terminal a bar for each sync that runs.

use std::collections::HashMap;

use bus::{Event, ProgressEvent, SyncSnapshot};
use entities::SyncId;
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget};

use super::{Means, past, plain::line, terminal};
use crate::{
    args::Global,
    out::tell,
    render::{
        record::{PhaseProgress, short_id},
        text::{clean, cut},
    },
};

/// The most bars that are shown; of more syncs only the number is.
const MAX_BARS: usize = 10;

/// The most syncs whose branches are remembered. A service tells of 1,000 at a time.
const MAX_SYNCS: usize = 2_000;

/// The longest name of a branch that a line shows, in characters.
const BRANCH_CHARS: usize = 30;

/// How much of a commit's id is shown, in digits.
const COMMIT_DIGITS: usize = 10;

/// A bar before it is known how much there is.
const UNKNOWN_LENGTH: &str = "{prefix}  {spinner}  {wide_msg}";

/// A bar after that.
const KNOWN_LENGTH: &str = "{prefix}  {bar:20} {percent:>3} %  {wide_msg}";

/// Shows the syncs of a project to people.
pub struct ProjectView {
    area: Option<Area>,
    is_shown: bool,
    syncs: HashMap<SyncId, Shown>,
}

/// A sync that has not ended.
#[derive(Default)]
struct Shown {
    branch: String,
    /// What was said last: a phase that stands still is not said twice.
    last: String,
    is_running: bool,
    bar: Option<ProgressBar>,
}

/// The terminal.
struct Area {
    bars: MultiProgress,
    /// Says how many syncs have no bar.
    more: ProgressBar,
}

impl ProjectView {
    /// The view that fits the options and where the output goes.
    pub fn new(global: &Global) -> Self {
        let means = Means::of(global.output, global.quiet);
        let area = (means == Means::Terminal).then(|| {
            let bars = MultiProgress::with_draw_target(ProgressDrawTarget::stderr_with_hz(
                terminal::DRAWS_PER_SECOND,
            ));
            let more = bars.add(ProgressBar::no_length().with_style(terminal::style("{msg}")));
            Area { bars, more }
        });
        Self { area, is_shown: means != Means::None, syncs: HashMap::new() }
    }

    /// Tells what happens besides.
    pub fn note(&self, text: &str) {
        match &self.area {
            // Drawing fails only if the terminal is gone.
            Some(area) => drop(area.bars.println(clean(text))),
            None if self.is_shown => tell(text),
            None => {}
        }
    }

    /// Shows where all stand, in the place of what was shown before.
    pub fn join(&mut self, syncs: &[SyncSnapshot]) {
        self.clear();
        for snapshot in syncs {
            past::events(snapshot).iter().for_each(|event| self.show_of(snapshot.sync_id, event));
        }
        if syncs.is_empty() {
            self.note("no sync waits or runs");
        }
    }

    /// Shows an event.
    pub fn show(&mut self, event: &ProgressEvent) {
        self.show_of(event.sync_id, &event.event);
    }

    fn show_of(&mut self, id: SyncId, event: &Event) {
        if let Event::Queued { branch, .. } = event
            && self.syncs.len() < MAX_SYNCS
        {
            let branch = cut(&clean(branch), BRANCH_CHARS).into_owned();
            self.syncs.insert(id, Shown { branch, ..Shown::default() });
        }
        let ended = outcome(event);
        let text = ended.clone().or_else(|| line(event));
        let mut unknown = Shown::default();
        let shown = self.syncs.get_mut(&id).unwrap_or(&mut unknown);
        let is_news = text.as_ref().is_some_and(|text| *text != shown.last);
        // Where there are bars, they tell how far a sync is.
        let is_on_bar = self.area.is_some()
            && matches!(
                event,
                Event::PhaseStarted { .. } | Event::PhaseProgress { .. } | Event::PhaseCompleted { .. }
            );
        if let Some(text) = text.filter(|_| is_news) {
            let said = format!("{} {}: {text}", shown.branch, short_id(id));
            shown.last = text;
            if !is_on_bar {
                self.note(said.trim_start());
            }
        }
        if self.area.is_some() {
            self.move_bar(id, event);
        }
        if ended.is_some() {
            self.syncs.remove(&id);
        }
    }

    fn move_bar(&mut self, id: SyncId, event: &Event) {
        let Some(area) = &self.area else { return };
        let with_bars = self.syncs.values().filter(|shown| shown.bar.is_some()).count();
        let Some(shown) = self.syncs.get_mut(&id) else { return };
        match event {
            Event::PhaseStarted { .. } | Event::PhaseProgress { .. } => shown.is_running = true,
            Event::Interrupted { .. }
            | Event::Completed { .. }
            | Event::Failed { .. }
            | Event::Cancelled {} => {
                shown.is_running = false;
                if let Some(bar) = shown.bar.take() {
                    bar.finish_and_clear();
                    area.bars.remove(&bar);
                }
            }
            Event::Queued { .. } | Event::PhaseCompleted { .. } | Event::Warning { .. } => {}
        }
        if shown.is_running && shown.bar.is_none() && with_bars < MAX_BARS {
            let bar = ProgressBar::no_length()
                .with_style(terminal::style(UNKNOWN_LENGTH))
                .with_prefix(format!("{} {}", shown.branch, short_id(id)));
            let bar = area.bars.insert_before(&area.more, bar);
            bar.enable_steady_tick(terminal::TICK);
            shown.bar = Some(bar);
        }
        if let Some(bar) = &shown.bar {
            draw(bar, event);
        }
        let without = self.syncs.values().filter(|shown| shown.is_running && shown.bar.is_none()).count();
        area.more.set_message(if without > 0 { format!("… and {without} more") } else { String::new() });
    }

    fn clear(&mut self) {
        for (_, shown) in self.syncs.drain() {
            if let Some(bar) = shown.bar {
                bar.finish_and_clear();
            }
        }
        if let Some(area) = &self.area {
            area.more.set_message("");
        }
    }
}

impl Drop for ProjectView {
    fn drop(&mut self) {
        self.clear();
        if let Some(area) = &self.area {
            area.more.finish_and_clear();
            let _ = area.bars.clear();
        }
    }
}

fn draw(bar: &ProgressBar, event: &Event) {
    match event {
        Event::PhaseStarted { phase, .. } => {
            bar.set_style(terminal::style(UNKNOWN_LENGTH));
            bar.set_message(clean(phase).into_owned());
        }
        Event::PhaseProgress { phase, done, total, .. } => {
            if let Some(total) = total {
                bar.set_style(terminal::style(KNOWN_LENGTH).progress_chars("━╸─"));
                bar.set_length(*total);
            }
            bar.set_position(*done);
            let far = PhaseProgress::of(event.clone()).map(|progress| progress.line()).unwrap_or_default();
            bar.set_message(format!("{}: {far}", clean(phase)));
        }
        _ => {}
    }
}

/// How a sync ended, in words. None for events on the way.
pub fn outcome(event: &Event) -> Option<String> {
    match event {
        Event::Completed { number, commit, counts } => {
            let commit: String = clean(commit).chars().take(COMMIT_DIGITS).collect();
            let changed = crate::render::record::file_counts(counts);
            Some(format!("completed: #{number}, commit {commit}, files: {changed}"))
        }
        Event::Failed { error } => Some(format!("failed: {}", clean(&error.message))),
        Event::Cancelled {} => Some("cancelled".to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use entities::SyncCounts;

    use super::*;

    #[test]
    fn endings_read_as_lines() {
        let counts = SyncCounts { added: 3, ..SyncCounts::default() };
        let completed = Event::Completed { number: 2, commit: "4b825dc642cb6eb9a060".into(), counts };
        assert_eq!(outcome(&completed).unwrap(), "completed: #2, commit 4b825dc642, files: 3 added");
        let error = bus::EventError { code: "c".into(), message: "odd\x1b[0m".into() };
        assert_eq!(outcome(&Event::Failed { error }).unwrap(), "failed: odd\\u{1b}[0m");
        assert_eq!(outcome(&Event::PhaseStarted { phase: "scan".into(), attempt: 1 }), None);
    }
}
