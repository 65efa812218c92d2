//! Tokens of installations: shared, replaced in time, and replaced when they are refused.

use std::{sync::Arc, time::Duration};

use entities::{Secret, credentials::Credential};
use futures::future::join_all;
use project_sync_source::{
    SourceContext, SourceError,
    budget::{LocalBudget, RedisBudget, Shared},
    clock::Clock,
    installed_repositories,
    settings::{SourceSettings, Transfer},
};
use testkit::{
    github::{Access, AppKey, Fault, GitHubServer, Origin, RepositoryOptions},
    redis::test_redis_url,
};

use crate::{
    credentials::Scene,
    support::{contents, rest},
};

const HOUR: Duration = Duration::from_secs(3_600);

/// A private repository that installation 34 of app 12 reaches, and a process that reads it.
struct Reader {
    scene: Scene,
    key: AppKey,
    clock: Clock,
    settings: SourceSettings,
}

impl Reader {
    async fn new() -> Self {
        let (scene, key, clock) = (Scene::new().await, AppKey::generate(), Clock::default());
        scene.fixture.server.install_app(12, 34, &key, &["o/n"]);
        scene.store(scene.app(12, 34, &key)).await;
        let shared = Shared::new(Arc::new(LocalBudget::new(clock.clone())), clock.clone());
        // Each blob is a request of its own.
        let settings = SourceSettings { shared, rest_raw_blobs: 1_000, ..rest() };
        Self { scene, key, clock, settings }
    }

    fn server(&self) -> &GitHubServer {
        &self.scene.fixture.server
    }

    fn minted(&self) -> usize {
        self.server().log().iter().filter(|request| request.path.ends_with("/access_tokens")).count()
    }

    fn refused(&self, origin: Origin) -> usize {
        let is_refused = |status| status == Some(401);
        self.server().log().iter().filter(|it| it.origin == origin && is_refused(it.status)).count()
    }

    /// What another process asks under `prefix`: it shares the budget, and holds no token.
    fn process(&self, prefix: &str) -> SourceSettings {
        let budget = RedisBudget::new(&test_redis_url(), prefix, [7; 32], self.clock.clone()).unwrap();
        let shared = Shared::new(Arc::new(budget), self.clock.clone());
        SourceSettings { shared, ..self.settings.clone() }
    }

    /// Lets time pass here and there.
    fn pass(&self, time: Duration) {
        self.clock.pass(time);
        self.server().pass(time);
    }

    async fn read(&self) -> Result<(), SourceError> {
        self.scene.read(self.settings.clone()).await
    }
}

#[tokio::test]
async fn syncs_at_once_and_after_each_other_share_one_token() {
    let reader = Reader::new().await;
    let by_archive = || SourceSettings { rest_raw_blobs: 100, ..reader.settings.clone() };
    for read in join_all((0..10).map(|_| reader.scene.read(by_archive()))).await {
        read.unwrap();
    }
    reader.scene.read(SourceSettings { transfer: Transfer::Git, ..reader.settings.clone() }).await.unwrap();
    assert_eq!(reader.minted(), 1);
}

#[tokio::test]
async fn a_token_is_replaced_before_it_ends() {
    let reader = Reader::new().await;
    reader.read().await.unwrap();
    for _ in 0..3 {
        let passed = Duration::from_secs(56 * 60);
        reader.clock.pass(passed);
        reader.server().pass(passed);
        reader.read().await.unwrap();
    }
    assert_eq!((reader.minted(), reader.refused(Origin::Api)), (4, 0));
}

#[tokio::test]
async fn a_token_that_still_opens_is_used_while_no_new_one_is_given() {
    let reader = Reader::new().await;
    reader.read().await.unwrap();
    let passed = Duration::from_secs(57 * 60);
    reader.clock.pass(passed);
    reader.server().pass(passed);
    let settings = SourceSettings { attempts: 1, ..reader.settings.clone() };
    let source = reader.scene.open(settings).await;
    reader.server().fault_on("/access_tokens", 1, Fault::Status(502));
    source.head(Some("main"), None, &SourceContext::quiet()).await.unwrap();
    reader.server().suspend_app(34, true);
    let error = source.head(Some("main"), None, &SourceContext::quiet()).await.unwrap_err();
    assert!(error.to_string().contains("suspended"), "{error}");
}

