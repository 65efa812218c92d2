//! First syncs, later ones, and the ways back.

use entities::{SyncCounts, SyncStatus, syncs, temporal::StateAt};
use testkit::{on_each_database, repo::TestRepo};

use crate::scene::{Scene, local};

on_each_database! {
    /// The first sync brings everything, the next one only what changed, and each state stays readable.
    async fn a_branch_is_followed(db: TestDatabase) {
        let scene = Scene::new(db).await;
        let repo = TestRepo::new();
        repo.write("a.txt", "one").write("docs/b.md", "# B\n").write("src/deep/c.rs", "fn c() {}\n");
        let first = repo.commit("first");
        let one = scene.sync(&local(&repo), None).await;
        scene.assert_is(&one, &repo, &first).await;
        assert_eq!((one.seq, one.previous_sync_id), (Some(1), None));
        assert_eq!(SyncCounts::from(&one), SyncCounts { added: 3, entries_created: 1, blobs_fetched: 3, ..SyncCounts::from(&one) });

        repo.write("a.txt", "two").remove("docs/b.md").rename("src/deep/c.rs", "src/c.rs").chmod("src/c.rs", false);
        repo.write("new", "new");
        let second = repo.commit("second");
        let two = scene.sync(&local(&repo), None).await;
        scene.assert_is(&two, &repo, &second).await;
        scene.assert_is(&one, &repo, &first).await;
        assert_eq!((two.seq, two.previous_sync_id), (Some(2), Some(one.id)));
        let counts = SyncCounts::from(&two);
        assert_eq!((counts.added, counts.modified, counts.deleted, counts.renamed), (1, 1, 1, 1));
        assert_eq!((counts.unchanged, counts.blobs_fetched), (0, 2));
        assert_eq!(counts.entries_superseded, 1);
    }

    /// Nothing changed: nothing is read, and the sync says so.
    async fn nothing_to_do(db: TestDatabase) {
        let scene = Scene::new(db).await;
        let repo = TestRepo::new();
        let commit = repo.write("a", "1").commit("only");
        scene.sync(&local(&repo), None).await;
        let two = scene.sync(&local(&repo), None).await;
        scene.assert_is(&two, &repo, &commit).await;
        let counts = SyncCounts::from(&two);
        assert_eq!(counts, SyncCounts { unchanged: 1, ..SyncCounts::default() });
        let phases: Vec<String> = scene
            .events(&two)
            .await
            .iter()
            .filter(|event| event.payload["type"] == "phaseStarted")
            .map(|event| event.payload["phase"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(phases, ["prepare", "finalize"]);
    }

    /// The end of a phase is kept with the beginning of the next, in one transaction: they bear one time.
    async fn phases_are_told_together(db: TestDatabase) {
        let scene = Scene::new(db).await;
        let repo = TestRepo::new();
        repo.write("a.md", "# A\n").commit("only");
        let one = scene.sync(&local(&repo), None).await;
        let events = scene.events(&one).await;
        let is = |event: &entities::SyncEvent, kind: &str| event.payload["type"] == kind;
        let joints = events.windows(2).filter(|pair| is(&pair[0], "phaseCompleted") && is(&pair[1], "phaseStarted"));
        let together: Vec<bool> = joints.map(|pair| pair[0].at == pair[1].at).collect();
        assert_eq!(together, [true; 3], "{events:?}");
    }

    /// The chain of a branch is linear; a failed sync holds no link.
    async fn a_failed_sync_holds_no_link(db: TestDatabase) {
        let scene = Scene::new(db).await;
        let repo = TestRepo::new();
        repo.write("a", "1").commit("one");
        repo.branch("other");
        let one = scene.sync(&local(&repo), Some("other")).await;
        repo.delete_branch("other");
        let (failed, error) = scene.try_sync(&local(&repo), Some("other"), false).await.unwrap();
        assert_eq!(failed.status, SyncStatus::Failed);
        assert_eq!(failed.error_code.as_deref(), Some("branch-not-found"), "{error:?}");
        assert_eq!((failed.seq, failed.previous_sync_id), (None, None));
        repo.branch("other");
        let two = scene.sync(&local(&repo), Some("other")).await;
        assert_eq!(two.previous_sync_id, Some(one.id));
        assert_eq!(two.seq, Some(2));
        let last = scene.events(&failed).await.pop().unwrap();
        assert_eq!(last.payload["type"], "failed");
    }

    /// Going back is a sync of its own, exact for files and memory, and the next sync goes forward from there.
    async fn restoring(db: TestDatabase) {
        let scene = Scene::new(db).await;
        let repo = TestRepo::new();
        let first = repo.write("README.md", "# One\n\ntext\n").write("x", "1").commit("one");
        let one = scene.sync(&local(&repo), None).await;
        let memory = scene.memory(StateAt::after(&scene.db, &one).await.unwrap()).await;
        let second = repo.write("README.md", "# One\n\nother\n").remove("x").write("y/z", "2").commit("two");
        let two = scene.sync(&local(&repo), None).await;
        let branch = scene.branch(&two).await;
        let three = scene.restore(&branch, 1).await;
        scene.assert_is(&three, &repo, &first).await;
        assert_eq!(three.restore_seq, Some(1));
        assert_eq!((three.requests_made, three.blobs_fetched), (0, 0));
        let counts = SyncCounts::from(&three);
        assert_eq!((counts.added, counts.modified, counts.deleted), (1, 1, 1));
        let restored = scene.memory(StateAt::after(&scene.db, &three).await.unwrap()).await;
        let said = |entries: &[entities::temporal::ListedEntry]| {
            entries.iter().map(|entry| (entry.entry_key.clone(), entry.body.clone())).collect::<Vec<_>>()
        };
        assert_eq!(said(&restored), said(&memory));
        let four = scene.sync(&local(&repo), None).await;
        scene.assert_is(&four, &repo, &second).await;
        assert_eq!(four.blobs_fetched, 0, "what was stored is not read again");
        scene.assert_is(&two, &repo, &second).await;
    }

    /// Two branches of one repository share content and keep apart in everything else.
    async fn branches_are_apart(db: TestDatabase) {
        let scene = Scene::new(db).await;
        let repo = TestRepo::new();
        let main = repo.write("a", "1").write("b", "2").commit("main");
        repo.branch("feature/x").checkout("feature/x");
        let feature = repo.write("a", "3").commit("feature");
        let on_main = scene.sync(&local(&repo), Some("main")).await;
        let on_feature = scene.sync(&local(&repo), Some("feature/x")).await;
        scene.assert_is(&on_main, &repo, &main).await;
        scene.assert_is(&on_feature, &repo, &feature).await;
        assert_eq!((on_feature.seq, on_feature.blobs_fetched), (Some(1), 1));
    }

    /// A forced sync compares everything and changes nothing that is right.
    async fn forcing(db: TestDatabase) {
        let scene = Scene::new(db).await;
        let repo = TestRepo::new();
        let commit = repo.write("d/a.md", "# A\n").write("b", "2").commit("main");
        scene.sync(&local(&repo), None).await;
        let (forced, error) = scene.try_sync(&local(&repo), None, true).await.unwrap();
        assert!(error.is_none(), "{error:?}");
        scene.assert_is(&forced, &repo, &commit).await;
        let counts = SyncCounts::from(&forced);
        assert_eq!((counts.added, counts.modified, counts.deleted, counts.unchanged), (0, 0, 0, 2));
        assert_eq!((counts.entries_created, counts.entries_superseded), (0, 0));
    }

    /// While a sync is pending, asking again gives that one; a claimed one is not claimed again.
    async fn asking_twice(db: TestDatabase) {
        let scene = Scene::new(db).await;
        let repo = TestRepo::new();
        repo.write("a", "1").commit("one");
        let branch = scene.locate(&local(&repo), None).await.unwrap().branch;
        let one = scene.ask(&branch, false, None).await;
        let two = scene.ask(&branch, false, None).await;
        assert_eq!(one.id, two.id);
        let (done, _) = scene.run(&one, None).await;
        assert_eq!(done.status, SyncStatus::Completed);
        let claim = syncs::claim(&scene.db, one.id, "late", chrono::Utc::now(), std::time::Duration::from_secs(9)).await;
        assert_eq!(claim.unwrap(), syncs::ClaimOutcome::NotPending);
    }
}
