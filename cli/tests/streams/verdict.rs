//! Whether the clients were told everything, once, in order, to the end.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    fmt,
    time::Duration,
};

use entities::SyncId;

use crate::{
    ledger::Ledger,
    record::{Finish, Heard, Parting, Record, Target, state_since},
};

/// What clients were told, against what was written.
#[derive(Default)]
pub(crate) struct Verdict {
    pub(crate) clients: usize,
    pub(crate) events: usize,
    pub(crate) snapshots: usize,
    pub(crate) resets: BTreeMap<String, usize>,
    pub(crate) connections: usize,
    pub(crate) partings: BTreeMap<Parting, usize>,
    pub(crate) finishes: BTreeMap<Finish, usize>,
    /// Events after a client's starting point that it never saw, or not before a later one.
    lost: usize,
    doubled: usize,
    disordered: usize,
    ends_missed: usize,
    /// Snapshots that nobody asked for, and resets without one.
    misplaced: usize,
    /// The time from each row to each client that was there by then.
    times: Vec<Duration>,
    /// The first things that went wrong.
    wrong: Vec<String>,
}

/// How many of the things that went wrong are shown.
const MAX_WRONG: usize = 20;

/// How much longer than usual something may take once: a machine that runs everything else, too, may stand still.
const STANDSTILL: Duration = Duration::from_secs(15);

impl fmt::Debug for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { clients, snapshots, resets, connections, partings, finishes, .. } = self;
        let shown = (clients, snapshots, resets, connections, partings, finishes);
        write!(f, "(clients, snapshots, resets, connections, partings, finishes): {shown:?}")
    }
}

impl Verdict {
    /// Judges, shows what came of it, and fails if anything is wrong.
    pub(crate) fn of(records: &[Record], ledger: &Ledger) -> Self {
        let mut verdict = Self { clients: records.len(), ..Self::default() };
        for record in records {
            verdict.judge(record, ledger);
        }
        verdict.times.sort_unstable();
        verdict.show();
        let Self { lost, doubled, disordered, ends_missed, misplaced, wrong, .. } = &verdict;
        assert_eq!([*lost, *doubled, *disordered, *ends_missed, *misplaced], [0; 5], "{}", wrong.join("\n"));
        assert!(!verdict.finishes.contains_key(&Finish::TooLong), "{:?}", verdict.finishes);
        verdict
    }

    fn show(&self) {
        let Self { clients, events, lost, doubled, disordered, ends_missed, misplaced, .. } = self;
        println!(
            "{clients} clients, {events} events: {lost} lost, {doubled} doubled, {disordered} out of order, \
             {ends_missed} ends missed, {misplaced} misplaced; {} snapshots, resets {:?}, {} connections ended {:?}; \
             clients {:?}; usually {:.2} s, slowest {:.2} s",
            self.snapshots,
            self.resets,
            self.connections,
            self.partings,
            self.finishes,
            self.usual().as_secs_f64(),
            self.slowest().as_secs_f64()
        );
    }

    /// How long it usually took from a row to a client: half of all times were shorter.
    fn usual(&self) -> Duration {
        self.times.get(self.times.len() / 2).copied().unwrap_or_default()
    }

    fn slowest(&self) -> Duration {
        self.times.last().copied().unwrap_or_default()
    }

    /// Fails unless clients were told within this time, but for moments at which the machine stood still.
    pub(crate) fn assert_told_within(&self, time: Duration) {
        let (usual, slowest) = (self.usual(), self.slowest());
        assert!(usual < time && slowest < time + STANDSTILL, "usually {usual:?}, slowest {slowest:?}");
    }

