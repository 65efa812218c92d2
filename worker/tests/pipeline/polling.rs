//! Polling and looks for pushed commits: what they cost the host, and who does them.

use std::{collections::BTreeSet, time::Duration};

use chrono::{TimeDelta, Utc};
use entities::{
    SourceSpec, SyncTrigger, projects,
    triggers::{
        PollResult,
        polls::{self, Polled, Seen},
    },
};
use futures::future::join_all;
use source::SourceContext;
use testkit::{
    github::{GitHubServer, RepositoryOptions},
    on_each_database,
    repo::TestRepo,
};

use crate::{
    scene::settings,
    triggers::Stage,
    worker::{settings::WorkerSettings, triggers::Triggers},
};

/// A stage whose repository is at a GitHub, and how it is reached.
async fn at_github(db: testkit::database::TestDatabase) -> (Stage, GitHubServer, SourceSpec) {
    let (server, repo) = (GitHubServer::start().await, TestRepo::bare());
    server.add_repository("octo", "app", repo.path(), RepositoryOptions::default());
    let source = SourceSpec::parse("octo/app", Some(&server.api_url())).unwrap();
    let stage = Stage::of(db, repo, &source).await;
    polls::set(&stage.scene.db, stage.project, 60, None, stage.now()).await.unwrap();
    (stage, server, source)
}

on_each_database! {
    /// As long as nothing changes, a look takes nothing of the quota.
    async fn an_unchanged_branch_costs_nothing(db: TestDatabase) {
        let (stage, server, _) = at_github(db).await;
        assert_eq!(stage.look().await, PollResult::Same);
        let left = server.quota_remaining();
        server.clear_log();
        for _ in 0..3 {
            assert_eq!(stage.look().await, PollResult::Same);
        }
        assert_eq!(server.log().iter().map(|asked| asked.status).collect::<Vec<_>>(), [Some(304); 3]);
        assert_eq!(server.quota_remaining(), left);
        stage.repo.write("a", "2").commit("second");
        assert_eq!(stage.look().await, PollResult::Changed);
    }

    /// Who limits us is not asked again before they said, however short the pauses are otherwise.
    async fn a_limit_of_the_host_is_waited_for(db: TestDatabase) {
        let (stage, server, _) = at_github(db).await;
        server.set_quota(0, Duration::from_secs(1_800));
        assert_eq!(stage.look().await, PollResult::Failed);
        let pause = (stage.poll().await.next_at - stage.now()).num_seconds();
        assert!((1_700..=1_802 * 11 / 10).contains(&pause), "{pause}");
        assert!(server.sent_while_limited() <= 1, "the first request finds out, no other is sent");
    }

    /// The rest of a quota is for people.
    async fn polling_leaves_the_rest_to_people(db: TestDatabase) {
        let (stage, server, source) = at_github(db).await;
        let settings = settings();
        let worker = stage.worker_with(settings.clone());
        // Of 5,000.
        server.set_quota(400, Duration::from_secs(1_800));
        assert_eq!(stage.look_as(&worker).await, PollResult::Same, "this one finds out");
        server.clear_log();
        assert_eq!(stage.look_as(&worker).await, PollResult::Failed);
        assert!(server.log().is_empty(), "{:?}", server.log());
        let (db, context) = (&stage.scene.db, SourceContext::quiet());
        let located = source::locate(db, &source, Some("new"), &settings.source, &context, Utc::now()).await;
        assert!(located.is_err(), "there is no such branch");
        assert!(!server.log().is_empty(), "whoever waits for it is let through");
    }

    /// Projects that were set up together are not looked at together for ever.
    async fn looks_are_not_quite_regular(db: TestDatabase) {
        let stage = Stage::new(db).await;
        polls::set(&stage.scene.db, stage.project, 60, None, stage.now()).await.unwrap();
        let mut pauses = BTreeSet::new();
        for _ in 0..8 {
            assert_eq!(stage.look().await, PollResult::Same);
            let pause = (stage.poll().await.next_at - stage.now()).num_milliseconds();
            assert!((60_000..=66_000).contains(&pause), "{pause}");
            pauses.insert(pause);
        }
        assert!(pauses.len() > 1, "{pauses:?}");
    }

    /// Where many branches are known, the default one is among those that are looked at.
    async fn no_more_branches_are_looked_at_than_may_be(db: TestDatabase) {
        let stage = Stage::new(db).await;
        let repository = projects::get(&stage.scene.db, stage.project).await.unwrap().unwrap().repository;
        for name in ["a", "b", "z"] {
            stage.repo.branch(name);
            projects::ensure_branch(&stage.scene.db, &repository, name, stage.now()).await.unwrap();
        }
        polls::set(&stage.scene.db, stage.project, 60, None, stage.now()).await.unwrap();
        let mut settings: WorkerSettings = settings();
        settings.triggers.max_poll_branches = 2;
        stage.look_as(&stage.worker_with(settings)).await;
        let seen = stage.poll().await.seen_heads();
        assert!(seen.len() == 2 && seen.contains_key(&stage.branch.name), "{seen:?}");
    }

    /// Whoever takes a project on and goes away only delays it, and says nothing about it any more.
    async fn a_worker_that_goes_away_loses_no_look(db: TestDatabase) {
        let stage = Stage::new(db).await;
        let (tenant, system) = (&stage.scene.db, stage.scene.db.database().system());
        let seen = polls::set(tenant, stage.project, 60, None, stage.now()).await.unwrap();
        let until = stage.now() + TimeDelta::seconds(60);
        let claim = async || polls::claim(&system, &seen, stage.now(), until).await.unwrap();
        assert!(claim().await);
        assert!(!claim().await);
        assert_eq!(stage.worker().run_polls().await.unwrap(), 0, "somebody is at it");
        stage.advance(61);
        assert_eq!(stage.worker().run_polls().await.unwrap(), 1);
        let (at, result) = (stage.now(), PollResult::Failed);
        let polled = || Polled { at, result, error: None, seen: Seen::new(), next_at: at, failures: 9 };
        assert!(!polls::polled(tenant, &seen, polled()).await.unwrap(), "another one was at it since");
        assert_eq!(stage.poll().await.failures, 0);
        stage.advance(600);
        assert!(!claim().await, "what was seen is outdated");

        // Removed while it is looked at, it does not come back.
        let seen = stage.poll().await;
        assert!(polls::claim(&system, &seen, stage.now(), stage.now()).await.unwrap());
        assert!(polls::remove(tenant, stage.project).await.unwrap());
        assert!(!polls::polled(tenant, &seen, polled()).await.unwrap());
        assert_eq!(polls::get(tenant, stage.project).await.unwrap(), None);
        stage.advance(600);
        assert_eq!(stage.worker().run_polls().await.unwrap(), 0);
    }

    /// However many workers look for a pushed commit, one asks for it.
    async fn many_workers_look_once(db: TestDatabase) {
        let stage = Stage::new(db).await;
        let pushed = stage.repo.write("a", "2").commit("second");
        stage.delivery(&pushed).await;
        let workers: Vec<_> = (0..8).map(|_| stage.worker()).collect();
        let taken = join_all(workers.iter().map(Triggers::run_looks)).await;
        assert_eq!(taken.into_iter().map(Result::unwrap).sum::<usize>(), 1);
        assert_eq!(stage.asked(SyncTrigger::Webhook).await.len(), 1);
    }
}
