//! Random histories with retention in between: what is kept is as it was, to the byte, and the rest is gone.

use std::collections::BTreeMap;

use chrono::Utc;
use entities::{
    ProjectSync,
    gc::{self, Order, Retention},
    temporal::{Forgotten, StateAt, StateError},
};
use proptest::{
    prelude::*,
    test_runner::{Config, TestCaseError, TestRunner},
};
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use testkit::{
    database::TestDatabase,
    repo::{CommitOnBranch, History, TestRepo},
};

use crate::scene::{Scene, local};

/// How many histories each database is tried with.
const CASES: u32 = 12;

/// The most steps of a history.
const STEPS: usize = 12;

/// What is done after a step.
#[derive(Debug, Clone)]
enum After {
    Nothing,
    /// Only so many syncs of each branch are kept.
    Collect(u64),
    /// The step's branch goes back to one of the syncs that are kept, by this number modulo how many there are.
    Restore(usize),
}

#[derive(Debug, Clone)]
struct Plan {
    history: History,
    after: Vec<After>,
}

fn plan() -> impl Strategy<Value = Plan> {
    let after = prop_oneof![
        2 => Just(After::Nothing),
        2 => (1..5_u64).prop_map(After::Collect),
        1 => (0..1_000_usize).prop_map(After::Restore),
    ];
    (History::strategy(STEPS), proptest::collection::vec(after, STEPS))
        .prop_map(|(history, after)| Plan { history, after })
}

#[test]
fn what_is_kept_is_as_it_was_on_sqlite() {
    check(TestDatabase::sqlite);
}

#[test]
fn what_is_kept_is_as_it_was_on_postgres() {
    check(TestDatabase::postgres);
}

