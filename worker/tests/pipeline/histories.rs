//! Random histories: whatever happens to a repository, the rows are what git lists.

use std::collections::HashMap;

use entities::temporal::StateAt;
use proptest::{
    prelude::*,
    test_runner::{Config, TestCaseError, TestRunner},
};
use testkit::{
    database::TestDatabase,
    repo::{CommitOnBranch, History, TestRepo},
};

use crate::scene::{Scene, local};

/// How many histories each database is tried with.
const CASES: u32 = 12;

/// The most steps of a history.
const STEPS: usize = 14;

#[derive(Debug, Clone)]
struct Plan {
    history: History,
    /// Which commits are synced: the others are skipped, as if several were pushed at once.
    synced: Vec<bool>,
    /// Where to restore to at the end, taken modulo the number of syncs.
    restored: Vec<usize>,
}

fn plan() -> impl Strategy<Value = Plan> {
    (
        History::strategy(STEPS),
        proptest::collection::vec(proptest::bool::weighted(0.7), STEPS),
        proptest::collection::vec(0..1_000_usize, 1..4),
    )
        .prop_map(|(history, synced, restored)| Plan { history, synced, restored })
}

#[test]
fn rows_are_what_git_lists_on_sqlite() {
    check(TestDatabase::sqlite);
}

#[test]
fn rows_are_what_git_lists_on_postgres() {
    check(TestDatabase::postgres);
}

fn check<F: Future<Output = TestDatabase>>(database: impl Fn() -> F) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(CASES);
    let mut runner = TestRunner::new(Config { cases, max_shrink_iters: 200, ..Config::default() });
    let result = runner.run(&plan(), |plan| {
        runtime.block_on(async { play(Scene::new(database().await).await, &plan).await });
        Ok::<_, TestCaseError>(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}

/// Syncs commit by commit, then restores, and compares every state with git's own listing, also in hindsight.
async fn play(scene: Scene, plan: &Plan) {
    let repo = TestRepo::bare();
    let steps = plan.history.apply(&repo);
    let mut done: HashMap<String, Vec<(entities::ProjectSync, String)>> = HashMap::new();
    let skipped = |index: usize| !plan.synced.get(index).copied().unwrap_or(true);
    for (index, CommitOnBranch { branch, commit }) in steps.iter().enumerate() {
        if skipped(index) {
            continue;
        }
        repo.force(branch, commit);
        let sync = scene.sync(&local(&repo), Some(branch)).await;
        scene.assert_is(&sync, &repo, commit).await;
        done.entry(branch.clone()).or_default().push((sync, commit.clone()));
    }
    for syncs in done.values_mut() {
        let mut texts = HashMap::new();
        for (sync, _) in syncs.iter() {
            texts.insert(sync.seq, texts_at(&scene, sync).await);
        }
        for wish in &plan.restored {
            let (wanted, commit) = syncs[wish % syncs.len()].clone();
            let branch = scene.branch(&wanted).await;
            let restored = scene.restore(&branch, wanted.seq.unwrap()).await;
            scene.assert_is(&restored, &repo, &commit).await;
            let said = texts_at(&scene, &restored).await;
            assert_eq!(said, texts[&wanted.seq], "the memory is as it was");
            texts.insert(restored.seq, said);
            syncs.push((restored, commit));
        }
        for (sync, commit) in syncs.iter() {
            scene.assert_is(sync, &repo, commit).await;
            assert_eq!(texts_at(&scene, sync).await, texts[&sync.seq], "hindsight changes nothing");
        }
        let chain: Vec<_> = syncs.iter().map(|(sync, _)| (sync.seq, sync.previous_sync_id)).collect();
        let expected: Vec<_> = (0..syncs.len())
            .map(|index| (Some(index as i64 + 1), index.checked_sub(1).map(|before| syncs[before].0.id)))
            .collect();
        assert_eq!(chain, expected, "one root and one chain");
    }
}

/// The memory after a sync: keys and texts, sorted. Derived from nothing but the files, so that memory built up step by
/// step must equal memory made at once.
async fn texts_at(scene: &Scene, sync: &entities::ProjectSync) -> Vec<(String, String)> {
    let state = StateAt::after(&scene.db, sync).await.unwrap();
    let mut found: Vec<_> =
        scene.memory(state).await.into_iter().map(|entry| (entry.entry_key, entry.body)).collect();
    found.sort();
    let mut expected = Vec::new();
    for file in scene.files(state).await {
        let Some(kind) = scene.runner.rules.kind_of(&file.path) else { continue };
        let Some(blob) = file.blob_id.filter(|_| file.mode.0 & 0o170_000 == 0o100_000) else { continue };
        let content = entities::blobs::contents(&scene.db, &[blob]).await.unwrap();
        let derived = scene.runner.rules.derive(&file.path, kind, &content[0].content);
        expected.extend(derived.entries.into_iter().map(|entry| (entry.key, entry.body)));
    }
    expected.sort();
    assert_eq!(found, expected, "memory is what the files say");
    found
}
