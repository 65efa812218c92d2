//! The same commits through GitHub: over git's protocol and over REST alone, with the same rows and few requests.

use entities::{SourceSpec, SyncStatus, temporal::StateAt};
use testkit::{
    github::{GitHubServer, RepositoryOptions},
    on_each_database,
    repo::{EdgeCases, TestRepo},
};

use crate::{
    scene::{Scene, settings},
    worker::settings::WorkerSettings,
};
use source::settings::Transfer;

fn over(transfer: Transfer) -> WorkerSettings {
    let mut settings = settings();
    settings.source.transfer = transfer;
    settings
}

fn spec(server: &GitHubServer) -> SourceSpec {
    SourceSpec::parse("octo/app", Some(&server.api_url())).unwrap()
}

on_each_database! {
    /// Requests: over git at most 6 at first, 2 when nothing changed, 5 for what is new; over REST one for each new
    /// content and at most three more.
    async fn requests_are_few(db: TestDatabase) {
        let scene = Scene::with(db, over(Transfer::Auto)).await;
        let server = GitHubServer::start().await;
        let repo = TestRepo::bare();
        server.add_repository("octo", "app", repo.path(), RepositoryOptions::default());
        for number in 0..200 {
            repo.write(format!("{}/{number}.md", number % 7), format!("# {number}\n"));
        }
        let first = repo.commit("first");
        let one = scene.sync(&spec(&server), None).await;
        scene.assert_is(&one, &repo, &first).await;
        assert!(one.requests_made <= 6, "{}", one.requests_made);
        assert_eq!(one.requests_made as usize, server.log().len(), "what is counted is what was sent");
        let two = scene.sync(&spec(&server), None).await;
        assert!(two.requests_made <= 2, "{}", two.requests_made);
        let mut seen = 0;
        for transfer in [Transfer::Auto, Transfer::Rest] {
            for number in 0..20 {
                seen += 1;
                repo.write(format!("{}/{number}.md", number % 7), format!("# {number}\n\nedit {seen}\n"));
            }
            let commit = repo.commit("more");
            let worker = scene.another_worker(over(transfer));
            let branch = scene.branch(&one).await;
            let asked = scene.ask(&branch, false, None).await;
            let outcome = worker.run(&bus::SyncJob::new(asked.id), None, Default::default()).await.unwrap();
            let crate::worker::pipeline::RunOutcome::Ended(sync, None) = outcome else { panic!("{outcome:?}") };
            scene.assert_is(&sync, &repo, &commit).await;
            let limit = if transfer == Transfer::Rest { 20 + 3 } else { 5 };
            assert!(sync.requests_made <= limit, "{transfer:?}: {}", sync.requests_made);
        }
    }

    /// Every nasty entry, also those that an archive would leave out or rewrite.
    async fn nasty_entries(db: TestDatabase) {
        let scene = Scene::with(db, over(Transfer::Git)).await;
        let server = GitHubServer::start().await;
        let repo = TestRepo::bare();
        server.add_repository("octo", "app", repo.path(), RepositoryOptions::default());
        let edge = EdgeCases::build(&repo);
        let sync = scene.sync(&spec(&server), None).await;
        scene.assert_is(&sync, &repo, &edge.commit).await;
    }

    /// Without git's protocol the contents come out of an archive, which lies about some; each is checked and the
    /// others are fetched.
    async fn an_archive_that_lies(db: TestDatabase) {
        let scene = Scene::with(db, over(Transfer::Rest)).await;
        let server = GitHubServer::start().await;
        let repo = TestRepo::bare();
        server.add_repository("octo", "app", repo.path(), RepositoryOptions::default());
        for number in 0..300 {
            repo.write(format!("{}/{number}.txt", number % 7), format!("content {number}\n"));
        }
        repo.write(".gitattributes", "*.secret export-ignore\nversion.txt export-subst\n");
        repo.write("a.secret", "left out\n").write("version.txt", "$Format:%H$\n").symlink("link", "a.secret");
        let commit = repo.commit("first");
        let sync = scene.sync(&spec(&server), None).await;
        scene.assert_is(&sync, &repo, &commit).await;
        let files = scene.files(StateAt::after(&scene.db, &sync).await.unwrap()).await;
        assert!(files.iter().all(|file| file.stored));
        assert!(sync.requests_made < 12, "{}", sync.requests_made);
    }

    /// A listing that is cut is walked instead, and proves itself all the same.
    async fn a_truncated_listing(db: TestDatabase) {
        let scene = Scene::with(db, over(Transfer::Rest)).await;
        let server = GitHubServer::start().await;
        server.truncate_trees_at(60);
        let repo = TestRepo::bare();
        server.add_repository("octo", "app", repo.path(), RepositoryOptions::default());
        for number in 0..200 {
            repo.write(format!("{}/{}/{number}.txt", number % 5, number % 3), format!("content {number}\n"));
        }
        let commit = repo.commit("first");
        let sync = scene.sync(&spec(&server), None).await;
        scene.assert_is(&sync, &repo, &commit).await;
    }

    /// A quota that is used up for long fails the sync with the time to come back, and nothing is sent meanwhile.
    async fn a_used_up_quota(db: TestDatabase) {
        let scene = Scene::with(db, over(Transfer::Rest)).await;
        let server = GitHubServer::start().await;
        let repo = TestRepo::bare();
        server.add_repository("octo", "app", repo.path(), RepositoryOptions::default());
        repo.write("a", "1").commit("first");
        let good = scene.sync(&spec(&server), None).await;
        repo.write("a", "2").commit("second");
        server.set_quota(0, std::time::Duration::from_secs(1_800));
        let (failed, error) = scene.try_sync(&spec(&server), None, false).await.unwrap();
        assert_eq!((failed.status, failed.error_code.as_deref()), (SyncStatus::Failed, Some("rate-limited")), "{error:?}");
        assert!(failed.error_message.unwrap().contains("resets at"));
        assert!(server.sent_while_limited() <= 1, "the first request finds out, no other is sent");
        assert_eq!(scene.branch(&good).await.head_sync_id, Some(good.id));
    }
}
