//! Logging in with a browser.

use std::collections::BTreeSet;

use entities::{
    OfTenant,
    identity::{Role, members},
};
use project_sync_api::{Access, Settings};
use serde_json::{Value, json};
use testkit::{database::TestDatabase, on_each_database};

use crate::{
    people::{PASSWORD, People, Who},
    scene::{Reply, Scene},
};

const SESSION: &str = "/api/v1/session";

fn login(name: &str, password: &str) -> Value {
    json!({ "name": name, "password": password })
}

/// The parts of the cookie that an answer sets: its value first.
fn cookie(reply: &Reply) -> Vec<String> {
    let line = reply.header("set-cookie").unwrap_or_else(|| panic!("no cookie: {reply:?}"));
    let mut parts: Vec<String> = line.split(';').map(|part| part.trim().to_owned()).collect();
    parts[0] = parts[0].strip_prefix("ps_session=").unwrap().to_owned();
    parts
}

/// The browser that an answer logs in.
fn browser(reply: &Reply) -> Who {
    Who::Cookie(cookie(reply).remove(0))
}

on_each_database! {
    async fn who_logs_in_is_known_by_a_cookie(db: TestDatabase) {
        let people = People::new(db).await;
        let before = people.get(&Who::Nobody, SESSION).await.expect(200);
        assert_eq!(before, json!({ "access": "identity", "setUp": true, "principal": null, "tenants": [] }));
        let reply = people.post(&Who::Nobody, SESSION, login("Olga", PASSWORD)).await;
        let session = reply.expect(200);
        assert_eq!(session["principal"]["kind"], "user");
        assert_eq!(session["principal"]["name"], "Olga");
        assert_eq!(session["principal"]["role"], "owner");
        assert_eq!(session["principal"]["rights"], json!(["read", "sync", "admin"]));
        assert_eq!(session["tenants"][0]["name"], "local");
        let parts = cookie(&reply);
        assert_eq!(parts[0].len(), 64);
        let attributes: BTreeSet<_> = parts[1..].iter().map(String::as_str).collect();
        // The test is on this machine; elsewhere `Secure` is among them.
        assert_eq!(attributes, BTreeSet::from(["HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=1209600"]));
        let elsewhere = people.ask_with(&Who::Nobody, "POST", SESSION, Some(&login("Olga", PASSWORD)), &[("host", "app.example")]).await;
        assert!(cookie(&elsewhere).contains(&"Secure".to_owned()));
        let who = browser(&reply);
        assert_eq!(people.get(&who, SESSION).await.expect(200), session);
        people.get(&who, "/api/v1/projects").await.expect(200);

        let out = people.ask(&who, "DELETE", SESSION, None).await;
        out.expect(204);
        assert_eq!(cookie(&out)[0], "");
        assert!(cookie(&out).contains(&"Max-Age=0".to_owned()));
        people.get(&who, "/api/v1/projects").await.problem(401, "unauthorized");
        assert_eq!(people.get(&who, SESSION).await.expect(200)["principal"], Value::Null);
    }

    async fn what_is_wrong_is_not_told(db: TestDatabase) {
        let people = People::new(db).await;
        let wrong = people.post(&Who::Nobody, SESSION, login("Olga", "wrong horse")).await;
        let nobody = people.post(&Who::Nobody, SESSION, login("Nobody", PASSWORD)).await;
        assert_eq!(wrong.problem(401, "invalid-credentials"), nobody.problem(401, "invalid-credentials"));
        assert_eq!(wrong.header("set-cookie"), None);
        assert_eq!(wrong.header("www-authenticate"), None, "browsers would ask by themselves");
        let tenant = people.other.tenant();
        let body = json!({ "name": "Olga", "password": PASSWORD, "tenantId": tenant });
        people.post(&Who::Nobody, SESSION, body).await.problem(404, "tenant-not-found");
    }

    /// A cookie that somebody planted is not the one of the session.
    async fn a_session_is_not_fixed_beforehand(db: TestDatabase) {
        let people = People::new(db).await;
        let planted = Who::Cookie("a".repeat(64));
        let first = people.ask(&planted, "POST", SESSION, Some(&login("Olga", PASSWORD))).await;
        first.expect(200);
        assert_ne!(browser(&first), planted);
        people.get(&planted, "/api/v1/projects").await.problem(401, "unauthorized");
        // Logging in again ends the session before.
        let second = people.ask(&browser(&first), "POST", SESSION, Some(&login("Olga", PASSWORD))).await;
        second.expect(200);
        people.get(&browser(&first), "/api/v1/projects").await.problem(401, "unauthorized");
        people.get(&browser(&second), "/api/v1/projects").await.expect(200);
    }

    async fn sessions_end_by_themselves(db: TestDatabase) {
        let people = People::new(db).await;
        let who = people.browser("Olga").await;
        people.get(&who, "/api/v1/projects").await.expect(200);
        people.scene.advance(24 * 60 * 60 - 600);
        people.get(&who, "/api/v1/projects").await.expect(200);
        people.scene.advance(24 * 60 * 60 + 10);
        people.get(&who, "/api/v1/projects").await.problem(401, "unauthorized");
    }

    /// What pages of other sites make a browser send is refused, whatever it is.
    async fn changes_come_from_our_own_pages(db: TestDatabase) {
        let people = People::new(db).await;
        let who = people.browser("Olga").await;
        let own = format!("http://{}", people.scene.address);
        let token = json!({ "name": "t", "scopes": ["read"] });
        for header in [("origin", "https://evil.example"), ("origin", "null"), ("origin", ""), ("sec-fetch-site", "cross-site"), ("sec-fetch-site", "same-site")] {
            for (method, path) in [("POST", "/api/v1/tokens"), ("DELETE", SESSION), ("PUT", SESSION), ("PUT", "/api/v1/session/password"), ("POST", "/api/v1/projects")] {
                people.ask_with(&who, method, path, Some(&token), &[header]).await.problem(403, "foreign-origin");
            }
            people.ask_with(&who, "GET", "/api/v1/projects", None, &[header]).await.expect(200);
        }
        for header in [("origin", own.as_str()), ("sec-fetch-site", "same-origin")] {
            people.ask_with(&who, "POST", "/api/v1/tokens", Some(&token), &[header]).await.expect(201);
        }
        // Nor does such a page log anybody in.
        for path in [SESSION, "/api/v1/setup"] {
            let reply = people.ask_with(&Who::Nobody, "POST", path, Some(&login("Olga", PASSWORD)), &[("origin", "https://evil.example")]).await;
            reply.problem(403, "foreign-origin");
        }
        // A token is no cookie: a page that has one may use it.
        let machine = people.token(&people.scene.db, &[entities::identity::Right::Read]).await;
        people.ask_with(&machine, "POST", "/api/v1/stream-tickets", Some(&json!({})), &[("origin", "https://evil.example")]).await.expect(201);
    }

    async fn a_password_is_changed_by_whoever_knows_it(db: TestDatabase) {
        let people = People::new(db).await;
        let (who, other) = (people.browser("Olga").await, people.browser("Olga").await);
        let path = "/api/v1/session/password";
        let change = async |current: &str, new: &str| {
            people.ask(&who, "PUT", path, Some(&json!({ "current": current, "new": new }))).await
        };
        change("wrong horse", "another horse").await.problem(401, "invalid-credentials");
        let short = change(PASSWORD, "short").await.problem(422, "invalid-value");
        assert_eq!(short["field"], "new");
        change(PASSWORD, "another horse").await.expect(204);
        people.get(&who, "/api/v1/projects").await.expect(200);
        people.get(&other, "/api/v1/projects").await.problem(401, "unauthorized");
        people.post(&Who::Nobody, SESSION, login("Olga", PASSWORD)).await.problem(401, "invalid-credentials");
        people.post(&Who::Nobody, SESSION, login("Olga", "another horse")).await.expect(200);
    }

    async fn a_session_looks_at_another_tenant(db: TestDatabase) {
        let people = People::new(db).await;
        let who = people.browser("Olga").await;
        let to = json!({ "tenantId": people.other.tenant() });
        people.ask(&who, "PUT", SESSION, Some(&to)).await.problem(404, "tenant-not-found");
        let transaction = people.scene.system().begin_write().await.unwrap();
        members::add(&transaction, people.other.tenant(), "Olga", Role::Viewer, None, chrono::Utc::now()).await.unwrap();
        transaction.commit().await.unwrap();
        let session = people.ask(&who, "PUT", SESSION, Some(&to)).await.expect(200);
        assert_eq!(session["principal"]["tenant"]["name"], "other");
        assert_eq!(session["principal"]["role"], "viewer");
        assert_eq!(session["tenants"].as_array().unwrap().len(), 2);
        people.post(&who, "/api/v1/tokens", json!({ "name": "t", "scopes": ["read"] })).await.problem(403, "forbidden");
    }

    async fn guessing_is_slowed_down(db: TestDatabase) {
        let people = People::new(db).await;
        people.scene.stop_the_clock();
        for n in 0..10 {
            let reply = people.post(&Who::Nobody, SESSION, login(&format!("name{n}"), "wrong horse")).await;
            reply.problem(401, "invalid-credentials");
        }
        // From this address no guess is looked at now, not even a right one.
        let reply = people.post(&Who::Nobody, SESSION, login("Olga", PASSWORD)).await;
        reply.problem(429, "too-many-requests");
        let wait: i64 = reply.header("retry-after").unwrap().parse().unwrap();
        people.scene.advance(wait);
        people.post(&Who::Nobody, SESSION, login("Olga", PASSWORD)).await.expect(200);
        // What the address got wrong before still counts.
        people.scene.advance(wait + 1);
        people.post(&Who::Nobody, SESSION, login("name1", "wrong horse")).await.problem(401, "invalid-credentials");
        people.post(&Who::Nobody, SESSION, login("name1", "wrong horse")).await.problem(429, "too-many-requests");
    }

    async fn the_first_user_is_set_up_from_this_machine(db: TestDatabase) {
        let settings = Settings { access: Access::Identity, ..Default::default() };
        let scene = Scene::with(db, settings).await;
        let status = scene.get(SESSION).await.expect(200);
        assert_eq!((&status["setUp"], &status["access"]), (&json!(false), &json!("identity")));
        scene.get("/api/v1/projects").await.problem(401, "unauthorized");
        let body = login("Olga", PASSWORD);
        // A name that was bent to this address is not this machine.
        let bent = scene.call("POST", "/api/v1/setup", &[("host", "evil.example"), ("content-type", "application/json")], Some(body.to_string().into_bytes())).await;
        bent.problem(403, "foreign-origin");
        let short = scene.post("/api/v1/setup", login("Olga", "short")).await.problem(422, "invalid-value");
        assert_eq!(short["field"], "password");
        let reply = scene.post("/api/v1/setup", body.clone()).await;
        let session = reply.expect(201);
        assert_eq!(session["setUp"], true);
        assert_eq!(session["principal"]["rights"], json!(["read", "sync", "admin", "operate"]));
        assert_eq!(session["principal"]["tenant"]["name"], "local");
        let cookie = format!("ps_session={}", cookie(&reply)[0]);
        scene.call("GET", "/api/v1/settings", &[("cookie", &cookie)], None).await.expect(200);
        scene.post("/api/v1/setup", login("Eve", PASSWORD)).await.problem(409, "already-set-up");
        scene.post(SESSION, body).await.expect(200);
    }
}

