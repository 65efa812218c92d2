//! What machines are known by.

use project_sync_entities::{
    OfTenant, ProjectId,
    identity::{
        Digest, IdentityError, Principal, PrincipalKind, Refusal, Right, Rights, Role, members,
        tokens::{self, NewToken},
        users,
    },
    projects,
};
use sea_orm::{ConnectionTrait, Statement};
use testkit::on_each_database;

use crate::stage::{Stage, after, now, project, reader, rights};

/// Who bears a token, at a time.
async fn who(stage: &Stage, token: &str, seconds: i64) -> Result<Principal, Refusal> {
    tokens::authenticate(&stage.system, token, after(seconds)).await.unwrap()
}

on_each_database! {
    async fn a_token_is_known_by_its_digest(db: TestDatabase) {
        let stage = Stage::new(db).await;
        let (secret, row) = stage.token(&stage.command(), reader()).await;
        let found = who(&stage, secret.expose(), 0).await.unwrap();
        assert_eq!((found.kind, found.id, found.name.as_str()), (PrincipalKind::Token, Some(row.id.0), "ci"));
        assert_eq!((found.tenant.id, found.tenant.name.as_str()), (stage.one.tenant(), "one"));
        assert_eq!((found.role, found.rights), (None, rights(&[Right::Read])));
        for other in ["", "ps_", &secret.expose()[3..], &secret.expose().to_uppercase(), &format!("ps_{}", "0".repeat(64))] {
            assert_eq!(who(&stage, other, 0).await, Err(Refusal::Unknown), "{other}");
        }
        // Nothing that is stored is the token.
        let sql = "SELECT name, hint, scopes FROM api_tokens";
        let connection = stage.database.connection();
        let statement = Statement::from_string(connection.get_database_backend(), sql);
        let kept = connection.query_one_raw(statement).await.unwrap().unwrap();
        assert_eq!(kept.try_get::<String>("", "hint").unwrap(), secret.expose()[..9]);
        assert_eq!(Digest::of(secret.expose()), secret.digest());
        assert_eq!(row.hash.len(), 32);
        assert!(!format!("{row:?}").contains("hash"));
    }

    async fn a_token_ends(db: TestDatabase) {
        let stage = Stage::new(db).await;
        let (secret, row) = stage.token(&stage.command(), NewToken { expires_at: Some(after(60)), ..reader() }).await;
        assert!(who(&stage, secret.expose(), 59).await.is_ok());
        assert_eq!(who(&stage, secret.expose(), 60).await, Err(Refusal::Expired));
        assert!(!tokens::revoke(&stage.other, row.id, now()).await.unwrap(), "another tenant's");
        assert!(who(&stage, secret.expose(), 1).await.is_ok());
        assert!(tokens::revoke(&stage.one, row.id, now()).await.unwrap());
        assert_eq!(who(&stage, secret.expose(), 1).await, Err(Refusal::Revoked));
        assert!(!tokens::revoke(&stage.one, row.id, after(5)).await.unwrap());
        assert_eq!(tokens::get(&stage.one, row.id).await.unwrap().unwrap().revoked_at, Some(now()));
    }

    async fn its_use_is_noted_to_the_minute(db: TestDatabase) {
        let stage = Stage::new(db).await;
        let (secret, row) = stage.token(&stage.command(), reader()).await;
        for (seconds, noted) in [(0, 0), (59, 0), (60, 60), (100, 60), (500, 500)] {
            who(&stage, secret.expose(), seconds).await.unwrap();
            let row = tokens::get(&stage.one, row.id).await.unwrap().unwrap();
            assert_eq!(row.last_used_at, Some(after(noted)), "{seconds}");
        }
    }

    async fn a_token_never_does_more_than_its_user(db: TestDatabase) {
        let stage = Stage::new(db).await;
        let ann = stage.member("Ann", Role::Owner).await;
        let user = users::get(&stage.system, ann.user_id).await.unwrap().unwrap();
        let by = stage.principal(&user).await;
        let all = rights(&[Right::Read, Right::Sync, Right::Admin]);
        let (secret, _) = stage.token(&by, NewToken { scopes: all, ..reader() }).await;
        let (reads, _) = stage.token(&by, reader()).await;
        assert_eq!(who(&stage, secret.expose(), 0).await.unwrap().rights, all);
        let tenant = stage.one.tenant();
        for (role, left) in [(Role::Member, rights(&[Right::Read, Right::Sync])), (Role::Viewer, rights(&[Right::Read])), (Role::Owner, all)] {
            stage.in_system(async |tx| members::change(tx, tenant, ann.user_id, role).await.unwrap()).await;
            assert_eq!(who(&stage, secret.expose(), 0).await.unwrap().rights, left);
            assert_eq!(who(&stage, reads.expose(), 0).await.unwrap().rights, rights(&[Right::Read]));
        }
        stage.in_system(async |tx| users::disable(tx, ann.user_id, now()).await.unwrap()).await;
        assert_eq!(who(&stage, secret.expose(), 0).await, Err(Refusal::Disabled));
        users::enable(&stage.system, ann.user_id).await.unwrap();
        assert!(who(&stage, secret.expose(), 0).await.is_ok());
        stage.in_system(async |tx| members::remove(tx, tenant, ann.user_id).await.unwrap()).await;
        assert_eq!(who(&stage, secret.expose(), 0).await, Err(Refusal::NotMember));
    }

    async fn an_operators_token_ends_with_the_operator(db: TestDatabase) {
        let stage = Stage::new(db).await;
        users::set_operator(&stage.system, stage.olga.id, true).await.unwrap();
        let olga = users::get(&stage.system, stage.olga.id).await.unwrap().unwrap();
        let by = stage.principal(&olga).await;
        let new = NewToken { is_operator: true, scopes: Rights::NONE, ..reader() };
        let (secret, _) = stage.token(&by, new).await;
        assert_eq!(who(&stage, secret.expose(), 0).await.unwrap().rights, rights(&[Right::Operate]));
        users::set_operator(&stage.system, olga.id, false).await.unwrap();
        assert_eq!(who(&stage, secret.expose(), 0).await.unwrap().rights, Rights::NONE);
    }

    async fn nobody_gives_more_than_they_have(db: TestDatabase) {
        let stage = Stage::new(db).await;
        let (mine, theirs) = (project(&stage.one, "mine").await, project(&stage.other, "theirs").await);
        let owner = stage.principal(&stage.olga).await;
        let refused = async |by: &Principal, new: NewToken| {
            tokens::create(&stage.one, by, new, now()).await.unwrap_err()
        };
        let too_much = |error: IdentityError| assert!(matches!(error, IdentityError::TooMuch { .. }), "{error}");
        let operator = NewToken { is_operator: true, ..reader() };
        too_much(refused(&owner, operator).await);
        let viewer = Principal { rights: rights(&[Right::Read, Right::Admin]), ..owner.clone() };
        too_much(refused(&viewer, NewToken { scopes: rights(&[Right::Sync]), ..reader() }).await);
        let of_project = Principal { project_id: Some(mine), ..owner.clone() };
        too_much(refused(&of_project, reader()).await);
        stage.token(&of_project, NewToken { project: Some(mine), ..reader() }).await;

        // A token gives no longer life than it has.
        let (secret, _) = stage.token(&owner, NewToken { scopes: rights(&[Right::Read, Right::Admin]), expires_at: Some(after(100)), ..reader() }).await;
        let token = who(&stage, secret.expose(), 0).await.unwrap();
        too_much(refused(&token, reader()).await);
        too_much(refused(&token, NewToken { expires_at: Some(after(101)), ..reader() }).await);
        let (_, made) = stage.token(&token, NewToken { expires_at: Some(after(100)), ..reader() }).await;
        // It acts for whom the first one acts.
        assert_eq!(made.created_by, Some(stage.olga.id));

        for project in [theirs, ProjectId::generate()] {
            let error = refused(&owner, NewToken { project: Some(project), ..reader() }).await;
            assert!(matches!(error, IdentityError::NotFound { what: "project" }), "{error}");
        }
        for (field, new) in [
            ("name", NewToken { name: " ".to_owned(), ..reader() }),
            ("scopes", NewToken { scopes: Rights::NONE, ..reader() }),
            ("scopes", NewToken { scopes: rights(&[Right::Operate]), ..reader() }),
            ("operator", NewToken { is_operator: true, project: Some(mine), ..reader() }),
            ("expiresAt", NewToken { expires_at: Some(now()), ..reader() }),
        ] {
            let error = refused(&stage.command(), new).await;
            assert!(matches!(error, IdentityError::Invalid { field: f, .. } if f == field), "{error}");
        }
    }

    async fn a_tenant_lists_its_own_tokens(db: TestDatabase) {
        let stage = Stage::new(db).await;
        let mut ids = Vec::new();
        for _ in 0..5 {
            ids.insert(0, stage.token(&stage.command(), reader()).await.1.id);
        }
        let page = async |after, limit| -> Vec<_> {
            tokens::page(&stage.one, after, limit).await.unwrap().iter().map(|row| row.id).collect()
        };
        assert_eq!(page(None, 10).await, ids);
        assert_eq!(page(None, 2).await, ids[..2]);
        assert_eq!(page(Some(ids[1]), 2).await, ids[2..4]);
        assert!(tokens::page(&stage.other, None, 10).await.unwrap().is_empty());
        assert!(tokens::get(&stage.other, ids[0]).await.unwrap().is_none());
    }

    async fn a_projects_token_goes_with_the_project(db: TestDatabase) {
        let stage = Stage::new(db).await;
        let mine = project(&stage.one, "mine").await;
        let (secret, _) = stage.token(&stage.command(), NewToken { project: Some(mine), ..reader() }).await;
        assert_eq!(who(&stage, secret.expose(), 0).await.unwrap().project_id, Some(mine));
        assert_eq!(projects::delete(&stage.one, mine).await.unwrap(), projects::Deletion::Deleted);
        assert_eq!(who(&stage, secret.expose(), 0).await, Err(Refusal::Unknown));
    }
}