    fn judge(&mut self, record: &Record, ledger: &Ledger) {
        self.connections += record.visits.len();
        *self.finishes.entry(record.finish).or_default() += 1;
        for (parting, count) in record.partings() {
            *self.partings.entry(parting).or_default() += count;
        }
        let mut at = Standing::of(record);
        let mut is_reset = false;
        for (number, entry) in record.entries.iter().enumerate() {
            match &entry.heard {
                Heard::Reset(reason) => {
                    *self.resets.entry(reason.clone()).or_default() += 1;
                    is_reset = true;
                    continue;
                }
                Heard::Snapshot(syncs) => {
                    self.snapshots += 1;
                    let is_first = number == 0 && record.began_with.is_none();
                    if !is_first && !is_reset {
                        self.misplaced += 1;
                        self.note(record, format!("a snapshot that is not due: {entry:?}"));
                    }
                    at.stand(syncs);
                }
                Heard::Event { sync, seq, is_end } => {
                    self.events += 1;
                    if is_reset {
                        self.misplaced += 1;
                        self.note(record, format!("no snapshot after a reset but {entry:?}"));
                    }
                    self.step(record, &mut at, *sync, *seq, *is_end);
                    self.time(record, entry, ledger, *sync, *seq);
                }
            }
            is_reset = false;
        }
        self.judge_ends(record, &at, ledger);
    }

    fn step(&mut self, record: &Record, at: &mut Standing, sync: SyncId, seq: i64, is_end: bool) {
        let last = at.last.entry(sync).or_insert(0);
        let expected = *last + 1;
        if seq == expected {
            // As it should be.
        } else if seq > expected {
            self.lost += (seq - expected) as usize;
            self.note(record, format!("{seq} of {sync} after {last}"));
        } else if at.seen.contains(&(sync, seq)) {
            self.doubled += 1;
            self.note(record, format!("{seq} of {sync} twice, after {last}"));
        } else {
            self.disordered += 1;
            self.note(record, format!("{seq} of {sync} after {last}"));
        }
        *last = seq.max(*last);
        at.seen.insert((sync, seq));
        if is_end {
            at.ended.insert(sync);
        }
    }

    /// How long an event took to a client that was there when it was written.
    fn time(
        &mut self,
        record: &Record,
        entry: &crate::record::Entry,
        ledger: &Ledger,
        sync: SyncId,
        seq: i64,
    ) {
        let syncs = ledger.syncs();
        let written = syncs.get(&sync).and_then(|written| written.at.get(seq as usize - 1));
        let Some((written, visit)) = written.zip(record.visits.get(entry.connection)) else { return };
        if visit.began < *written {
            self.times.push(entry.at.saturating_duration_since(*written));
        }
    }

    fn judge_ends(&mut self, record: &Record, at: &Standing, ledger: &Ledger) {
        if record.finish == Finish::NotFound {
            return;
        }
        let since = state_since(&record.entries);
        for (sync, written) in &*ledger.syncs() {
            let total = written.at.len() as i64;
            let is_due = match record.target {
                Target::Sync(target) => target == *sync,
                // What ended before the client got the state is not in it.
                Target::Project(_) => {
                    at.last.contains_key(sync)
                        || since.is_none_or(|since| written.ends_at.is_none_or(|end| end > since))
                }
            };
            if !is_due {
                continue;
            }
            let last = at.last.get(sync).copied().unwrap_or(0);
            if last < total {
                self.lost += (total - last) as usize;
                self.note(record, format!("nothing of {sync} after {last} of {total}"));
            }
            if last < total || (!at.ended.contains(sync) && at.began < total) {
                self.ends_missed += 1;
                self.note(record, format!("the end of {sync}, at {last} of {total}"));
            }
        }
    }

    fn note(&mut self, record: &Record, what: String) {
        if self.wrong.len() < MAX_WRONG {
            let Record { number, visits, finish, .. } = record;
            self.wrong.push(format!("client {number} ({} visits, {finish:?}): {what}", visits.len()));
        }
    }
}

/// Where a client is.
struct Standing {
    last: HashMap<SyncId, i64>,
    seen: HashSet<(SyncId, i64)>,
    ended: HashSet<SyncId>,
    /// The event that a follower of a sync said it had seen when it came.
    began: i64,
}

impl Standing {
    fn of(record: &Record) -> Self {
        let began = record.began_with.as_deref().and_then(|id| id.parse().ok()).unwrap_or(0);
        let last = match record.target {
            Target::Sync(sync) => HashMap::from([(sync, began)]),
            Target::Project(_) => HashMap::new(),
        };
        Self { last, seen: HashSet::new(), ended: HashSet::new(), began }
    }

    /// What a state includes counts as seen; what is seen after it may have been seen before.
    fn stand(&mut self, syncs: &[(SyncId, i64)]) {
        self.last = syncs.iter().copied().collect();
        self.seen.clear();
        self.began = 0;
    }
}
