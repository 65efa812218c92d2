//! Who belongs to a tenant, and who owns it.

use futures::future::join_all;
use project_sync_entities::{
    OfTenant, UserId,
    identity::{IdentityError, Role, members, tenants, users},
    projects::LOCAL_TENANT,
};
use testkit::{database::TestDatabase, on_each_database};

use crate::stage::{Stage, now, password};

on_each_database! {
    async fn a_tenant_sees_its_members(db: TestDatabase) {
        let stage = Stage::new(db).await;
        let ann = stage.member("Ann", Role::Viewer).await;
        stage.member("Bob", Role::Member).await;
        let names = async |after: Option<&str>, limit| -> Vec<String> {
            members::page(&stage.one, after, limit).await.unwrap().into_iter().map(|member| member.name).collect()
        };
        assert_eq!(names(None, 10).await, ["Ann", "Bob", "Olga"]);
        assert_eq!(names(Some("Ann"), 1).await, ["Bob"]);
        assert_eq!(members::get(&stage.one, ann.user_id).await.unwrap(), Some(ann.clone()));
        assert_eq!(members::get(&stage.other, ann.user_id).await.unwrap(), None);
        let otto = members::page(&stage.other, None, 10).await.unwrap();
        assert_eq!(otto.len(), 1);
        assert_eq!((otto[0].user_id, otto[0].role, otto[0].disabled_at), (stage.otto.id, Role::Owner, None));
    }

    async fn adding_somebody_leaves_their_password(db: TestDatabase) {
        let stage = Stage::new(db).await;
        let tenant = stage.one.tenant();
        let new = password().await;
        let add = async |name: &str, password| {
            stage.in_system(async |tx| members::add(tx, tenant, name, Role::Viewer, password, now()).await).await
        };
        let taken = add("Otto", Some(new.clone())).await.unwrap_err();
        assert!(matches!(taken, IdentityError::NameTaken { what: "user" }), "{taken}");
        let unknown = add("Nobody", None).await.unwrap_err();
        assert!(matches!(unknown, IdentityError::Invalid { field: "password", .. }), "{unknown}");
        assert_eq!(add(" Otto ", None).await.unwrap().user_id, stage.otto.id);
        let twice = add("Otto", None).await.unwrap_err();
        assert!(matches!(twice, IdentityError::NameTaken { what: "member" }), "{twice}");
        let kept = users::get(&stage.system, stage.otto.id).await.unwrap().unwrap();
        assert_eq!(kept.password_hash, stage.otto.password_hash);
        for bad in ["", "a\nb", &"x".repeat(101)] {
            assert!(matches!(add(bad, Some(new.clone())).await, Err(IdentityError::Invalid { field: "name", .. })));
        }
    }

    async fn the_last_owner_stays(db: TestDatabase) {
        let stage = Stage::new(db).await;
        let (tenant, olga) = (stage.one.tenant(), stage.olga.id);
        let demote = async |user| stage.in_system(async |tx| members::change(tx, tenant, user, Role::Member).await).await;
        let remove = async |user| stage.in_system(async |tx| members::remove(tx, tenant, user).await).await;
        let disable = async |user| stage.in_system(async |tx| users::disable(tx, user, now()).await).await;
        assert!(matches!(demote(olga).await, Err(IdentityError::LastOwner)));
        assert!(matches!(remove(olga).await, Err(IdentityError::LastOwner)));
        assert!(matches!(disable(olga).await, Err(IdentityError::LastOwner)));
        let ann = stage.member("Ann", Role::Owner).await;
        // An owner who cannot log in is none.
        disable(ann.user_id).await.unwrap();
        assert!(matches!(demote(olga).await, Err(IdentityError::LastOwner)));
        users::enable(&stage.system, ann.user_id).await.unwrap();
        demote(olga).await.unwrap();
        assert!(matches!(remove(ann.user_id).await, Err(IdentityError::LastOwner)));
        remove(olga).await.unwrap();
        assert!(matches!(remove(olga).await, Err(IdentityError::NotFound { .. })));
        assert!(matches!(demote(UserId::generate()).await, Err(IdentityError::NotFound { .. })));
        // Another tenant's owner is out of reach.
        assert!(matches!(remove(stage.otto.id).await, Err(IdentityError::NotFound { .. })));
    }

    async fn of_two_owners_who_leave_at_once_one_stays(db: TestDatabase) {
        let stage = Stage::new(db).await;
        let tenant = stage.one.tenant();
        let ann = stage.member("Ann", Role::Owner).await;
        let leaving = [stage.olga.id, ann.user_id].map(|user| {
            let system = stage.system.clone();
            async move {
                let transaction = system.begin_write().await.unwrap();
                let answer = members::remove(&transaction, tenant, user).await;
                transaction.commit().await.unwrap();
                answer.is_ok()
            }
        });
        let left = join_all(leaving).await.into_iter().filter(|left| *left).count();
        assert_eq!(left, 1);
        assert_eq!(members::page(&stage.one, None, 10).await.unwrap().len(), 1);
    }

    async fn a_tenants_name_is_its_own(db: TestDatabase) {
        let stage = Stage::new(db).await;
        let create = async |name: &str, owner: &str| {
            stage.in_system(async |tx| tenants::create(tx, name, owner, None, now()).await).await
        };
        assert!(matches!(create("one", "Otto").await, Err(IdentityError::NameTaken { what: "tenant" })));
        assert!(matches!(create("third", "Nobody").await, Err(IdentityError::Invalid { field: "password", .. })));
        let (third, owner) = create(" third ", "Otto").await.unwrap();
        assert_eq!((third.name.as_str(), owner.id), ("third", stage.otto.id));
        let names: Vec<_> = tenants::page(&stage.system, Some("one"), 10).await.unwrap().into_iter().map(|t| t.name).collect();
        assert_eq!(names, ["other", "third"]);
        assert_eq!(tenants::own(&stage.one).await.unwrap().unwrap().name, "one");
        assert_eq!(tenants::by_name(&stage.system, "third").await.unwrap().unwrap().id, third.id);
    }

    async fn the_first_user_is_set_up_once(db: TestDatabase) {
        let system = db.database().system();
        assert!(!users::any(&system).await.unwrap());
        let new = password().await;
        let set_up = async |name: &str| {
            let transaction = system.begin_write().await.unwrap();
            let answer = users::set_up(&transaction, name, new.clone(), now()).await;
            transaction.commit().await.unwrap();
            answer
        };
        let answers = join_all(["Ann", "Bob", "Eve"].map(set_up)).await;
        let refused = answers.iter().filter(|answer| matches!(answer, Err(IdentityError::AlreadySetUp))).count();
        assert_eq!(refused, 2);
        let (first, tenant) = answers.into_iter().find_map(Result::ok).unwrap();
        assert!(first.is_operator && users::any(&system).await.unwrap());
        let tenants = users::tenants_of(&system, first.id).await.unwrap();
        assert_eq!((tenants[0].tenant_id, tenants[0].name.as_str(), tenants[0].role), (tenant, LOCAL_TENANT, Role::Owner));
        assert_eq!(users::page(&system, None, 10).await.unwrap().len(), 1);
    }
}

/// The database's own rules: in a tenant's name nobody sees a hash, a session, or who belongs to another tenant.
#[tokio::test(flavor = "multi_thread")]
async fn postgres_keeps_secrets_from_tenants() {
    use sea_orm::ConnectionTrait;
    let stage = Stage::new(TestDatabase::postgres().await).await;
    for sql in [
        "SELECT password_hash FROM users",
        "SELECT * FROM sessions",
        "UPDATE users SET is_operator = true",
        "DELETE FROM audit_log",
    ] {
        let error = stage.one.execute_unprepared(sql).await.unwrap_err().to_string();
        assert!(error.contains("permission denied"), "{sql}: {error}");
    }
    let seen = stage.one.execute_unprepared("SELECT name FROM users").await.unwrap();
    assert_eq!(seen.rows_affected(), 1);
}