#[tokio::test]
async fn a_sync_over_rest_goes_on_when_its_token_ends() {
    let reader = Reader::new().await;
    reader.server().set_app_token_life(HOUR, 40);
    reader.read().await.unwrap();
    let requests = reader.server().log().iter().filter(|it| it.status == Some(200)).count();
    assert!(requests > 120, "{requests}");
    assert!((3..=5).contains(&reader.minted()), "{}", reader.minted());
    assert!(reader.refused(Origin::Api) >= 2);
}

#[tokio::test]
async fn a_sync_over_git_goes_on_when_its_token_ends() {
    let reader = Reader::new().await;
    let context = SourceContext::quiet();
    let settings = SourceSettings { transfer: Transfer::Git, ..reader.settings.clone() };
    let source = reader.scene.open(settings).await;
    let head = source.head(Some("main"), None, &context).await.unwrap();
    // By our clock it is still good; it was revoked.
    reader.server().set_token(&GitHubServer::app_token(34, 1), Access::Revoked);
    let snapshot = source.open(&head, &Default::default(), &context).await.unwrap();
    assert_eq!(contents(&*snapshot, &context).await.unwrap().blobs.len(), 120);
    assert_eq!((reader.minted(), reader.refused(Origin::Git)), (2, 1));
    // Between two requests of the protocol, too.
    reader.server().set_token(&GitHubServer::app_token(34, 2), Access::Revoked);
    source.open(&head, &Default::default(), &context).await.unwrap();
    assert_eq!((reader.minted(), reader.refused(Origin::Git)), (3, 2));
}

#[tokio::test]
async fn a_token_that_is_refused_again_is_not_tried_for_ever() {
    let reader = Reader::new().await;
    reader.server().set_app_token_life(HOUR, 0);
    for transfer in [Transfer::Rest, Transfer::Git] {
        reader.server().clear_log();
        let error =
            reader.scene.read(SourceSettings { transfer, ..reader.settings.clone() }).await.unwrap_err();
        assert_eq!(error.code(), "token-refused", "{error}");
        assert!(reader.minted() <= 2);
        assert_eq!(reader.refused(Origin::Api), 2);
    }
}

#[tokio::test]
async fn a_suspended_installation_is_told_and_not_asked_again() {
    let reader = Reader::new().await;
    reader.server().suspend_app(34, true);
    let error = reader.read().await.unwrap_err();
    assert!(matches!(&error, SourceError::Credential(why) if why.contains("suspended")), "{error}");
    assert_eq!(reader.minted(), 1);
    reader.server().suspend_app(34, false);
    reader.read().await.unwrap();
    reader.server().suspend_app(34, true);
    let error = reader.read().await.unwrap_err();
    assert!(matches!(&error, SourceError::Credential(why) if why.contains("suspended")), "{error}");
}

#[tokio::test]
async fn to_name_an_installation_is_not_to_have_its_token() {
    let reader = Reader::new().await;
    reader.read().await.unwrap();
    reader.scene.store(reader.scene.app(12, 34, &AppKey::generate())).await;
    let error = reader.read().await.unwrap_err();
    assert!(matches!(&error, SourceError::Credential(_)), "{error}");
}

/// A limit on asking for tokens is the app's: it holds for all who ask in its name, and for nobody else.
#[tokio::test]
async fn a_pause_that_an_app_was_told_is_kept_by_all_processes() {
    for retry_after in [Some(1_800), None] {
        let reader = Reader::new().await;
        let prefix = format!("test-{:032x}", rand::random::<u128>());
        let fault = Fault::SecondaryLimit { status: 429, retry_after };
        reader.server().fault_on("/access_tokens", 1, fault);
        let paused = i64::try_from(retry_after.unwrap_or(60)).unwrap();
        for _ in 0..3 {
            let error = reader.scene.read(reader.process(&prefix)).await.unwrap_err();
            let SourceError::RateLimited { reset, .. } = error else { panic!("{error}") };
            let left = (reset - chrono::Utc::now()).num_seconds();
            assert!((paused - 30..=paused).contains(&left), "{left}");
        }
        assert_eq!((reader.minted(), reader.server().log().len()), (1, 1), "the others sent nothing");
        reader.pass(Duration::from_secs(1_801));
        reader.scene.read(reader.process(&prefix)).await.unwrap();
        assert_eq!((reader.minted(), reader.server().sent_while_limited()), (2, 0));
    }
}

