//! Commits that mean harm, and secrets that must not show.

use std::{
    collections::BTreeSet,
    fmt::{Debug, Write as _},
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use bus::SyncJob;
use chrono::Utc;
use entities::{
    Secret, SourceSpec, SyncStatus,
    credentials::{self, Credential},
    keys::{KeyRing, KeyStore},
    projects,
    temporal::StateAt,
};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement};
use source::settings::CredentialKeys;
use testkit::{
    git_http::GitHttp,
    github::{Access, AppKey, Fault, GitHubServer, RepositoryOptions},
    on_each_database,
    repo::TestRepo,
};
use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};
use worker::{error::SyncError, settings::WorkerSettings};

use crate::scene::{Scene, local, remote, settings};

const FILE: u32 = 0o100_644;
const FOLDER: u32 = 0o040_000;

/// Makes a commit of a tree the head of `main`.
fn commit_tree(repo: &TestRepo, tree: &str) -> String {
    let commit = repo.text(&["commit-tree", "-m", "1", tree]);
    repo.force("main", &commit);
    commit
}

/// Every path below a folder.
fn paths_below(folder: &Path) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    let mut waiting = vec![folder.to_owned()];
    while let Some(folder) = waiting.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.is_symlink() {
                waiting.push(path.clone());
            }
            found.insert(path);
        }
    }
    found
}

on_each_database! {
    /// Names that would lead out of a folder, or mean something to a system, are names and nothing more.
    async fn paths_never_touch_the_file_system(database: TestDatabase) {
        let repo = TestRepo::bare();
        let blob = repo.write_blob(b"evil\n");
        let inner = repo.write_tree(&[(FILE, b"passwd", &blob), (FILE, b"..", &blob)]);
        let names: &[(u32, &[u8], &str)] = &[
            (FOLDER, b"..", &inner),
            (FILE, b".", &blob),
            (FOLDER, b".git", &inner),
            (FILE, b"C:\\Windows\\x", &blob),
            (FILE, b"COM1", &blob),
            (FOLDER, b"GIT~1", &inner),
            (FILE, b"-rf", &blob),
            (FILE, b"a\nb\x1b[31m", &blob),
            (FILE, b"nul\xff", &blob),
            (FILE, b"\xe2\x80\xaegpj.exe", &blob),
            (0o120_000, b"link", &repo.write_blob(b"../../../../etc/passwd")),
            (FILE, b"~", &blob),
        ];
        let mut sorted = names.to_vec();
        sorted.sort_by_key(|(mode, name, _)| [*name, if *mode == FOLDER { &b"/"[..] } else { &b""[..] }].concat());
        let commit = commit_tree(&repo, &repo.write_tree(&sorted));
        let folder = tempfile::tempdir().unwrap();
        let scratch = folder.path().join("in/scratch");
        std::fs::create_dir_all(&scratch).unwrap();
        let before = paths_below(folder.path());
        let mut settings = settings();
        settings.source.scratch = Some(scratch);
        let scene = Scene::with(database, settings).await;
        let server = GitHttp::start(repo.path().parent().unwrap()).await;
        let name = repo.path().file_name().unwrap().to_str().unwrap();
        for source in [remote(&server.url(name)), local(&repo)] {
            let (sync, error) = scene.try_sync(&source, None, false).await.unwrap();
            assert!(error.is_none(), "{error:?}");
            scene.assert_is(&sync, &repo, &commit).await;
            let files = scene.files(StateAt::after(&scene.db, &sync).await.unwrap()).await;
            assert!(files.iter().any(|file| file.path == b"../passwd"));
        }
        assert_eq!(paths_below(folder.path()), before, "something was written");
    }

    /// Eight trees of ten entries each stand for a hundred million files.
    async fn few_objects_with_a_great_many_paths_are_refused(database: TestDatabase) {
        let repo = TestRepo::bare();
        let mut tree = repo.write_tree(&[(FILE, b"a", &repo.write_blob(b"x"))]);
        for _ in 0..8 {
            let names: Vec<[u8; 1]> = (b'a'..b'k').map(|name| [name]).collect();
            let entries: Vec<_> = names.iter().map(|name| (FOLDER, &name[..], tree.as_str())).collect();
            tree = repo.write_tree(&entries);
        }
        commit_tree(&repo, &tree);
        let mut settings = settings();
        settings.source.max_entries = 5_000;
        let scene = Scene::with(database, settings).await;
        let (sync, error) = scene.try_sync(&local(&repo), None, false).await.unwrap();
        assert!(matches!(error, Some(SyncError::Source(source::SourceError::TooLarge { .. }))), "{error:?}");
        assert_eq!((sync.status, sync.error_code.as_deref()), (SyncStatus::Failed, Some("too-large")));
        assert_eq!(scene.branch(&sync).await.head_seq, 0);
    }

    /// Folders within folders: a path that is too long ends the sync, and nothing is walked by recursion.
    async fn a_tree_without_a_floor_is_refused(database: TestDatabase) {
        let repo = TestRepo::bare();
        let mut tree = repo.write_tree(&[(FILE, b"a", &repo.write_blob(b"x"))]);
        for _ in 0..80 {
            tree = repo.write_tree(&[(FOLDER, &[b'd'; 250], &tree)]);
        }
        commit_tree(&repo, &tree);
        let scene = Scene::new(database).await;
        let (sync, error) = scene.try_sync(&local(&repo), None, false).await.unwrap();
        assert!(matches!(error, Some(SyncError::PathTooLong(_))), "{error:?}");
        assert_eq!(sync.status, SyncStatus::Failed);
    }

    /// Whole syncs with a token and with an app, that succeed and that fail in several ways.
    async fn credentials_show_nowhere(database: TestDatabase) {
        let logs = Everything::default();
        // Tests are processes of their own.
        tracing::subscriber::set_global_default(logs.clone()).unwrap();
        let repo = TestRepo::new();
        repo.populate().commit("1");
        let (github, key) = (GitHubServer::start().await, AppKey::generate());
        let private = RepositoryOptions { private: true, ..Default::default() };
        github.add_repository("o", "n", repo.git_dir(), private);
        github.set_token(TOKEN, Access::Everything);
        github.install_app(12, 34, &key, &["o/n"]);
        let pem = key.private_pem();
        let app = |installation_id| {
            Credential::GithubApp { app_id: 12, installation_id, private_key: Secret::new(&pem) }
        };
        let keys = Arc::new(KeyStore::from_text(&KeyRing::new_line().unwrap()).unwrap());
        let connection = database.connection().clone();
        let scene = Scene::with(database, with_keys(&keys)).await;
        let source = SourceSpec::GitHub { owner: "o".into(), name: "n".into(), api_url: Some(github.api_url()) };
        let project = projects::create(&scene.db, "n", &source, Utc::now()).await.unwrap();
        let branch = projects::ensure_branch(&scene.db, &project.repository, "main", Utc::now()).await.unwrap();
        let mut said = String::new();
        let mut run = async |expected: SyncStatus| {
            let sync = scene.ask(&branch, true, None).await;
            writeln!(said, "{}", serde_json::to_string(&SyncJob::new(sync.id)).unwrap()).unwrap();
            let (sync, error) = scene.run(&sync, None).await;
            assert_eq!(sync.status, expected, "{error:?}");
            writeln!(said, "{error:?} {sync:?} {}", error.as_ref().map(ToString::to_string).unwrap_or_default()).unwrap();
            for event in scene.numbered_events(&sync).await {
                writeln!(said, "{}", event.payload).unwrap();
            }
        };
        let store = async |credential: Credential| {
            credentials::set(&scene.db, &keys, project.project.id, &credential, Utc::now()).await.unwrap();
        };
        run(SyncStatus::Failed).await;
        store(Credential::Token(Secret::new(TOKEN))).await;
        run(SyncStatus::Completed).await;
        github.fault_on("/o/n", 2, Fault::Status(500));
        run(SyncStatus::Completed).await;
        github.set_token(TOKEN, Access::Revoked);
        run(SyncStatus::Failed).await;
        store(app(34)).await;
        run(SyncStatus::Completed).await;
        // Of another installation no token is kept yet.
        store(app(35)).await;
        github.fault_on("/access_tokens", 100, Fault::Status(401));
        run(SyncStatus::Failed).await;
        let minted = GitHubServer::app_token(34, 1);
        let rows = everything_stored(&connection).await;
        assert!(rows.contains("app 12, installation 35"), "the rows were read");
        let logs = logs.0.lock().unwrap();
        assert!(logs.contains("sync"), "nothing was logged");
        let body = pem.lines().nth(3).unwrap();
        for secret in [TOKEN, body, &minted, &hex::encode(TOKEN), &hex::encode(body), &hex::encode(&minted)] {
            for (place, text) in [("rows", &rows), ("logs", &*logs), ("errors, events and jobs", &said)] {
                assert!(!text.contains(secret), "{secret} is in {place}");
            }
        }
        for request in github.log() {
            assert!(!request.path.contains(TOKEN) && !request.path.contains(&minted), "{}", request.path);
        }
    }
}

