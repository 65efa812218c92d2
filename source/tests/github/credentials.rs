//! Repositories that open with what is stored for their project.

use std::sync::Arc;

use chrono::Utc;
use entities::{
    Secret, TenantDb,
    credentials::{self, Credential},
    keys::{KeyRing, KeyStore},
    projects::{self, ConnectedProject},
};
use project_sync_source::{
    Source, SourceContext, SourceError, open_project,
    settings::{CredentialKeys, SourceSettings, Transfer},
};
use testkit::{
    database::TestDatabase,
    github::{Access, AppKey, Fault, GitHubServer, Origin},
};

use crate::support::{Fixture, contents, files, rest, snapshot, spec, with_token};

/// A private repository, its project, and the keys of the installation.
pub struct Scene {
    pub fixture: Fixture,
    db: TenantDb,
    project: ConnectedProject,
    keys: Arc<KeyStore>,
    _database: TestDatabase,
}

impl Scene {
    pub async fn new() -> Self {
        let fixture = Fixture::new(&files(120)).await;
        fixture.server.edit_repository("o", "n", |options| options.private = true);
        let database = TestDatabase::sqlite().await;
        let system = database.database().system();
        let tenant = projects::ensure_tenant(&system, projects::LOCAL_TENANT, Utc::now()).await.unwrap();
        let db = database.database().tenant(tenant);
        let source = spec(&fixture.server.api_url(), "n");
        let project = projects::create(&db, "n", &source, Utc::now()).await.unwrap();
        let keys = Arc::new(KeyStore::from_text(&KeyRing::new_line().unwrap()).unwrap());
        Self { fixture, db, project, keys, _database: database }
    }

    pub async fn store(&self, credential: Credential) {
        credentials::set(&self.db, &self.keys, self.project.project.id, &credential, Utc::now())
            .await
            .unwrap();
    }

    pub fn app(&self, app_id: u64, installation_id: u64, key: &AppKey) -> Credential {
        Credential::GithubApp { app_id, installation_id, private_key: Secret::new(&key.private_pem()) }
    }

    /// Reads everything, as a sync would.
    pub async fn read(&self, settings: SourceSettings) -> Result<(), SourceError> {
        let source = self.open(settings).await;
        let context = SourceContext::quiet();
        let (_, opened) = snapshot(&*source, &context).await?;
        contents(&*opened, &context).await.map(drop)
    }

    /// Opens the repository, as a sync would.
    pub async fn open(&self, settings: SourceSettings) -> Arc<dyn Source> {
        let settings = SourceSettings { keys: CredentialKeys::new(Arc::clone(&self.keys)), ..settings };
        open_project(&self.db, &self.project, &settings).await.unwrap()
    }

    fn authorizations(&self) -> Vec<(Origin, Option<String>)> {
        self.fixture.server.log().into_iter().map(|request| (request.origin, request.authorization)).collect()
    }
}

#[tokio::test]
async fn a_stored_token_opens_its_project_in_the_place_of_the_settings_one() {
    let scene = Scene::new().await;
    scene.fixture.server.set_token("stored", Access::Only(vec!["o/n".into()]));
    scene.fixture.server.set_token("common", Access::Only(Vec::new()));
    assert!(matches!(scene.read(rest()).await, Err(SourceError::RepositoryNotFound { .. })));
    scene.store(Credential::Token(Secret::new("stored"))).await;
    for transfer in [Transfer::Rest, Transfer::Git] {
        scene.fixture.server.clear_log();
        scene.read(with_token("common", SourceSettings { transfer, ..rest() })).await.unwrap();
        for (origin, authorization) in scene.authorizations() {
            assert_eq!(authorization.is_some(), origin != Origin::Codeload, "{origin:?}");
            assert!(!authorization.unwrap_or_default().contains("common"));
        }
    }
    let given = SourceSettings { token_wins: true, ..with_token("common", rest()) };
    assert!(scene.read(given).await.is_err(), "a token for this very repository is used as it is");
    credentials::remove(&scene.db, scene.project.project.id).await.unwrap();
    assert!(matches!(scene.read(rest()).await, Err(SourceError::RepositoryNotFound { .. })));
}

#[tokio::test]
async fn an_installation_of_an_app_opens_the_repository_and_no_more() {
    let scene = Scene::new().await;
    let key = AppKey::generate();
    scene.fixture.server.install_app(12, 34, &key, &["o/n", "o/other"]);
    scene.store(scene.app(12, 34, &key)).await;
    // The first answer is lost: the request is signed and sent again.
    scene.fixture.server.fault_on("/access_tokens", 1, Fault::Status(502));
    scene.read(rest()).await.unwrap();
    let log = scene.fixture.server.log();
    let minted: Vec<_> = log.iter().filter(|request| request.path.ends_with("/access_tokens")).collect();
    assert_eq!(minted.len(), 2);
    let token = GitHubServer::app_token(34, 1);
    let others = log.iter().filter(|request| !request.path.ends_with("/access_tokens"));
    for request in others.filter(|request| request.origin == Origin::Api) {
        assert!(request.authorization.as_ref().unwrap().ends_with(&token), "{request:?}");
    }
    scene.read(SourceSettings { transfer: Transfer::Git, ..rest() }).await.unwrap();
}

#[tokio::test]
async fn what_is_wrong_with_an_app_is_told_without_its_key() {
    let scene = Scene::new().await;
    let (key, other) = (AppKey::generate(), AppKey::generate());
    scene.fixture.server.install_app(12, 34, &key, &["o/other"]);
    let no_key = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----";
    let unreadable =
        Credential::GithubApp { app_id: 12, installation_id: 34, private_key: Secret::new(no_key) };
    for (credential, part) in [
        (scene.app(12, 34, &other), "does not know the app"),
        (scene.app(13, 34, &key), "does not know the app"),
        (scene.app(12, 35, &key), "no such installation"),
        (scene.app(12, 34, &key), "does not reach the repository"),
        (unreadable, "no RSA key"),
    ] {
        scene.store(credential).await;
        let error = scene.read(rest()).await.unwrap_err();
        assert!(matches!(&error, SourceError::Credential(why) if why.contains(part)), "{part}: {error}");
        let body = key.private_pem().lines().nth(5).unwrap().to_owned();
        assert!(!format!("{error} {error:?}").contains(&body));
    }
}

#[tokio::test]
async fn nothing_is_read_without_a_credential_that_does_not_open() {
    let scene = Scene::new().await;
    scene.fixture.server.edit_repository("o", "n", |options| options.private = false);
    scene.store(Credential::Token(Secret::new("stored"))).await;
    let lost = Scene { keys: Arc::new(KeyStore::none()), ..scene };
    let error = lost.read(rest()).await.unwrap_err();
    assert!(matches!(&error, SourceError::Credential(why) if why.contains("no keys")), "{error}");
    assert_eq!(lost.fixture.server.log().len(), 0);
}
