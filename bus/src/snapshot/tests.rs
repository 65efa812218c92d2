use entities::{BranchId, Priority, TenantId};
use proptest::prelude::*;
use uuid::Uuid;

use super::*;

fn at(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_767_323_045 + second, 0).unwrap()
}

fn row(kind: SyncKind) -> ProjectSync {
    let id = "0190d3f0-0000-7000-8000-000000000001".parse::<Uuid>().unwrap();
    ProjectSync {
        id: SyncId(id),
        tenant_id: TenantId(id),
        branch_id: BranchId(id),
        project_id: ProjectId(id),
        ordinal: 7,
        kind,
        trigger: SyncTrigger::Webhook,
        forced: false,
        restore_seq: (kind == SyncKind::Restore).then_some(2),
        status: SyncStatus::Running,
        seq: None,
        previous_sync_id: None,
        commit_id: None,
        tree_id: None,
        committed_at: None,
        commit_summary: None,
        rules_digest: None,
        worker: None,
        lease_until: None,
        fencing_token: 1,
        cancel_requested: false,
        phase: None,
        phases: serde_json::json!([]),
        files_added: 0,
        files_modified: 0,
        files_deleted: 0,
        files_renamed: 0,
        files_unchanged: 0,
        entries_created: 0,
        entries_superseded: 0,
        blobs_fetched: 0,
        bytes_fetched: 0,
        requests_made: 0,
        warnings: 0,
        error_code: None,
        error_message: None,
        priority: Priority::Push,
        run_after: None,
        attempts: 1,
        trace_parent: None,
        created_at: at(0),
        started_at: None,
        finished_at: None,
    }
}

/// Numbered as a sync would.
fn numbered(events: Vec<Event>) -> Vec<ProgressEvent> {
    let sync_id = row(SyncKind::Sync).id;
    events
        .into_iter()
        .zip(1..)
        .map(|(event, seq)| ProgressEvent { sync_id, seq, at: at(seq), event })
        .collect()
}

fn queued() -> Event {
    ProgressEvent::queued(&row(SyncKind::Sync), "main").event
}

fn started(phase: &str, attempt: u32) -> Event {
    Event::PhaseStarted { phase: phase.into(), attempt }
}

fn progress(phase: &str, done: u64, total: Option<u64>) -> Event {
    Event::PhaseProgress {
        phase: phase.into(),
        done,
        total,
        unit: Unit::Files,
        bytes: done * 10,
        requests: done,
    }
}

fn completed(phase: &str) -> Event {
    Event::PhaseCompleted { phase: phase.into(), duration_ms: 12 }
}

fn warning(number: u64) -> Event {
    Event::Warning { phase: "scan".into(), code: "odd".into(), message: format!("warning {number}") }
}

fn error() -> EventError {
    EventError { code: "unreachable".into(), message: "cannot reach host".into() }
}

/// What a sync may tell, and more: any order of it.
fn events() -> impl Strategy<Value = Vec<ProgressEvent>> {
    let phase = || prop::sample::select(vec!["prepare", "scan", "import", "finalize", "newer"]);
    let counts = SyncCounts { bytes_fetched: 5, requests: 6, warnings: 7, ..SyncCounts::default() };
    let event = prop_oneof![
        1 => Just(queued()),
        4 => (phase(), 1_u32..3).prop_map(|(phase, attempt)| started(phase, attempt)),
        8 => (phase(), 0_u64..99, prop::option::of(0_u64..99))
            .prop_map(|(phase, done, total)| progress(phase, done, total)),
        3 => phase().prop_map(completed),
        3 => (0_u64..99).prop_map(warning),
        1 => prop::option::of(Just(error()))
            .prop_map(|error| Event::Interrupted { reason: Interruption::Error, retry_at: None, error }),
        1 => Just(Event::Completed { number: 1, commit: "4b825dc".into(), counts }),
        1 => Just(Event::Failed { error: error() }),
        1 => Just(Event::Cancelled {}),
    ];
    prop::collection::vec(event, 0..60).prop_map(numbered)
}

