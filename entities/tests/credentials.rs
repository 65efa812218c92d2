//! Credentials are stored sealed, and bound to their place, on both databases.

use chrono::{DateTime, TimeDelta, Utc};
use project_sync_entities::{
    ProjectId, Secret, SourceSpec, TenantDb,
    credentials::{
        self, Credential, CredentialError, CredentialKind, InvalidCredential, MAX_TOKEN_BYTES, ROTATION_BATCH,
    },
    keys::{KeyRing, KeyStore, KeysError, OpenError},
    projects::{self, Deletion},
};
use sea_orm::{ConnectionTrait, Statement};
use testkit::{database::TestDatabase, on_each_database};

const OLD: &str = "1111111111111111111111111111111111111111111111111111111111111111";
const NEW: &str = "2222222222222222222222222222222222222222222222222222222222222222";
const TOKEN: &str = "ghp_0123456789\\\"abcdefghijwxyz";

fn keys(text: &str) -> KeyStore {
    KeyStore::from_text(text).unwrap()
}

fn id_of(text: &str) -> String {
    KeyRing::parse(text).unwrap().first_id().to_owned()
}

fn token(text: &str) -> Credential {
    Credential::Token(Secret::new(text))
}

fn app() -> Credential {
    Credential::GithubApp {
        app_id: 123,
        installation_id: 456,
        private_key: Secret::new("-----BEGIN RSA PRIVATE KEY-----\nhush\n-----END RSA PRIVATE KEY-----\n"),
    }
}

/// The database in the name of a tenant.
async fn of_tenant(database: &TestDatabase) -> TenantDb {
    let system = database.database().system();
    let tenant = projects::ensure_tenant(&system, projects::LOCAL_TENANT, Utc::now()).await.unwrap();
    database.database().tenant(tenant)
}

async fn project(db: &TenantDb, name: &str) -> ProjectId {
    let source = SourceSpec::Git { url: format!("/{name}") };
    projects::create(db, name, &source, Utc::now()).await.unwrap().project.id
}

async fn run(db: &TenantDb, sql: &str) {
    let statement = Statement::from_string(db.get_database_backend(), sql);
    db.execute_raw(statement).await.unwrap();
}

