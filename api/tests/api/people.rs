//! People and machines of two tenants, and how they ask.

use chrono::Utc;
use entities::{
    OfTenant, SystemTx, TenantDb, User,
    identity::{
        Principal, Right, Rights, Role, TenantName, members,
        passwords::{self, Password, PasswordHash},
        sessions, tenants,
        tokens::{self, NewToken},
        users,
    },
};
use project_sync_api::{Access, Settings};
use serde_json::Value;
use testkit::database::TestDatabase;

use crate::scene::{Reply, Scene};

/// The password of everybody.
pub const PASSWORD: &str = "correct horse";

/// How somebody shows who they are.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Who {
    Nobody,
    Bearer(String),
    Cookie(String),
}

/// A service that asks who it is, with people of the tenant "local", and of another one, which Otto owns.
pub struct People {
    pub scene: Scene,
    pub other: TenantDb,
    hash: PasswordHash,
}

impl People {
    pub async fn new(database: TestDatabase) -> Self {
        Self::with(database, Settings::default()).await
    }

    pub async fn with(database: TestDatabase, settings: Settings) -> Self {
        let scene = Scene::with(database, Settings { access: Access::Identity, ..settings }).await;
        let hash = passwords::hash(Password::given(PASSWORD)).await.unwrap();
        let transaction = scene.system().begin_write().await.unwrap();
        let (other, _) =
            tenants::create(&transaction, "other", "Otto", Some(hash.clone()), Utc::now()).await.unwrap();
        transaction.commit().await.unwrap();
        let other = scene.db.database().tenant(other.id);
        let people = Self { scene, other, hash };
        people.add("Olga", Role::Owner).await;
        people
    }

    async fn in_system<T>(&self, work: impl AsyncFnOnce(&SystemTx) -> T) -> T {
        let transaction = self.scene.system().begin_write().await.unwrap();
        let answer = work(&transaction).await;
        transaction.commit().await.unwrap();
        answer
    }

    /// A new member of the tenant "local".
    pub async fn add(&self, name: &str, role: Role) -> User {
        let (tenant, hash) = (self.scene.tenant, Some(self.hash.clone()));
        self.in_system(async |tx| members::add(tx, tenant, name, role, hash, Utc::now()).await.unwrap())
            .await;
        self.user(name).await
    }

    pub async fn user(&self, name: &str) -> User {
        users::by_name(&self.scene.system(), name).await.unwrap().unwrap()
    }

    /// Lets a user operate the installation.
    pub async fn make_operator(&self, name: &str) {
        let user = self.user(name).await;
        users::set_operator(&self.scene.system(), user.id, true).await.unwrap();
    }

    /// A browser that a user is logged in with.
    pub async fn browser(&self, name: &str) -> Who {
        let user = self.user(name).await;
        let begun =
            self.in_system(async |tx| sessions::begin(tx, &user, None, Utc::now()).await.unwrap()).await;
        Who::Cookie(begun.0.expose().to_owned())
    }

    /// A token in nobody's name, of the tenant of `db`.
    pub async fn token(&self, db: &TenantDb, scopes: &[Right]) -> Who {
        let new = NewToken { scopes: scopes.iter().copied().collect(), ..token() };
        self.token_like(db, new).await
    }

    pub async fn token_like(&self, db: &TenantDb, new: NewToken) -> Who {
        let by = Principal::command("test", TenantName { id: db.tenant(), name: "any".to_owned() });
        let (secret, _) = tokens::create(db, &by, new, Utc::now()).await.unwrap();
        Who::Bearer(secret.expose().to_owned())
    }

    /// Sends a request as somebody; a browser sends it from a page of the service.
    pub async fn ask(&self, who: &Who, method: &str, path: &str, body: Option<&Value>) -> Reply {
        self.ask_with(who, method, path, body, &[]).await
    }

    pub async fn ask_with(
        &self,
        who: &Who,
        method: &str,
        path: &str,
        body: Option<&Value>,
        more: &[(&str, &str)],
    ) -> Reply {
        let origin = format!("http://{}", self.scene.address);
        let (bearer, cookie);
        let mut headers = more.to_vec();
        match who {
            Who::Nobody => {}
            Who::Bearer(token) => {
                bearer = format!("Bearer {token}");
                headers.push(("authorization", &bearer));
            }
            Who::Cookie(secret) => {
                cookie = format!("ps_session={secret}");
                headers.push(("cookie", &cookie));
                if !more.iter().any(|(name, _)| *name == "origin" || *name == "sec-fetch-site") {
                    headers.push(("origin", &origin));
                }
            }
        }
        if body.is_some() {
            headers.push(("content-type", "application/json"));
        }
        let body = body.map(|body| serde_json::to_vec(body).unwrap());
        self.scene.call(method, path, &headers, body).await
    }

    pub async fn get(&self, who: &Who, path: &str) -> Reply {
        self.ask(who, "GET", path, None).await
    }

    pub async fn post(&self, who: &Who, path: &str, body: Value) -> Reply {
        self.ask(who, "POST", path, Some(&body)).await
    }
}

/// A token to be made: for nothing yet.
pub fn token() -> NewToken {
    NewToken {
        name: "machine".to_owned(),
        scopes: Rights::NONE,
        is_operator: false,
        project: None,
        expires_at: None,
    }
}