/// As `entities::syncs::milestones` chooses.
fn milestones(events: &[ProgressEvent]) -> Vec<&ProgressEvent> {
    let phase = |event: &ProgressEvent| match &event.event {
        Event::PhaseProgress { phase, .. } => Some(phase.clone()),
        _ => None,
    };
    let is_last = |index: usize, name: String| {
        events[index + 1..].iter().all(|later| phase(later).is_none_or(|later| later != name))
    };
    let chosen = |index: usize| phase(&events[index]).is_none_or(|name| is_last(index, name));
    (0..events.len()).filter(|index| chosen(*index)).map(|index| &events[index]).collect()
}

proptest! {
    #[test]
    fn a_snapshot_and_what_follows_are_the_whole(events in events()) {
        let row = row(SyncKind::Sync);
        let whole = SyncSnapshot::of(&row, "main", &events);
        prop_assert_eq!(whole.seq, events.len() as i64);
        for cut in 0..=events.len() {
            let mut snapshot = SyncSnapshot::of(&row, "main", &events[..cut]);
            // With some that it includes already.
            for event in &events[cut.saturating_sub(3)..] {
                snapshot.apply(event);
            }
            prop_assert_eq!(&snapshot, &whole);
        }
    }

    #[test]
    fn milestones_are_enough(events in events()) {
        let row = row(SyncKind::Sync);
        for cut in 0..=events.len() {
            let all = SyncSnapshot::of(&row, "main", &events[..cut]);
            prop_assert_eq!(SyncSnapshot::of(&row, "main", milestones(&events[..cut])), all);
        }
    }

    #[test]
    fn the_json_is_read_back(events in events()) {
        let snapshot = SyncSnapshot::of(&row(SyncKind::Restore), "main", &events);
        let json = serde_json::to_string(&snapshot).unwrap();
        prop_assert_eq!(serde_json::from_str::<SyncSnapshot>(&json).unwrap(), snapshot);
    }
}

/// What clients read: changing any of it breaks them.
#[test]
fn the_json_is_stable() {
    let mut events = vec![queued(), started("prepare", 1), completed("prepare"), started("scan", 1)];
    events.extend([progress("scan", 3, None), warning(1)]);
    let running = events.clone();
    let retry_at = Some(at(60));
    events.push(Event::Interrupted { reason: Interruption::Error, retry_at, error: Some(error()) });
    let waiting = events.clone();
    events.extend([started("prepare", 1), completed("prepare"), started("scan", 1), completed("scan")]);
    events.extend([started("import", 1), progress("import", 4, Some(9))]);
    let failed = [events.clone(), vec![Event::Failed { error: error() }]].concat();
    events.extend([completed("import"), started("finalize", 1), completed("finalize")]);
    let counts = SyncCounts { added: 9, bytes_fetched: 90, requests: 2, warnings: 1, ..Default::default() };
    let done = [events, vec![Event::Completed { number: 3, commit: "4b825dc".into(), counts }]].concat();
    let row = row(SyncKind::Sync);
    let asked = SyncSnapshot::of(&row, "main", []);
    let mut shown = vec![asked];
    for events in [running, waiting, failed, done] {
        shown.push(SyncSnapshot::of(&row, "main", &numbered(events)));
    }
    insta::assert_json_snapshot!(shown);
}

/// After an error the runner may go back to an earlier phase; what comes after that is done anew.
#[test]
fn going_back_is_no_new_beginning() {
    let mut events = vec![queued(), started("prepare", 1), completed("prepare"), started("scan", 1)];
    events.extend([progress("scan", 3, None), started("prepare", 2)]);
    let snapshot = SyncSnapshot::of(&row(SyncKind::Sync), "main", &numbered(events));
    let shown: Vec<_> =
        snapshot.phases.iter().map(|phase| (phase.status, phase.attempt, phase.done)).collect();
    let to_come = (PhaseStatus::ToCome, 0, None);
    assert_eq!(shown, [(PhaseStatus::Running, 2, None), to_come, to_come, to_come]);
    assert_eq!((snapshot.attempts, snapshot.started_at), (1, Some(at(2))));
}

#[test]
fn the_last_warnings_are_shown() {
    let events = numbered((0..25).map(warning).collect());
    let snapshot = SyncSnapshot::of(&row(SyncKind::Sync), "main", &events);
    let last: Vec<_> = snapshot.recent_warnings.iter().map(|warning| warning.message.clone()).collect();
    assert_eq!(last, (15..25).map(|number| format!("warning {number}")).collect::<Vec<_>>());
    assert_eq!(snapshot.warnings, 25);
}