on_each_database! {
async fn is_set_opened_replaced_and_removed(database: TestDatabase) {
    let db = &of_tenant(&database).await;
    let keys = keys(OLD);
    let (one, other) = (project(db, "one").await, project(db, "other").await);
    assert_eq!(credentials::get(db, one).await.unwrap(), None);
    assert_eq!(credentials::open(db, &KeyStore::none(), one).await.unwrap(), None);
    let begun: DateTime<Utc> = "2026-01-01T00:00:00Z".parse().unwrap();
    let meta = credentials::set(db, &keys, one, &token(TOKEN), begun).await.unwrap();
    assert_eq!((meta.kind, meta.hint.as_str()), (CredentialKind::Token, "ghp_…wxyz"));
    assert_eq!((meta.created_at, meta.updated_at, meta.key_id.clone()), (begun, begun, id_of(OLD)));
    assert_eq!(credentials::get(db, one).await.unwrap(), Some(meta));
    assert_eq!(credentials::open(db, &keys, one).await.unwrap(), Some(token(TOKEN)));
    assert_eq!(credentials::get(db, other).await.unwrap(), None);
    let later = begun + TimeDelta::hours(1);
    let meta = credentials::set(db, &keys, one, &app(), later).await.unwrap();
    assert_eq!((meta.kind, meta.hint.as_str()), (CredentialKind::GithubApp, "app 123, installation 456"));
    assert_eq!((meta.created_at, meta.updated_at), (begun, later));
    assert_eq!(credentials::open(db, &keys, one).await.unwrap(), Some(app()));
    assert!(!credentials::remove(db, other).await.unwrap());
    assert!(credentials::remove(db, one).await.unwrap());
    assert_eq!(credentials::get(db, one).await.unwrap(), None);
    credentials::set(db, &keys, one, &app(), later).await.unwrap();
    assert_eq!(projects::delete(db, one).await.unwrap(), Deletion::Deleted);
    assert_eq!(credentials::by_key(db).await.unwrap(), [], "it went with its project");
}

async fn does_not_open_elsewhere(database: TestDatabase) {
    let db = &of_tenant(&database).await;
    let keys = keys(OLD);
    let (one, other) = (project(db, "one").await, project(db, "other").await);
    credentials::set(db, &keys, one, &token(TOKEN), Utc::now()).await.unwrap();
    credentials::set(db, &keys, other, &token("another"), Utc::now()).await.unwrap();
    let open = async |project| credentials::open(db, &keys, project).await;
    run(
        db,
        "UPDATE project_credentials SET sealed = (SELECT sealed FROM project_credentials WHERE hint = 'ghp_…wxyz')",
    )
    .await;
    assert_eq!(open(one).await.unwrap(), Some(token(TOKEN)));
    let moved = open(other).await.unwrap_err();
    assert!(matches!(moved, CredentialError::Unreadable(OpenError::Altered)), "{moved}");
    run(db, "UPDATE project_credentials SET kind = 'githubApp'").await;
    let changed = open(one).await.unwrap_err();
    assert!(matches!(changed, CredentialError::Unreadable(OpenError::Altered)), "{changed}");
    let unknown = credentials::open(db, &self::keys(NEW), one).await.unwrap_err();
    assert!(unknown.to_string().contains(&id_of(OLD)), "{unknown}");
    let none = credentials::open(db, &KeyStore::none(), one).await.unwrap_err();
    assert!(matches!(none, CredentialError::Keys(KeysError::None)), "{none}");
}

async fn is_refused_without_keys_or_sense(database: TestDatabase) {
    let db = &of_tenant(&database).await;
    let project = project(db, "one").await;
    let refused = async |keys: &KeyStore, credential: &Credential| {
        let set = credentials::set(db, keys, project, credential, Utc::now());
        let error = set.await.unwrap_err();
        assert!(!format!("{error} {error:?}").contains("hush"), "{error:?}");
        error
    };
    let none = refused(&KeyStore::none(), &token("hush")).await;
    assert!(none.to_string().contains("project-sync secrets new-key"), "{none}");
    let key =
        |text: &str| Credential::GithubApp { app_id: 1, installation_id: 1, private_key: Secret::new(text) };
    let pem = "-----BEGIN PRIVATE KEY-----\nhush\n-----END PRIVATE KEY-----";
    let of = |app_id, installation_id| Credential::GithubApp {
        app_id,
        installation_id,
        private_key: Secret::new(pem),
    };
    for (credential, invalid) in [
        (token(" "), InvalidCredential::Token),
        (token("hush hush"), InvalidCredential::Token),
        (token("hush\r\nX-Evil: 1"), InvalidCredential::Token),
        (token(&"x".repeat(MAX_TOKEN_BYTES + 1)), InvalidCredential::Token),
        (of(0, 1), InvalidCredential::AppId),
        (of(1, 0), InvalidCredential::InstallationId),
        (key("hush"), InvalidCredential::PrivateKey),
        (key(&pem.replace("hush", &"x".repeat(40_000))), InvalidCredential::PrivateKey),
    ] {
        let error = refused(&keys(OLD), &credential).await;
        assert!(matches!(&error, CredentialError::Invalid(found) if *found == invalid), "{error}");
    }
    assert_eq!(credentials::by_key(db).await.unwrap(), []);
}

async fn is_sealed_anew_in_batches(database: TestDatabase) {
    let db = &of_tenant(&database).await;
    let count = ROTATION_BATCH + 2;
    let mut projects = Vec::new();
    let (old, both) = (keys(OLD), keys(&format!("{NEW}\n{OLD}")));
    for number in 0..count {
        let project = project(db, &format!("p{number}")).await;
        credentials::set(db, &old, project, &token(&format!("token-{number}")), Utc::now())
            .await
            .unwrap();
        projects.push(project);
    }
    run(
        db,
        &format!("UPDATE project_credentials SET key_id = 'lost' WHERE hint = '…' AND sealed IN ({FIRST})"),
    )
    .await;
    let before = credentials::get(db, projects[1]).await.unwrap().unwrap();
    let first = credentials::rotate(db, both.ring().unwrap(), None).await.unwrap();
    assert_eq!((first.resealed, &first.unreadable[..]), (ROTATION_BATCH - 1, &projects[..1]));
    assert_eq!(first.next, Some(projects[ROTATION_BATCH as usize - 1]));
    let second = credentials::rotate(db, both.ring().unwrap(), first.next).await.unwrap();
    assert_eq!((second.resealed, second.unreadable.len(), second.next), (2, 0, None));
    let again = credentials::rotate(db, both.ring().unwrap(), None).await.unwrap();
    assert_eq!((again.resealed, &again.unreadable[..], again.next), (0, &projects[..1], None));
    let mut by_key = credentials::by_key(db).await.unwrap();
    by_key.sort_by_key(|(_, count)| *count);
    assert_eq!(by_key, [("lost".to_owned(), 1), (id_of(NEW), count - 1)]);
    let only_new = keys(NEW);
    for (number, project) in projects.iter().enumerate().skip(1) {
        let opened = credentials::open(db, &only_new, *project).await.unwrap();
        assert_eq!(opened, Some(token(&format!("token-{number}"))));
    }
    let after = credentials::get(db, projects[1]).await.unwrap().unwrap();
    assert_eq!(
        (after.updated_at, after.hint),
        (before.updated_at, before.hint),
        "the credential is the same"
    );
}
}

/// The sealed bytes of the first project's credential.
const FIRST: &str = "SELECT sealed FROM project_credentials ORDER BY project_id LIMIT 1";

#[test]
fn a_hint_tells_little_and_debug_nothing() {
    for (text, hint) in [
        ("ghp_0123456789abcdef0123456789abcdefab12", "ghp_…ab12"),
        ("github_pat_0123456789abcdefWXYZ", "github_pat_…WXYZ"),
        ("01234567890123456789", "…6789"),
        ("0123456789012345678", "…"),
        ("ghs_short", "ghs_…"),
    ] {
        assert_eq!(token(text).hint(), hint);
    }
    let shown = format!("{:?} {:?}", token("hush"), app());
    assert!(!shown.contains("hush") && shown.contains("123"), "{shown}");
}
