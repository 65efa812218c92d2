//! What must hold whatever happened: looked over in the rows, past the service.

use std::collections::HashSet;

use entities::{
    Branch, ProjectSync, SyncEvent, SyncStatus, TenantDb, now_of, projects, syncs,
    temporal::{MemoryFilter, StateAt},
};

use crate::stage::{LEASE_SECONDS, RESCUE_SECONDS};

/// More syncs than any test makes on one branch, and more events than any sync has.
const ALL: u64 = 1_000_000;

/// How long a sync may wait or be late beyond what the settings say: processes are slow on a busy machine.
const GRACE_SECONDS: u64 = 3;

/// What was looked over.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sound {
    /// All syncs.
    pub(crate) syncs: Vec<ProjectSync>,
    /// How many of them completed; the proof of each holds.
    pub(crate) completed: usize,
    /// How often a sync was given back because its worker was lost.
    pub(crate) lost: usize,
    /// How often a sync was given back because of an error.
    pub(crate) errors: usize,
    /// How often a sync was handed over in order.
    pub(crate) handed_over: usize,
    /// Files that were proved, over all syncs.
    pub(crate) files: u64,
}

impl Sound {
    /// In one line.
    pub(crate) fn summary(&self) -> String {
        let Self { completed, lost, errors, handed_over, files, .. } = self;
        let attempts: i32 = self.syncs.iter().map(|sync| sync.attempts).sum();
        format!(
            "{} syncs, {completed} completed, {attempts} attempts, {lost} workers lost, {errors} errors, \
             {handed_over} handed over, {files} files proved",
            self.syncs.len()
        )
    }
}

/// Looks over everything: chains are linear, the proof of every completed sync holds, events are numbered without a hole
/// and end once, nothing is there twice, and nothing is stuck.
pub(crate) async fn assert_sound(db: &TenantDb) -> Sound {
    let mut sound = Sound::default();
    for project in projects::list(db).await.unwrap() {
        let id = project.id.to_string();
        let project = projects::find(db, &id).await.unwrap().unwrap();
        for branch in projects::branches(db, &project.repository).await.unwrap() {
            look_over_branch(db, &branch, &mut sound).await;
        }
    }
    println!("sound: {}", sound.summary());
    sound
}

async fn look_over_branch(db: &TenantDb, branch: &Branch, sound: &mut Sound) {
    let history = syncs::history(db, &[branch.id], ALL).await.unwrap();
    for sync in &history {
        look_over_events(db, sync, sound).await;
        assert_not_stuck(db, sync).await;
    }
    let mut chain: Vec<&ProjectSync> =
        history.iter().filter(|sync| sync.status == SyncStatus::Completed).collect();
    chain.sort_by_key(|sync| sync.seq);
    let mut previous = None;
    for (number, sync) in (1..).zip(&chain) {
        assert_eq!((sync.seq, sync.previous_sync_id), (Some(number), previous), "a link: {sync:#?}");
        prove(db, sync, sound).await;
        previous = Some(sync.id);
    }
    assert_eq!(
        (branch.head_seq, branch.head_sync_id),
        (chain.len() as i64, previous),
        "the head of {branch:?}"
    );
    assert_nothing_is_there_twice(db, StateAt::head(branch)).await;
    sound.completed += chain.len();
    sound.syncs.extend(history);
}

async fn prove(db: &TenantDb, sync: &ProjectSync, sound: &mut Sound) {
    let state = StateAt::after(db, sync).await.unwrap();
    let verified = worker::proof::verify(db, state, sync.tree_id.unwrap()).await;
    let verified = verified.unwrap_or_else(|error| panic!("{error}: {sync:#?}"));
    sound.files += verified.files;
}

/// The rows of a state, compared with themselves. The proof of a state would find a file that is there twice, but memory
/// has no proof.
async fn assert_nothing_is_there_twice(db: &TenantDb, state: StateAt) {
    let mut seen = HashSet::new();
    for file in state.all_files(&db.begin().await.unwrap()).await.unwrap() {
        assert!(seen.insert(file.path.clone()), "{} is there twice", file.path.escape_ascii());
    }
    let mut seen = HashSet::new();
    for entry in state.memory(db, &MemoryFilter::default()).await.unwrap() {
        assert!(seen.insert(entry.entry_key.clone()), "{} is there twice", entry.entry_key);
    }
}

async fn look_over_events(db: &TenantDb, sync: &ProjectSync, sound: &mut Sound) {
    let events = syncs::events(db, sync.id, 0, ALL).await.unwrap();
    let numbers: Vec<i64> = events.iter().map(|event| event.seq).collect();
    let without_a_hole: Vec<i64> = (1..=events.len() as i64).collect();
    assert_eq!(numbers, without_a_hole, "the events of {sync:#?}");
    let kind = |event: &SyncEvent| event.payload["type"].as_str().unwrap_or_default().to_owned();
    let endings: Vec<String> = events
        .iter()
        .map(kind)
        .filter(|kind| matches!(kind.as_str(), "completed" | "failed" | "cancelled"))
        .collect();
    if sync.status.is_terminal() {
        assert_eq!(endings, [sync.status.as_str()], "the endings of {sync:#?}");
        assert_eq!(events.last().map(kind).as_deref(), Some(sync.status.as_str()), "{sync:#?}");
    } else {
        assert_eq!(endings, [] as [String; 0], "the endings of {sync:#?}");
    }
    for event in events.iter().filter(|event| kind(event) == "interrupted") {
        match event.payload["reason"].as_str() {
            Some("workerLost") => sound.lost += 1,
            Some("handedOver") => sound.handed_over += 1,
            Some("error") => sound.errors += 1,
            _ => panic!("an interruption without a reason: {event:?}"),
        }
    }
}

/// Nothing runs under a lease that is over, and nothing that may begin waits for longer than a rescue: there are idle
/// workers whenever we look.
async fn assert_not_stuck(db: &TenantDb, sync: &ProjectSync) {
    let now = now_of(&db.database()).await.unwrap();
    let late = |since: chrono::DateTime<chrono::Utc>, seconds: u64| {
        now - since > chrono::TimeDelta::seconds((seconds + GRACE_SECONDS) as i64)
    };
    match sync.status {
        SyncStatus::Running => {
            let until = sync.lease_until.unwrap_or_else(|| panic!("running without a lease: {sync:#?}"));
            assert!(!late(until, RESCUE_SECONDS), "its lease is over: {sync:#?}");
        }
        SyncStatus::Pending => {
            let since = sync.run_after.unwrap_or(sync.created_at);
            assert!(!late(since, LEASE_SECONDS + RESCUE_SECONDS), "it waits for nothing: {sync:#?}");
        }
        SyncStatus::Completed | SyncStatus::Failed | SyncStatus::Cancelled => {
            assert_eq!(sync.lease_until, None, "a lease on what has ended: {sync:#?}");
            assert!(sync.finished_at.is_some(), "{sync:#?}");
        }
    }
}
