//! Tokens, members, tenants, tickets, and how often somebody may ask.

use entities::identity::{Right, Role};
use project_sync_api::Settings;
use serde_json::{Value, json};
use testkit::on_each_database;

use crate::{
    people::{People, Who},
    scene::small_repo,
};

const TOKENS: &str = "/api/v1/tokens";

fn bearer(issued: &Value) -> Who {
    Who::Bearer(issued["token"].as_str().unwrap().to_owned())
}

on_each_database! {
    async fn a_token_is_shown_once(db: TestDatabase) {
        let people = People::new(db).await;
        let owner = people.browser("Olga").await;
        let expires = (chrono::Utc::now() + chrono::TimeDelta::hours(1)).to_rfc3339();
        let body = json!({ "name": "ci", "scopes": ["read", "sync"], "expiresAt": expires });
        let issued = people.post(&owner, TOKENS, body).await.expect(201);
        let secret = issued["token"].as_str().unwrap();
        assert!(secret.len() == 67 && secret.starts_with("ps_"));
        assert_eq!(issued["hint"], secret[..9]);
        let listed = people.get(&owner, TOKENS).await;
        assert!(!listed.text.contains(secret), "{listed:?}");
        let item = listed.expect(200)["items"][0].clone();
        let mut known = issued.clone();
        known.as_object_mut().unwrap().remove("token");
        assert_eq!(item, known);
        assert_eq!(item["scopes"], json!(["read", "sync"]));

        let machine = bearer(&issued);
        let session = people.get(&machine, "/api/v1/session").await.expect(200);
        assert_eq!((&session["principal"]["kind"], &session["principal"]["name"]), (&json!("token"), &json!("ci")));
        people.get(&machine, "/api/v1/projects").await.expect(200);
        people.get(&machine, TOKENS).await.problem(403, "forbidden");
        people.scene.advance(3_601);
        let ended = people.get(&machine, "/api/v1/projects").await.problem(401, "unauthorized");
        assert!(ended["detail"].as_str().unwrap().contains("expired"), "{ended}");
    }

    async fn a_revoked_token_is_refused(db: TestDatabase) {
        let people = People::new(db).await;
        let owner = people.browser("Olga").await;
        let issued = people.post(&owner, TOKENS, json!({ "name": "ci", "scopes": ["read"] })).await.expect(201);
        let path = format!("{TOKENS}/{}", issued["id"].as_str().unwrap());
        people.ask(&owner, "DELETE", &path, None).await.expect(204);
        let refused = people.get(&bearer(&issued), "/api/v1/projects").await.problem(401, "unauthorized");
        assert!(refused["detail"].as_str().unwrap().contains("revoked"), "{refused}");
        people.ask(&owner, "DELETE", &path, None).await.expect(204);
        let listed = people.get(&owner, TOKENS).await.expect(200);
        assert!(listed["items"][0]["revokedAt"].is_string());
    }

    async fn nobody_gives_more_than_they_have(db: TestDatabase) {
        let people = People::new(db).await;
        let owner = people.browser("Olga").await;
        let operator = json!({ "name": "t", "scopes": ["read"], "operator": true });
        people.post(&owner, TOKENS, operator.clone()).await.problem(403, "forbidden");
        let machine = people.token(&people.scene.db, &[Right::Read, Right::Admin]).await;
        people.post(&machine, TOKENS, json!({ "name": "t", "scopes": ["sync"] })).await.problem(403, "forbidden");
        people.make_operator("Olga").await;
        people.post(&owner, TOKENS, operator).await.expect(201);
        for (field, body) in [
            ("scopes", json!({ "name": "t", "scopes": [] })),
            ("scopes", json!({ "name": "t", "scopes": ["operate"] })),
            ("name", json!({ "name": "", "scopes": ["read"] })),
            ("expiresAt", json!({ "name": "t", "scopes": ["read"], "expiresAt": "2001-01-01T00:00:00Z" })),
        ] {
            assert_eq!(people.post(&owner, TOKENS, body).await.problem(422, "invalid-value")["field"], field);
        }
        people.post(&owner, TOKENS, json!({ "name": "t", "scopes": ["fly"] })).await.problem(400, "malformed-request");
    }

    /// An answer with a secret is not kept for whoever comes with the same key.
    async fn secrets_are_not_given_twice(db: TestDatabase) {
        let people = People::new(db).await;
        let owner = people.browser("Olga").await;
        let body = json!({ "name": "ci", "scopes": ["read"] });
        let key = [("idempotency-key", "k")];
        let first = people.ask_with(&owner, "POST", TOKENS, Some(&body), &key).await.expect(201);
        let second = people.ask_with(&owner, "POST", TOKENS, Some(&body), &key).await.expect(201);
        assert_ne!(first["token"], second["token"]);
        // And nobody gets what somebody else was answered.
        people.add("Rosa", Role::Owner).await;
        let rosa = people.browser("Rosa").await;
        let body = json!({ "name": "Vera", "role": "viewer", "password": "correct horse" });
        people.ask_with(&owner, "POST", "/api/v1/members", Some(&body), &key).await.expect(201);
        let again = people.ask_with(&owner, "POST", "/api/v1/members", Some(&body), &key).await;
        again.expect(201);
        assert_eq!(again.header("idempotency-replayed"), Some("true"));
        people.ask_with(&rosa, "POST", "/api/v1/members", Some(&body), &key).await.problem(422, "idempotency-key-reused");
    }

    async fn owners_say_who_belongs_to_the_tenant(db: TestDatabase) {
        let people = People::new(db).await;
        let owner = people.browser("Olga").await;
        let path = "/api/v1/members";
        let vera = people.post(&owner, path, json!({ "name": "Vera", "role": "viewer", "password": "correct horse" })).await.expect(201);
        people.post(&owner, path, json!({ "name": "Vera", "role": "viewer" })).await.problem(409, "name-taken");
        let needed = people.post(&owner, path, json!({ "name": "Nobody", "role": "viewer" })).await.problem(422, "invalid-value");
        assert_eq!(needed["field"], "password");
        let browser = people.browser("Vera").await;
        people.get(&browser, path).await.problem(403, "forbidden");
        let member = format!("{path}/{}", vera["userId"].as_str().unwrap());
        let changed = people.ask(&owner, "PUT", &member, Some(&json!({ "role": "owner" }))).await.expect(200);
        assert_eq!(changed["role"], "owner");
        let listed = people.get(&browser, path).await.expect(200);
        let names: Vec<_> = listed["items"].as_array().unwrap().iter().map(|member| &member["name"]).collect();
        assert_eq!(names, ["Olga", "Vera"]);
        assert_eq!(listed["next"], Value::Null);
        let first = people.get(&browser, &format!("{path}?limit=1")).await.expect(200);
        let next = format!("{path}?limit=1&cursor={}", first["next"].as_str().unwrap());
        assert_eq!(people.get(&browser, &next).await.expect(200)["items"][0]["name"], "Vera");
        let olga = format!("{path}/{}", people.user("Olga").await.id);
        people.ask(&browser, "DELETE", &olga, None).await.expect(204);
        people.get(&owner, "/api/v1/projects").await.problem(401, "unauthorized");
        people.ask(&browser, "DELETE", &member, None).await.problem(409, "last-owner");
        people.ask(&browser, "PUT", &member, Some(&json!({ "role": "viewer" }))).await.problem(409, "last-owner");
    }

    async fn operators_make_tenants(db: TestDatabase) {
        let people = People::new(db).await;
        people.make_operator("Olga").await;
        let operator = people.browser("Olga").await;
        let path = "/api/v1/admin/tenants";
        let body = json!({ "name": "third", "owner": { "name": "Thea", "password": "correct horse" } });
        people.post(&operator, path, body.clone()).await.expect(201);
        people.post(&operator, path, body).await.problem(409, "name-taken");
        let listed = people.get(&operator, path).await.expect(200);
        let names: Vec<_> = listed["items"].as_array().unwrap().iter().map(|tenant| &tenant["name"]).collect();
        assert_eq!(names, ["local", "other", "third"]);
        let thea = people.browser("Thea").await;
        people.get(&thea, "/api/v1/members").await.expect(200);
        people.get(&thea, path).await.problem(403, "forbidden");
    }

    async fn a_ticket_opens_the_stream_that_it_names(db: TestDatabase) {
        let people = People::new(db).await;
        let repo = small_repo();
        let owner = people.browser("Olga").await;
        let body = json!({ "name": "p", "source": crate::scene::source(&repo) });
        let project = people.post(&owner, "/api/v1/projects", body).await.expect(201)["id"].as_str().unwrap().to_owned();
        let machine = people.token(&people.scene.db, &[Right::Read, Right::Sync]).await;
        let started = people.post(&machine, &format!("/api/v1/projects/{project}/sync"), json!({})).await.expect(202);
        let sync = started["sync"]["id"].as_str().unwrap().to_owned();
        people.scene.run(sync.parse().unwrap()).await;
        let stream = format!("/api/v1/events/project-sync/{sync}");
        let open = async |who: &Who, ticket: &str| people.get(who, &format!("{stream}?{ticket}")).await;
        // A sync that has ended tells its state and that is all, so that these answers end.
        open(&Who::Nobody, "").await.problem(401, "unauthorized");
        assert_eq!(open(&machine, "").await.status, 200);
        let ticket = people.post(&machine, "/api/v1/stream-tickets", json!({ "syncId": sync })).await.expect(201);
        let ticket = format!("ticket={}", ticket["ticket"].as_str().unwrap());
        let reply = open(&Who::Nobody, &ticket).await;
        assert_eq!(reply.status, 200, "{reply:?}");
        assert!(reply.text.contains("event:"), "{reply:?}");
        open(&Who::Nobody, &ticket.replace("ticket=", "ticket=e")).await.problem(401, "unauthorized");
        let other = format!("/api/v1/events/projects/{project}?{ticket}");
        people.get(&Who::Nobody, &other).await.problem(404, "project-not-found");
        // It is for nothing else.
        people.get(&Who::Nobody, &format!("/api/v1/projects?{ticket}")).await.problem(401, "unauthorized");
        people.scene.advance(61);
        let old = open(&Who::Nobody, &ticket).await.problem(401, "unauthorized");
        assert!(old["detail"].as_str().unwrap().contains("too old"), "{old}");
        let theirs = people.token(&people.other, &[Right::Read]).await;
        open(&theirs, "").await.problem(404, "sync-not-found");
        let blind = people.token(&people.scene.db, &[Right::Sync]).await;
        open(&blind, "").await.problem(403, "forbidden");
    }

    async fn a_credential_is_told_to_nobody(db: TestDatabase) {
        let people = People::new(db).await;
        let owner = people.browser("Olga").await;
        let repo = small_repo();
        let body = json!({ "name": "p", "source": crate::scene::source(&repo) });
        let project = people.post(&owner, "/api/v1/projects", body).await.expect(201)["id"].as_str().unwrap().to_owned();
        let path = format!("/api/v1/projects/{project}/credential");
        people.get(&owner, &path).await.problem(404, "credential-not-found");
        let secret = "ghp_0123456789abcdefghijABCDEFGHIJ012345";
        let token = json!({ "kind": "token", "token": secret });
        let set = people.ask(&owner, "PUT", &path, Some(&token)).await;
        let told = set.expect(200);
        assert_eq!(told["kind"], "token");
        assert_eq!(people.get(&owner, &path).await.expect(200), told);
        assert!(!set.text.contains(secret) && told["hint"].as_str().unwrap().starts_with("ghp_"), "{told}");
        let wrong = json!({ "kind": "githubApp", "appId": 0, "installationId": 1, "privateKey": "x" });
        assert_eq!(people.ask(&owner, "PUT", &path, Some(&wrong)).await.problem(422, "invalid-value")["field"], "appId");
        people.add("Mona", Role::Member).await;
        let member = people.browser("Mona").await;
        for (method, body) in [("GET", None), ("PUT", Some(&token)), ("DELETE", None)] {
            people.ask(&member, method, &path, body).await.problem(403, "forbidden");
        }
        people.ask(&owner, "DELETE", &path, None).await.expect(204);
        people.get(&owner, &path).await.problem(404, "credential-not-found");
        let noted = people.get(&owner, "/api/v1/audit").await;
        assert!(noted.text.contains("credential.set") && noted.text.contains("credential.remove"));
        assert!(!noted.text.contains(secret));
    }

    async fn each_asks_only_so_often(db: TestDatabase) {
        let settings = Settings { requests_per_minute: 20, requests_per_minute_per_address: 0, ..Default::default() };
        let people = People::with(db, settings).await;
        let (one, other) = (people.token(&people.scene.db, &[Right::Read]).await, people.token(&people.scene.db, &[Right::Read]).await);
        people.scene.stop_the_clock();
        let mut served = 0;
        let refused = loop {
            let reply = people.get(&one, "/api/v1/projects").await;
            if reply.status != 200 {
                break reply;
            }
            served += 1;
            assert!(served < 1_000);
        };
        assert_eq!(served, 20);
        refused.problem(429, "too-many-requests");
        let wait: i64 = refused.header("retry-after").unwrap().parse().unwrap();
        people.get(&other, "/api/v1/projects").await.expect(200);
        people.scene.advance(wait);
        people.get(&one, "/api/v1/projects").await.expect(200);
    }

    async fn each_address_asks_only_so_often(db: TestDatabase) {
        let settings = Settings {
            requests_per_minute: 0,
            requests_per_minute_per_address: 20,
            client_address_header: "x-forwarded-for".to_owned(),
            ..Default::default()
        };
        let people = People::with(db, settings).await;
        let from = async |address: &str| {
            people.ask_with(&Who::Nobody, "GET", "/api/v1/session", None, &[("x-forwarded-for", address)]).await
        };
        people.scene.stop_the_clock();
        let mut served = 0;
        while from("203.0.113.1").await.status == 200 {
            served += 1;
            assert!(served < 1_000);
        }
        assert_eq!(served, 20);
        from("198.51.100.7, 203.0.113.1").await.problem(429, "too-many-requests");
        from("203.0.113.1, 198.51.100.7").await.expect(200);
        people.get(&Who::Nobody, "/healthz").await.expect(200);
    }
}