const TOKEN: &str = "ghp_hushhushhushhushhushhushhushhushhush";

fn with_keys(keys: &Arc<KeyStore>) -> WorkerSettings {
    let mut settings = settings();
    settings.source.keys = CredentialKeys::new(Arc::clone(keys));
    settings
}

/// All columns of all rows of all tables, as text; bytes in hexadecimal digits.
async fn everything_stored(db: &DatabaseConnection) -> String {
    let sqlite = db.get_database_backend() == DbBackend::Sqlite;
    let tables = match sqlite {
        true => "SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'",
        false => {
            "SELECT table_name::text AS name FROM information_schema.tables WHERE table_schema = 'public'"
        }
    };
    let all = async |sql: &str| {
        db.query_all_raw(Statement::from_string(db.get_database_backend(), sql)).await.unwrap()
    };
    let mut text = String::new();
    for table in all(tables).await {
        let table: String = table.try_get("", "name").unwrap();
        let rows = match sqlite {
            false => format!("SELECT t::text AS row FROM \"{table}\" t"),
            true => {
                let columns = all(&format!("SELECT name FROM pragma_table_info('{table}')")).await;
                let columns = columns.iter().map(|column| column.try_get::<String>("", "name").unwrap());
                let quoted: Vec<String> = columns.map(|column| format!("quote(\"{column}\")")).collect();
                format!("SELECT {} AS row FROM \"{table}\"", quoted.join(" || ' ' || "))
            }
        };
        for row in all(&rows).await {
            text.push_str(&row.try_get::<String>("", "row").unwrap().to_lowercase());
            text.push('\n');
        }
    }
    text
}

/// Writes every field of every event and span, of every level and crate, into one text.
#[derive(Clone, Default)]
struct Everything(Arc<Mutex<String>>);

struct Writer<'a>(&'a mut String);

impl Visit for Writer<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        writeln!(self.0, "{field}={value:?}").unwrap();
    }
}

impl Subscriber for Everything {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut text = self.0.lock().unwrap();
        writeln!(text, "{}", span.metadata().name()).unwrap();
        span.record(&mut Writer(&mut text));
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, values: &Record<'_>) {
        values.record(&mut Writer(&mut self.0.lock().unwrap()));
    }
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &Event<'_>) {
        event.record(&mut Writer(&mut self.0.lock().unwrap()));
    }
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}