/// From elsewhere the installation is not taken over by whoever comes first.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_sets_up_from_afar() {
    let settings = Settings {
        access: Access::Identity,
        client_address_header: "x-forwarded-for".to_owned(),
        ..Default::default()
    };
    let scene = Scene::with(TestDatabase::sqlite().await, settings).await;
    let body = Some(login("Eve", PASSWORD).to_string().into_bytes());
    let headers = [("content-type", "application/json"), ("x-forwarded-for", "203.0.113.9")];
    scene.call("POST", "/api/v1/setup", &headers, body).await.problem(403, "foreign-origin");
    assert_eq!(scene.get(SESSION).await.expect(200)["setUp"], false);
}

/// With the first user an installation is open to nobody any more.
#[tokio::test(flavor = "multi_thread")]
async fn an_open_installation_closes_with_its_first_user() {
    let scene = Scene::as_is(TestDatabase::sqlite().await, Settings::default()).await;
    let open = scene.get(SESSION).await.expect(200);
    assert_eq!((&open["access"], &open["setUp"]), (&json!("open"), &json!(false)));
    assert_eq!(open["principal"]["kind"], "local");
    assert_eq!(open["principal"]["rights"], json!(["read", "sync", "admin", "operate"]));
    scene.get("/api/v1/projects").await.expect(200);
    scene.post("/api/v1/setup", login("Olga", PASSWORD)).await.expect(201);
    scene.get("/api/v1/projects").await.problem(401, "unauthorized");
    assert_eq!(scene.get(SESSION).await.expect(200)["access"], "identity");
}

/// Beside Postgres nothing is open by itself: others may reach the same rows.
#[tokio::test(flavor = "multi_thread")]
async fn beside_postgres_nothing_is_open() {
    let scene = Scene::as_is(TestDatabase::postgres().await, Settings::default()).await;
    scene.get("/api/v1/projects").await.problem(401, "unauthorized");
}
