//! Repositories as they come: every nasty entry, histories that are rewritten, servers that fail.

use entities::{ContentKind, SyncCounts, SyncStatus, blobs, temporal::StateAt};
use testkit::{
    git_http::{Fault, GitHttp},
    on_each_database,
    repo::{EdgeCases, TestRepo},
};

use crate::scene::{Scene, local, oid, remote, settings};

on_each_database! {
    /// Every nasty entry becomes a row, from the disk and over the network alike.
    async fn nasty_entries(db: TestDatabase) {
        let scene = Scene::new(db).await;
        let repo = TestRepo::bare();
        let edge = EdgeCases::build(&repo);
        let server = GitHttp::start(repo.path().parent().unwrap()).await;
        let name = repo.path().file_name().unwrap().to_str().unwrap();
        let from_disk = scene.sync(&local(&repo), None).await;
        scene.assert_is(&from_disk, &repo, &edge.commit).await;
        let from_network = scene.sync(&remote(&server.url(name)), None).await;
        scene.assert_is(&from_network, &repo, &edge.commit).await;
        let (disk, network) = (StateAt::after(&scene.db, &from_disk).await.unwrap(), StateAt::after(&scene.db, &from_network).await.unwrap());
        assert_eq!(scene.files(disk).await, scene.files(network).await);
        let texts = |entries: Vec<entities::temporal::ListedEntry>| {
            entries.into_iter().map(|entry| (entry.entry_key, entry.body)).collect::<Vec<_>>()
        };
        assert_eq!(texts(scene.memory(disk).await), texts(scene.memory(network).await));
        assert_eq!(from_network.blobs_fetched, 0, "what one project stored, another of the tenant need not fetch");
    }

    /// What is above the limit has a row and a proof but no content, and the user is told.
    async fn content_above_the_limit(db: TestDatabase) {
        let scene = Scene::new(db).await;
        let repo = TestRepo::bare();
        let edge = EdgeCases::build(&repo);
        let sync = scene.sync(&local(&repo), None).await;
        let files = scene.files(StateAt::after(&scene.db, &sync).await.unwrap()).await;
        let large = files.iter().find(|file| file.path == EdgeCases::LARGE_FILE).unwrap();
        assert_eq!((large.stored, large.size), (false, Some(edge.large_bytes as i64)));
        assert!(files.iter().filter(|file| file.blob_id.is_some()).all(|file| file.stored || file.path == large.path));
        let events = scene.events(&sync).await;
        let told: Vec<_> = events.iter().filter(|event| event.payload["code"] == "content-not-stored").collect();
        assert_eq!(told.len(), 1);
        assert!(told[0].payload["message"].as_str().unwrap().contains("content/large.bin"));
        assert!(sync.warnings >= 1);
    }

    /// Content is told apart, kept byte for byte, and stored once however many paths show it.
    async fn content_is_kept_once(db: TestDatabase) {
        let scene = Scene::new(db).await;
        let repo = TestRepo::bare();
        EdgeCases::with_large_file(&repo, 10);
        let sync = scene.sync(&local(&repo), None).await;
        let files = scene.files(StateAt::after(&scene.db, &sync).await.unwrap()).await;
        for (path, kind) in [
            (EdgeCases::EMPTY_FILE, ContentKind::Text),
            (EdgeCases::LATE_NUL, ContentKind::Binary),
            (EdgeCases::CRLF, ContentKind::Text),
            (EdgeCases::LATIN1, ContentKind::Binary),
            (EdgeCases::LFS_POINTER, ContentKind::Lfs),
            (EdgeCases::DANGLING_SYMLINK, ContentKind::Binary),
            (EdgeCases::EXPORT_SUBST, ContentKind::Text),
            (EdgeCases::EXPORT_IGNORE, ContentKind::Text),
        ] {
            let blob = files.iter().find(|file| file.path == path).unwrap().blob_id.unwrap();
            let content = blobs::contents(&scene.db, &[blob]).await.unwrap().pop().unwrap();
            assert_eq!(content.kind, kind, "{}", String::from_utf8_lossy(path));
            assert_eq!(content.content, repo.blob(&blob.to_string()));
        }
        let mut distinct: Vec<_> = files.iter().filter_map(|file| file.blob_id).collect();
        distinct.sort();
        distinct.dedup();
        assert_eq!(sync.blobs_fetched as usize, distinct.len());
        assert!(distinct.len() + 40 < files.len());
    }

    /// A path is a file, then a directory, then a file again.
    async fn file_and_directory_change_places(db: TestDatabase) {
        let scene = Scene::new(db).await;
        let repo = TestRepo::new();
        let steps = [
            repo.write("x", "file").write("d/e/f", "deep").commit("file"),
            repo.remove("x").write("x/y/z", "file").remove("d/e/f").write("d", "flat").commit("directory"),
            repo.remove("x/y/z").symlink("x", "d").commit("link"),
            repo.remove("x").submodule("x", EdgeCases::SUBMODULE_COMMIT).commit("submodule"),
            repo.remove("x").write("x", "file").remove("d").write("d/e/f", "deep").commit("back"),
        ];
        for step in &steps {
            repo.reset_hard(step);
            let sync = scene.sync(&local(&repo), None).await;
            scene.assert_is(&sync, &repo, step).await;
        }
    }

    /// Rewritten histories, also ones whose old commits the server has forgotten.
    async fn force_pushes(db: TestDatabase) {
        let scene = Scene::new(db).await;
        let repo = TestRepo::bare();
        let server = GitHttp::start(repo.path().parent().unwrap()).await;
        let source = remote(&server.url(repo.path().file_name().unwrap().to_str().unwrap()));
        let base = repo.write("a", "1").write("docs/x.md", "# X\n").commit("base");
        let ahead = repo.write("a", "2").write("docs/y.md", "# Y\n").commit("ahead");
        let one = scene.sync(&source, None).await;
        scene.assert_is(&one, &repo, &ahead).await;
        repo.reset_hard(&base);
        let other = repo.write("b", "3").commit("another way");
        repo.git(&["reflog", "expire", "--expire=now", "--all"]);
        repo.git(&["gc", "--prune=now", "--quiet"]);
        let two = scene.sync(&source, None).await;
        scene.assert_is(&two, &repo, &other).await;
        let old = scene.files(StateAt::after(&scene.db, &one).await.unwrap()).await;
        assert_eq!(old.len(), 3, "what the host has forgotten stays known here");
    }

    /// The branch is force-pushed and its old commit forgotten after the head was found: the new head is synced.
    async fn a_commit_that_is_gone(db: TestDatabase) {
        let scene = Scene::new(db).await;
        let repo = TestRepo::bare();
        let server = GitHttp::start(repo.path().parent().unwrap()).await;
        let source = remote(&server.url(repo.path().file_name().unwrap().to_str().unwrap()));
        let base = repo.write("a", "1").commit("base");
        repo.write("a", "2").commit("doomed");
        let located = scene.locate(&source, None).await.unwrap();
        repo.reset_hard(&base);
        let commit = repo.write("b", "3").commit("instead");
        repo.git(&["reflog", "expire", "--expire=now", "--all"]);
        repo.git(&["gc", "--prune=now", "--quiet"]);
        let asked = scene.ask(&located.branch, false, None).await;
        let (sync, error) = scene.run(&asked, Some(located.opened)).await;
        assert!(error.is_none(), "{error:?}");
        scene.assert_is(&sync, &repo, &commit).await;
        let phases = scene.events(&sync).await;
        let prepared = phases.iter().filter(|event| {
            event.payload["type"] == "phaseStarted" && event.payload["phase"] == "prepare"
        });
        assert_eq!(prepared.count(), 2);
    }

    /// A branch that is deleted after its head was found fails clearly if its commit is forgotten, too.
    async fn a_branch_that_is_gone(db: TestDatabase) {
        let scene = Scene::new(db).await;
        let repo = TestRepo::bare();
        let server = GitHttp::start(repo.path().parent().unwrap()).await;
        let source = remote(&server.url(repo.path().file_name().unwrap().to_str().unwrap()));
        repo.write("a", "1").commit("base");
        repo.branch("doomed").checkout("doomed");
        repo.write("a", "2").commit("doomed");
        let located = scene.locate(&source, Some("doomed")).await.unwrap();
        repo.checkout("main").delete_branch("doomed");
        repo.git(&["reflog", "expire", "--expire=now", "--all"]);
        repo.git(&["gc", "--prune=now", "--quiet"]);
        let asked = scene.ask(&located.branch, false, None).await;
        let (sync, error) = scene.run(&asked, Some(located.opened)).await;
        assert_eq!(sync.error_code.as_deref(), Some("branch-not-found"), "{error:?}");
    }

    /// A whole directory moves: nothing is fetched, and every file is a rename.
    async fn mass_rename(db: TestDatabase) {
        let scene = Scene::new(db).await;
        let repo = TestRepo::bare();
        let server = GitHttp::start(repo.path().parent().unwrap()).await;
        let source = remote(&server.url(repo.path().file_name().unwrap().to_str().unwrap()));
        for number in 0..1_000 {
            repo.write(format!("old/{:02}/file-{number}.txt", number % 50), format!("content {number}"));
        }
        let tree = repo.commit("before");
        let before = scene.sync(&source, None).await;
        scene.assert_is(&before, &repo, &tree).await;
        let old = repo.text(&["rev-parse", &format!("{tree}:old")]);
        repo.tree("new/place", old.trim());
        for number in 0..1_000 {
            repo.remove(format!("old/{:02}/file-{number}.txt", number % 50));
        }
        let moved = repo.commit("after");
        let after = scene.sync(&source, None).await;
        scene.assert_is(&after, &repo, &moved).await;
        let counts = SyncCounts::from(&after);
        assert_eq!((counts.renamed, counts.added, counts.deleted, counts.blobs_fetched), (1_000, 0, 0, 0));
    }

    /// Requests over git's own protocol: three for a first sync, two when nothing changed, three for what is new.
    async fn requests_are_few(db: TestDatabase) {
        let scene = Scene::new(db).await;
        let repo = TestRepo::bare();
        let server = GitHttp::start(repo.path().parent().unwrap()).await;
        let source = remote(&server.url(repo.path().file_name().unwrap().to_str().unwrap()));
        for number in 0..300 {
            repo.write(format!("{}/{number}", number % 7), format!("{number}"));
        }
        repo.commit("first");
        let first = scene.sync(&source, None).await;
        let same = scene.sync(&source, None).await;
        for number in 0..40 {
            repo.write(format!("{}/{number}", number % 7), "changed".repeat(number));
        }
        repo.commit("second");
        let changed = scene.sync(&source, None).await;
        assert_eq!((first.requests_made, same.requests_made, changed.requests_made), (3, 2, 3));
        assert_eq!(server.requests().len(), 8, "what is counted is what was sent");
    }

    /// Broken answers are noticed, tried again, and leave no trace in the rows.
    async fn broken_answers(db: TestDatabase) {
        let scene = Scene::new(db).await;
        let repo = TestRepo::bare();
        let server = GitHttp::start(repo.path().parent().unwrap()).await;
        let source = remote(&server.url(repo.path().file_name().unwrap().to_str().unwrap()));
        let mut expected = Vec::new();
        for fault in [Fault::Status(503), Fault::Reset(20), Fault::Truncate(60), Fault::FlipByte(90)] {
            repo.write(format!("{fault:?}"), format!("{fault:?}").repeat(50));
            let commit = repo.commit("more");
            server.push_fault(fault);
            let sync = scene.sync(&source, None).await;
            assert_eq!(server.pending_faults(), 0);
            scene.assert_is(&sync, &repo, &commit).await;
            expected.push((sync, commit));
        }
        for (sync, _) in &expected {
            scene.events(sync).await;
        }
    }

    /// A server that stays broken fails the sync, and what was there stays.
    async fn a_server_that_stays_broken(db: TestDatabase) {
        let scene = Scene::new(db).await;
        let repo = TestRepo::bare();
        let server = GitHttp::start(repo.path().parent().unwrap()).await;
        let source = remote(&server.url(repo.path().file_name().unwrap().to_str().unwrap()));
        let commit = repo.write("a", "1").commit("one");
        let good = scene.sync(&source, None).await;
        repo.write("a", "2").commit("two");
        for _ in 0..50 {
            server.push_fault(Fault::Status(502));
        }
        let (failed, error) = scene.try_sync(&source, None, false).await.unwrap();
        assert_eq!((failed.status, failed.error_code.as_deref()), (SyncStatus::Failed, Some("server-error")), "{error:?}");
        assert!(failed.requests_made < 40, "retries are bounded: {}", failed.requests_made);
        scene.assert_is(&good, &repo, &commit).await;
        assert_eq!(scene.branch(&good).await.head_sync_id, Some(good.id));
    }

    /// A repository with a broken object fails the sync; nothing of it is visible.
    async fn a_broken_object(db: TestDatabase) {
        let scene = Scene::new(db).await;
        let repo = TestRepo::bare();
        let first = repo.write("a", "1").commit("one");
        let good = scene.sync(&local(&repo), None).await;
        repo.write("a", "2").write("b", "3").commit("two");
        repo.git(&["gc", "--quiet"]);
        corrupt_packs(&repo);
        let (failed, error) = scene.try_sync(&local(&repo), None, false).await.unwrap();
        assert_eq!(failed.status, SyncStatus::Failed, "{error:?}");
        let branch = scene.branch(&good).await;
        assert_eq!((branch.head_seq, branch.head_sync_id), (1, Some(good.id)));
        let rows = scene.files(StateAt::head(&branch)).await;
        assert_eq!(rows.len(), 1);
        assert_eq!(good.commit_id, Some(oid(&first)));
    }

    /// A changed rule derives all memory anew from what is stored, without asking the source for content.
    async fn changed_rules(db: TestDatabase) {
        let scene = Scene::new(db).await;
        let repo = TestRepo::new();
        let commit = repo.write("a.md", "# A\n\ntext\n").write("notes.txt", "plain words\n").commit("one");
        let one = scene.sync(&local(&repo), None).await;
        assert_eq!(scene.memory(StateAt::after(&scene.db, &one).await.unwrap()).await.len(), 1);
        let mut changed = settings();
        changed.memory.documents = vec!["*.txt".to_owned()];
        let worker = scene.another_worker(changed);
        let branch = scene.branch(&one).await;
        let asked = scene.ask(&branch, false, None).await;
        let job = bus::SyncJob::new(asked.id);
        let outcome = worker.run(&job, None, Default::default()).await.unwrap();
        let crate::worker::pipeline::RunOutcome::Ended(two, None) = outcome else { panic!("{outcome:?}") };
        scene.assert_is(&two, &repo, &commit).await;
        let memory = scene.memory(StateAt::after(&scene.db, &two).await.unwrap()).await;
        assert_eq!(memory.iter().map(|entry| entry.path.as_slice()).collect::<Vec<_>>(), [b"notes.txt"]);
        assert_eq!((two.entries_created, two.entries_superseded, two.blobs_fetched), (1, 1, 0));
        assert_eq!(scene.memory(StateAt::after(&scene.db, &one).await.unwrap()).await[0].path, b"a.md");
    }
}

/// Overwrites the middle of every pack.
fn corrupt_packs(repo: &TestRepo) {
    let packs = repo.git_dir().join("objects/pack");
    for entry in std::fs::read_dir(packs).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "pack") {
            let mut bytes = std::fs::read(&path).unwrap();
            let (from, to) = (12, bytes.len() - 20);
            bytes[from..to].fill(0x5a);
            std::fs::remove_file(&path).unwrap();
            std::fs::write(&path, bytes).unwrap();
        }
    }
}

/// A file of 100 MB, from disk and over the network: row and proof hold, the content is not kept, and the user is told.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_100_mb() {
    let scene = Scene::new(testkit::database::TestDatabase::sqlite().await).await;
    let repo = TestRepo::bare();
    let edge = EdgeCases::with_large_file(&repo, 100 << 20);
    let server = GitHttp::start(repo.path().parent().unwrap()).await;
    let url = server.url(repo.path().file_name().unwrap().to_str().unwrap());
    for source in [local(&repo), remote(&url)] {
        let sync = scene.sync(&source, None).await;
        scene.assert_is(&sync, &repo, &edge.commit).await;
        let told = scene.events(&sync).await;
        assert!(told.iter().any(|event| event.payload["code"] == "content-not-stored"));
    }
}
