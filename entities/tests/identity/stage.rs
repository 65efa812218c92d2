//! Tenants and users to play with.

use chrono::{DateTime, TimeDelta, TimeZone, Utc};
use project_sync_entities::{
    ApiToken, OfTenant, ProjectId, SourceSpec, SystemDb, SystemTx, TenantDb, TenantId, User,
    identity::{
        Issued, Principal, Right, Rights, Role, TenantName,
        members::{self, Member},
        passwords::{self, Password, PasswordHash},
        sessions, tenants,
        tokens::{self, NewToken},
    },
    projects,
};
use testkit::database::TestDatabase;

/// The password of everybody.
pub const PASSWORD: &str = "correct horse";

/// An installation with two tenants. Olga owns one, Otto the other.
pub struct Stage {
    pub database: TestDatabase,
    pub system: SystemDb,
    pub one: TenantDb,
    pub other: TenantDb,
    pub olga: User,
    pub otto: User,
}

/// When it begins.
pub fn now() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2030, 1, 2, 3, 4, 5).unwrap()
}

/// So many seconds later.
pub fn after(seconds: i64) -> DateTime<Utc> {
    now() + TimeDelta::seconds(seconds)
}

pub async fn password() -> PasswordHash {
    passwords::hash(Password::given(PASSWORD)).await.unwrap()
}

pub fn rights(rights: &[Right]) -> Rights {
    Rights::of(rights)
}

/// A token that reads.
pub fn reader() -> NewToken {
    NewToken {
        name: "ci".to_owned(),
        scopes: rights(&[Right::Read]),
        is_operator: false,
        project: None,
        expires_at: None,
    }
}

impl Stage {
    pub async fn new(database: TestDatabase) -> Self {
        let system = database.database().system();
        let mut made = Vec::new();
        for (name, owner) in [("one", "Olga"), ("other", "Otto")] {
            let transaction = system.begin_write().await.unwrap();
            made.push(
                tenants::create(&transaction, name, owner, Some(password().await), now()).await.unwrap(),
            );
            transaction.commit().await.unwrap();
        }
        let [(one, olga), (other, otto)] = made.try_into().unwrap();
        let (one, other) = (database.database().tenant(one.id), database.database().tenant(other.id));
        Self { database, system, one, other, olga, otto }
    }

    /// Does something in the name of the system, in one transaction.
    pub async fn in_system<T>(&self, work: impl AsyncFnOnce(&SystemTx) -> T) -> T {
        let transaction = self.system.begin_write().await.unwrap();
        let answer = work(&transaction).await;
        transaction.commit().await.unwrap();
        answer
    }

    /// Makes somebody new a member of tenant one.
    pub async fn member(&self, name: &str, role: Role) -> Member {
        let (tenant, password) = (self.one.tenant(), Some(password().await));
        self.in_system(async |tx| members::add(tx, tenant, name, role, password, now()).await.unwrap()).await
    }

    /// Somebody who logged in: the cookie, and who they are.
    pub async fn session(&self, user: &User, tenant: Option<TenantId>) -> (Issued, sessions::Found) {
        self.in_system(async |tx| sessions::begin(tx, user, tenant, now()).await.unwrap()).await
    }

    /// A user as a principal of tenant one.
    pub async fn principal(&self, user: &User) -> Principal {
        self.session(user, Some(self.one.tenant())).await.1.principal
    }

    /// Whoever runs commands for tenant one.
    pub fn command(&self) -> Principal {
        Principal::command("root", TenantName { id: self.one.tenant(), name: "one".to_owned() })
    }

    /// A token of tenant one.
    pub async fn token(&self, by: &Principal, new: NewToken) -> (Issued, ApiToken) {
        tokens::create(&self.one, by, new, now()).await.unwrap()
    }
}

/// A project of a tenant.
pub async fn project(db: &TenantDb, name: &str) -> ProjectId {
    let source = SourceSpec::Git { url: format!("/{name}") };
    projects::create(db, name, &source, now()).await.unwrap().project.id
}