/// What is left is told by the answers that hold tokens, too.
#[tokio::test]
async fn an_app_does_not_ask_for_more_tokens_than_its_host_allows() {
    let reader = Reader::new().await;
    let prefix = format!("test-{:032x}", rand::random::<u128>());
    let key = Secret::new(&reader.key.private_pem());
    let credential = Credential::GithubApp { app_id: 12, installation_id: 34, private_key: key };
    let (api, context) = (reader.server().api_url(), SourceContext::quiet());
    // Installations have a quota of their own: what is used up here is the app's.
    reader.server().set_quota_of(&GitHubServer::app_token(34, 1), 1_000, HOUR);
    reader.server().set_quota(3, HOUR);
    for minted in [1, 2, 3, 3, 3] {
        let settings = reader.process(&prefix);
        let listed = installed_repositories(Some(&api), &credential, (1, 100), &settings, &context).await;
        assert_eq!(reader.minted(), minted);
        match listed {
            Ok(found) => assert_eq!(found.total, 1),
            Err(SourceError::RateLimited { .. }) => assert_eq!(minted, 3),
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!(reader.server().sent_while_limited(), 0);
    reader.pass(HOUR + Duration::from_secs(2));
    reader.scene.read(reader.process(&prefix)).await.unwrap();
    assert_eq!(reader.minted(), 4);
}

/// Nobody closes the door for an app by naming it.
#[tokio::test]
async fn to_name_an_app_is_not_to_use_up_its_budget() {
    let reader = Reader::new().await;
    let prefix = format!("test-{:032x}", rand::random::<u128>());
    reader.scene.store(reader.scene.app(12, 34, &AppKey::generate())).await;
    let fault = Fault::SecondaryLimit { status: 403, retry_after: Some(1_800) };
    reader.server().fault_on("/access_tokens", 1, fault);
    for _ in 0..2 {
        let error = reader.scene.read(reader.process(&prefix)).await;
        assert!(matches!(error, Err(SourceError::RateLimited { .. })), "{error:?}");
        // At the server it is over; in the budget, whose clock stands, it is not.
        reader.server().pass(Duration::from_secs(1_801));
    }
    reader.scene.store(reader.scene.app(12, 34, &reader.key)).await;
    reader.scene.read(reader.process(&prefix)).await.unwrap();
    assert_eq!(reader.minted(), 2);
}

#[tokio::test]
async fn an_installation_lists_its_repositories_by_pages() {
    let reader = Reader::new().await;
    let names: Vec<String> = (0..250).map(|number| format!("o/r{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).chain(["o/n"]).collect();
    reader.server().install_app(12, 56, &reader.key, &names);
    reader.server().add_repository("o", "r0", "/nowhere", RepositoryOptions::default());
    let key = Secret::new(&reader.key.private_pem());
    let credential = Credential::GithubApp { app_id: 12, installation_id: 56, private_key: key };
    let (api, context) = (reader.server().api_url(), SourceContext::quiet());
    let mut listed = Vec::new();
    for page in 1.. {
        let found = installed_repositories(Some(&api), &credential, (page, 100), &reader.settings, &context)
            .await
            .unwrap();
        assert_eq!(found.total, 251);
        listed.extend(found.items);
        if !found.has_more {
            assert_eq!(page, 3);
            break;
        }
    }
    let found: Vec<&str> = listed.iter().map(|repository| repository.full_name.as_str()).collect();
    assert_eq!(found, names);
    assert!(!listed[0].private && listed[250].private);
    assert_eq!(reader.minted(), 1);
    let token = Credential::Token(Secret::new("x"));
    let error = installed_repositories(Some(&api), &token, (1, 100), &reader.settings, &context).await;
    assert!(matches!(error, Err(SourceError::Credential(_))));
}
