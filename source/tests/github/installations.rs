//! Tokens of installations: shared, replaced in time, and replaced when they are refused.

use std::{sync::Arc, time::Duration};

use entities::{Secret, credentials::Credential};
use futures::future::join_all;
use project_sync_source::{
    SourceContext, SourceError,
    budget::{LocalBudget, Shared},
    clock::Clock,
    installed_repositories,
    settings::{SourceSettings, Transfer},
};
use testkit::github::{Access, AppKey, Fault, GitHubServer, Origin, RepositoryOptions};

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
