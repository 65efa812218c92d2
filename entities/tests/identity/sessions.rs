//! Browsers that somebody logged in with.

use project_sync_entities::{
    OfTenant,
    identity::{
        IdentityError, Refusal, Right, Role, members,
        passwords::{self, Password},
        sessions::{self, Found},
        users::{self, Login},
    },
};
use sea_orm::{ConnectionTrait, Statement};
use testkit::on_each_database;

use crate::stage::{PASSWORD, Stage, after, now, password, rights};

async fn who(stage: &Stage, cookie: &str, seconds: i64) -> Result<Found, Refusal> {
    sessions::authenticate(&stage.system, cookie, after(seconds)).await.unwrap()
}

const DAY: i64 = 24 * 60 * 60;

on_each_database! {
    async fn a_name_and_its_password_log_in(db: TestDatabase) {
        let stage = Stage::new(db).await;
        let log_in = async |name: &str, password: &str| {
            users::log_in(&stage.system, name, Password::given(password)).await.unwrap()
        };
        assert_eq!(log_in("Olga", PASSWORD).await, Login::Right(stage.olga.clone()));
        assert_eq!(log_in("Olga", "wrong horse").await, Login::Wrong(Some(stage.olga.clone())));
        assert_eq!(log_in("Nobody", PASSWORD).await, Login::Wrong(None));
        assert_eq!(log_in("", PASSWORD).await, Login::Wrong(None));
        let ann = stage.member("Ann", Role::Viewer).await;
        stage.in_system(async |tx| users::disable(tx, ann.user_id, now()).await.unwrap()).await;
        assert!(matches!(log_in("Ann", PASSWORD).await, Login::Wrong(Some(_))));
    }

    async fn a_cookie_is_who_logged_in(db: TestDatabase) {
        let stage = Stage::new(db).await;
        let (cookie, begun) = stage.session(&stage.olga, None).await;
        let found = who(&stage, cookie.expose(), 0).await.unwrap();
        assert_eq!(found, begun);
        assert_eq!(found.principal.tenant.id, stage.one.tenant());
        assert_eq!(found.principal.role, Some(Role::Owner));
        assert_eq!(found.principal.rights, rights(&[Right::Read, Right::Sync, Right::Admin]));
        assert_eq!(found.principal.on_behalf_of, Some(stage.olga.id));
        for other in ["", &cookie.expose()[1..], &"0".repeat(64), &cookie.expose().to_uppercase()] {
            assert_eq!(who(&stage, other, 0).await, Err(Refusal::Unknown), "{other}");
        }
        let again = stage.session(&stage.olga, None).await;
        assert_ne!(again.0, cookie, "a cookie is new each time");
        sessions::end(&stage.system, begun.id).await.unwrap();
        assert_eq!(who(&stage, cookie.expose(), 0).await, Err(Refusal::Unknown));
        assert!(who(&stage, again.0.expose(), 0).await.is_ok());
        let elsewhere = stage.in_system(async |tx| sessions::begin(tx, &stage.olga, Some(stage.other.tenant()), now()).await).await;
        assert!(matches!(elsewhere, Err(IdentityError::NotFound { .. })));
    }

    async fn a_session_ends_by_itself(db: TestDatabase) {
        let stage = Stage::new(db).await;
        let (idle, _) = stage.session(&stage.olga, None).await;
        let (used, _) = stage.session(&stage.olga, None).await;
        assert!(who(&stage, idle.expose(), DAY - 1).await.is_ok(), "and is used by that");
        assert_eq!(who(&stage, idle.expose(), 2 * DAY - 1).await, Err(Refusal::Expired));
        for hours in (0..14 * 24).step_by(23) {
            assert!(who(&stage, used.expose(), hours * 3_600).await.is_ok(), "{hours}");
        }
        assert!(who(&stage, used.expose(), 14 * DAY - 1).await.is_ok());
        assert_eq!(who(&stage, used.expose(), 14 * DAY).await, Err(Refusal::Expired));
        assert_eq!(sessions::expire(&stage.system, after(3 * DAY)).await.unwrap(), 1);
        assert_eq!(who(&stage, idle.expose(), 0).await, Err(Refusal::Unknown));
        assert_eq!(sessions::expire(&stage.system, after(14 * DAY)).await.unwrap(), 1);
    }

    async fn a_session_is_what_its_user_is_now(db: TestDatabase) {
        let stage = Stage::new(db).await;
        let tenant = stage.one.tenant();
        let ann = stage.member("Ann", Role::Member).await;
        let user = users::get(&stage.system, ann.user_id).await.unwrap().unwrap();
        let (cookie, _) = stage.session(&user, None).await;
        assert_eq!(who(&stage, cookie.expose(), 0).await.unwrap().principal.role, Some(Role::Member));
        stage.in_system(async |tx| members::change(tx, tenant, ann.user_id, Role::Viewer).await.unwrap()).await;
        assert_eq!(who(&stage, cookie.expose(), 0).await.unwrap().principal.rights, rights(&[Right::Read]));
        users::set_operator(&stage.system, ann.user_id, true).await.unwrap();
        assert!(who(&stage, cookie.expose(), 0).await.unwrap().principal.may(Right::Operate));
        stage.in_system(async |tx| members::remove(tx, tenant, ann.user_id).await.unwrap()).await;
        assert_eq!(who(&stage, cookie.expose(), 0).await, Err(Refusal::Unknown));
        let (cookie, _) = stage.session(&stage.otto, None).await;
        let disable = async |name: &str| {
            let user = users::by_name(&stage.system, name).await.unwrap().unwrap();
            stage.in_system(async |tx| users::disable(tx, user.id, now()).await).await
        };
        assert!(matches!(disable("Otto").await, Err(IdentityError::LastOwner)));
        assert!(who(&stage, cookie.expose(), 0).await.is_ok());
    }

    async fn a_new_password_ends_other_sessions(db: TestDatabase) {
        let stage = Stage::new(db).await;
        let (kept, found) = stage.session(&stage.olga, None).await;
        let (other, _) = stage.session(&stage.olga, None).await;
        let (ottos, _) = stage.session(&stage.otto, None).await;
        let new = passwords::hash(Password::chosen("another horse").unwrap()).await.unwrap();
        stage.in_system(async |tx| users::set_password(tx, stage.olga.id, new, Some(found.id)).await.unwrap()).await;
        assert!(who(&stage, kept.expose(), 0).await.is_ok());
        assert_eq!(who(&stage, other.expose(), 0).await, Err(Refusal::Unknown));
        assert!(who(&stage, ottos.expose(), 0).await.is_ok());
        let old = users::log_in(&stage.system, "Olga", Password::given(PASSWORD)).await.unwrap();
        assert!(matches!(old, Login::Wrong(_)));
        let new = users::log_in(&stage.system, "Olga", Password::given("another horse")).await.unwrap();
        assert!(matches!(new, Login::Right(_)));
        stage.in_system(async |tx| users::set_password(tx, stage.olga.id, password().await, None).await.unwrap()).await;
        assert_eq!(who(&stage, kept.expose(), 0).await, Err(Refusal::Unknown));
    }

    async fn a_session_looks_at_one_of_the_users_tenants(db: TestDatabase) {
        let stage = Stage::new(db).await;
        let (one, other) = (stage.one.tenant(), stage.other.tenant());
        let (cookie, found) = stage.session(&stage.olga, None).await;
        let switched = stage.in_system(async |tx| sessions::switch(tx, &found, other).await).await;
        assert!(matches!(switched, Err(IdentityError::NotFound { .. })), "no member of it");
        stage.in_system(async |tx| members::add(tx, other, "Olga", Role::Viewer, None, now()).await.unwrap()).await;
        let tenants = users::tenants_of(&stage.system, stage.olga.id).await.unwrap();
        let names: Vec<_> = tenants.iter().map(|of| (of.name.as_str(), of.role)).collect();
        assert_eq!(names, [("one", Role::Owner), ("other", Role::Viewer)]);
        let switched = stage.in_system(async |tx| sessions::switch(tx, &found, other).await.unwrap()).await;
        let found = who(&stage, cookie.expose(), 0).await.unwrap();
        assert_eq!(found, switched);
        assert_eq!((found.principal.tenant.id, found.principal.rights), (other, rights(&[Right::Read])));
        stage.in_system(async |tx| sessions::switch(tx, &found, one).await.unwrap()).await;
        assert_eq!(who(&stage, cookie.expose(), 0).await.unwrap().principal.role, Some(Role::Owner));
    }

    async fn the_oldest_of_too_many_sessions_end(db: TestDatabase) {
        let stage = Stage::new(db).await;
        let mut cookies = Vec::new();
        for _ in 0..sessions::MAX_PER_USER + 2 {
            cookies.push(stage.session(&stage.olga, None).await.0);
        }
        for (n, cookie) in cookies.iter().enumerate() {
            assert_eq!(who(&stage, cookie.expose(), 0).await.is_ok(), n >= 2, "{n}");
        }
    }

    async fn cookies_and_passwords_are_not_stored(db: TestDatabase) {
        let stage = Stage::new(db).await;
        let (cookie, _) = stage.session(&stage.olga, None).await;
        let connection = stage.database.connection();
        let statement = Statement::from_string(connection.get_database_backend(), "SELECT hash FROM sessions");
        let kept: Vec<u8> = connection.query_one_raw(statement).await.unwrap().unwrap().try_get("", "hash").unwrap();
        assert_eq!(kept.len(), 32);
        assert_ne!(hex(&kept), cookie.expose());
        assert!(stage.olga.password_hash.as_ref().unwrap().starts_with("$argon2id$"));
        assert!(!format!("{:?} {cookie:?}", stage.olga).contains("argon2"));
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