fn check<F: Future<Output = TestDatabase>>(database: impl Fn() -> F) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(CASES);
    let mut runner = TestRunner::new(Config { cases, max_shrink_iters: 200, ..Config::default() });
    let result = runner.run(&plan(), |plan| {
        runtime.block_on(async { Play::new(database().await).await.all(&plan).await });
        Ok::<_, TestCaseError>(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}

/// A file's mode, its blob and its content.
type KeptFile = (String, String, Option<Vec<u8>>);

/// A state as it was when its sync had just ended.
#[derive(PartialEq, Eq, Debug, Clone)]
pub struct Seen {
    /// Mode, object and bytes of each file.
    files: BTreeMap<Vec<u8>, KeptFile>,
    /// Key, title and text of each entry of memory.
    memory: Vec<(String, String, String)>,
}

impl Seen {
    pub async fn of(scene: &Scene, state: StateAt) -> Self {
        let mut files = BTreeMap::new();
        for file in scene.files(state).await {
            let content = match file.blob_id {
                Some(blob) => {
                    let mut found = entities::blobs::contents(&scene.db, &[blob]).await.unwrap();
                    Some(found.pop().expect("the content of a kept file is there").content)
                }
                None => None,
            };
            let object = file.blob_id.or(file.submodule_id).unwrap().to_string();
            files.insert(file.path, (file.mode.to_string(), object, content));
        }
        let memory = scene.memory(state).await;
        let mut memory: Vec<_> =
            memory.into_iter().map(|entry| (entry.entry_key, entry.title, entry.body)).collect();
        memory.sort();
        Self { files, memory }
    }
}

/// A completed sync, the commit that it shows, and what was seen of it.
type Done = (ProjectSync, String, Seen);

struct Play {
    scene: Scene,
    repo: TestRepo,
    /// By branch; the first is the sync with number 1.
    done: BTreeMap<String, Vec<Done>>,
    /// The number of the first sync that is kept, by branch.
    kept_from: BTreeMap<String, i64>,
}

impl Play {
    async fn new(database: TestDatabase) -> Self {
        let (done, kept_from) = (BTreeMap::new(), BTreeMap::new());
        Self { scene: Scene::new(database).await, repo: TestRepo::bare(), done, kept_from }
    }

    async fn all(mut self, plan: &Plan) {
        let steps = plan.history.apply(&self.repo);
        for (CommitOnBranch { branch, commit }, after) in steps.iter().zip(&plan.after) {
            self.repo.force(branch, commit);
            let sync = self.scene.sync(&local(&self.repo), Some(branch)).await;
            self.note(branch, sync, commit).await;
            match after {
                After::Nothing => {}
                After::Collect(keep) => self.collect(*keep).await,
                After::Restore(wish) => self.restore(branch, *wish).await,
            }
        }
        self.collect(2).await;
        // And after all that the branches are synced as ever.
        for (branch, commit) in
            self.done.iter().map(|(name, syncs)| (name.clone(), syncs[0].1.clone())).collect::<Vec<_>>()
        {
            self.repo.force(&branch, &commit);
            let sync = self.scene.sync(&local(&self.repo), Some(&branch)).await;
            self.note(&branch, sync, &commit).await;
        }
        self.collect(1).await;
    }

    async fn note(&mut self, branch: &str, sync: ProjectSync, commit: &str) {
        self.scene.assert_is(&sync, &self.repo, commit).await;
        let state = StateAt::after(&self.scene.db, &sync).await.unwrap();
        let seen = Seen::of(&self.scene, state).await;
        give_vectors(&self.scene).await;
        self.done.entry(branch.to_owned()).or_default().push((sync, commit.to_owned(), seen));
    }

    fn kept_from(&self, branch: &str) -> i64 {
        self.kept_from.get(branch).copied().unwrap_or(1)
    }

    async fn restore(&mut self, branch: &str, wish: usize) {
        let kept_from = self.kept_from(branch);
        let syncs = &self.done[branch];
        let kept = &syncs[kept_from as usize - 1..];
        let (wanted, commit, seen) = kept[wish % kept.len()].clone();
        let row = self.scene.branch(&wanted).await;
        let restored = self.scene.restore(&row, wanted.seq.unwrap()).await;
        self.note(branch, restored, &commit).await;
        assert_eq!(self.done[branch].last().unwrap().2, seen, "it is as it was");
        if kept_from > 1 {
            let (sync, error) = self.scene.run(&self.scene.ask(&row, false, Some(1)).await, None).await;
            assert_eq!(sync.error_code.as_deref(), Some("sync-forgotten"), "{error:?}");
        }
    }

    /// Forgets and removes, and looks at everything.
    async fn collect(&mut self, keep: u64) {
        let retention = Retention { keep_syncs: keep, keep_days: 0 };
        let order = Order { retention, ..Order::default() };
        let plan = gc::plan(&self.scene.db, &order, Utc::now()).await.unwrap();
        assert_eq!(gc::forget(&self.scene.db, &order, Utc::now()).await.unwrap(), plan.forgotten());
        let removed = gc::remove(&self.scene.db, &order, Utc::now()).await.unwrap();
        assert_eq!(
            (removed.rows, Some(removed.contents), removed.syncs),
            (plan.rows, plan.contents, plan.syncs),
            "what was planned is what is done"
        );
        for (branch, syncs) in &self.done {
            let head = syncs.len() as i64;
            let kept_from = self.kept_from(branch).max(head - keep as i64 + 1);
            self.kept_from.insert(branch.clone(), kept_from);
            self.look_at(branch, kept_from).await;
        }
        assert_nothing_is_left_over(&self.scene).await;
        assert_each_text_has_its_vector(&self.scene).await;
        let again = gc::remove(&self.scene.db, &order, Utc::now()).await.unwrap();
        assert_eq!(again, gc::Removed::default(), "nothing is left to do");
    }

    /// What is kept proves itself and is as it was; what is not is refused.
    async fn look_at(&self, branch: &str, kept_from: i64) {
        let mut kept = Vec::new();
        for (sync, commit, seen) in &self.done[branch] {
            let seq = sync.seq.unwrap();
            let state = StateAt::after(&self.scene.db, sync).await;
            if seq >= kept_from {
                self.scene.assert_is(sync, &self.repo, commit).await;
                assert_eq!(&Seen::of(&self.scene, state.unwrap()).await, seen, "{branch} #{seq}");
                kept.push((state_of(&self.scene, sync).await, seen));
            } else {
                let Err(StateError::Forgotten(error)) = state else { panic!("{branch} #{seq}: {state:?}") };
                assert_eq!(error, Forgotten { seq, kept_from });
            }
            let before = StateAt::before(&self.scene.db, sync).await;
            assert_eq!(before.is_ok(), seq == 1 || seq > kept_from, "before {branch} #{seq}");
        }
        let (head, _) = kept.last().unwrap();
        assert!(head.back_to(kept_from).unwrap().is_some());
        assert_eq!(head.back_to(kept_from - 1).is_err(), kept_from > 1);
        for (one, other) in kept.iter().flat_map(|one| kept.iter().map(move |other| (one, other))) {
            let changes = one.0.changes_to(&self.scene.db, &other.0).await.unwrap();
            let differ = one.1.files.keys().chain(other.1.files.keys());
            let differ = differ.filter(|path| entry(one.1, path) != entry(other.1, path));
            let renamed = changes.iter().filter_map(|change| match &change.kind {
                entities::temporal::ChangeKind::Renamed { from } => Some(from.clone()),
                _ => None,
            });
            let mut told: Vec<_> = changes.iter().map(|change| change.path.clone()).chain(renamed).collect();
            told.sort();
            told.dedup();
            let mut differ: Vec<_> = differ.cloned().collect();
            differ.sort();
            differ.dedup();
            assert_eq!(told, differ, "what differs between kept states is what is told");
        }
    }
}

fn entry<'a>(seen: &'a Seen, path: &Vec<u8>) -> Option<(&'a String, &'a String)> {
    seen.files.get(path).map(|(mode, object, _)| (mode, object))
}

async fn state_of(scene: &Scene, sync: &ProjectSync) -> StateAt {
    StateAt::after(&scene.db, sync).await.unwrap()
}

/// Gives each text a vector, those that have none.
async fn give_vectors(scene: &Scene) {
    let connection = scene.database.connection();
    let vector = match connection.get_database_backend() {
        DbBackend::Sqlite => "x'00000000'",
        _ => "'\\x00000000'::bytea",
    };
    let sql = format!(
        "INSERT INTO embeddings (tenant_id, content_hash, model, dimensions, vector, created_at) \
         SELECT c.tenant_id, c.hash, 'm', 1, {vector}, '2026-01-01T00:00:00+00:00' FROM memory_contents c \
         WHERE NOT EXISTS (SELECT 1 FROM embeddings e WHERE e.tenant_id = c.tenant_id AND e.content_hash = c.hash)"
    );
    connection.execute_unprepared(&sql).await.unwrap();
}

/// Every content is shown, and each row by a kept state.
pub async fn assert_nothing_is_left_over(scene: &Scene) {
    let ended = "SELECT count(*) AS n FROM (\
        SELECT branch_id, valid_to FROM repository_files UNION ALL \
        SELECT branch_id, valid_to FROM repository_trees UNION ALL \
        SELECT branch_id, valid_to FROM memory_entries) t \
        JOIN branches b ON b.id = t.branch_id WHERE t.valid_to <= b.kept_from";
    assert_none(scene, ended).await;
    for (content, id, of) in [
        ("file_blobs", "id", "SELECT blob_id FROM repository_files WHERE blob_id IS NOT NULL"),
        ("blob_contents", "blob_id", "SELECT id FROM file_blobs"),
        ("memory_contents", "hash", "SELECT content_hash FROM memory_entries"),
        ("embeddings", "content_hash", "SELECT hash FROM memory_contents"),
    ] {
        assert_none(scene, &format!("SELECT count(*) AS n FROM {content} WHERE {id} NOT IN ({of})")).await;
    }
}

/// No text has lost its vector.
async fn assert_each_text_has_its_vector(scene: &Scene) {
    let sql =
        "SELECT count(*) AS n FROM memory_contents WHERE hash NOT IN (SELECT content_hash FROM embeddings)";
    assert_none(scene, sql).await;
}

async fn assert_none(scene: &Scene, sql: &str) {
    assert_eq!(count(scene, sql).await, 0, "{sql}");
}

/// What a query counts as `n`.
pub async fn count(scene: &Scene, sql: &str) -> i64 {
    let connection = scene.database.connection();
    let statement = Statement::from_string(connection.get_database_backend(), sql);
    connection.query_one_raw(statement).await.unwrap().unwrap().try_get("", "n").unwrap()
}
