//! Who did what is noted.

use serde_json::{Value, json};
use testkit::on_each_database;

use crate::{
    people::{PASSWORD, People, Who},
    scene::small_repo,
};

const AUDIT: &str = "/api/v1/audit";

async fn lines(people: &People, who: &Who, query: &str) -> Vec<Value> {
    people.get(who, &format!("{AUDIT}{query}")).await.expect(200)["items"].as_array().unwrap().clone()
}

on_each_database! {
    async fn what_is_done_is_noted(db: TestDatabase) {
        let people = People::new(db).await;
        people.make_operator("Olga").await;
        let owner = people.browser("Olga").await;
        let olga = people.user("Olga").await.id.to_string();
        let repo = small_repo();
        let body = json!({ "name": "p", "source": crate::scene::source(&repo) });
        let project = people.post(&owner, "/api/v1/projects", body).await.expect(201)["id"].as_str().unwrap().to_owned();
        let path = format!("/api/v1/projects/{project}");
        let sync = people.post(&owner, &format!("{path}/sync"), json!({})).await.expect(202)["sync"]["id"].as_str().unwrap().to_owned();
        people.scene.run(sync.parse().unwrap()).await;
        people.post(&owner, &format!("{path}/sync/restore"), json!({ "syncId": sync })).await.expect(202);
        let waiting = people.get(&owner, &format!("{path}/sync/history")).await.expect(200)["items"][0]["id"].as_str().unwrap().to_owned();
        people.post(&owner, &format!("/api/v1/syncs/{waiting}/cancel"), json!({})).await.expect(202);
        let token = people.post(&owner, "/api/v1/tokens", json!({ "name": "ci", "scopes": ["read"] })).await.expect(201);
        people.ask(&owner, "DELETE", &format!("/api/v1/tokens/{}", token["id"].as_str().unwrap()), None).await.expect(204);
        let vera = json!({ "name": "Vera", "role": "viewer", "password": PASSWORD });
        let vera = people.post(&owner, "/api/v1/members", vera).await.expect(201)["userId"].as_str().unwrap().to_owned();
        let member = format!("/api/v1/members/{vera}");
        people.ask(&owner, "PUT", &member, Some(&json!({ "role": "member" }))).await.expect(200);
        people.ask(&owner, "DELETE", &member, None).await.expect(204);
        people.post(&owner, "/api/v1/admin/queue/pause", json!({})).await.expect(200);
        people.post(&owner, "/api/v1/admin/queue/resume", json!({})).await.expect(200);
        people.post(&owner, &format!("/api/v1/admin/jobs/{waiting}/requeue"), json!({})).await.expect(202);
        people.post(&owner, "/api/v1/admin/jobs/cancel", json!({ "filter": { "status": "pending" } })).await.expect(200);
        people.post(&owner, "/api/v1/admin/jobs/remove", json!({ "filter": { "status": "cancelled" } })).await.expect(200);
        people.ask(&owner, "DELETE", &format!("{path}?confirm=p"), None).await.expect(204);

        let all = lines(&people, &owner, "?limit=100").await;
        let actions: Vec<_> = all.iter().rev().map(|line| line["action"].as_str().unwrap()).collect();
        assert_eq!(actions, [
            "project.create", "sync.start", "sync.restore", "sync.cancel", "token.create", "token.revoke",
            "member.add", "member.change", "member.remove", "queue.pause", "queue.resume", "job.requeue",
            "job.cancel", "job.remove", "project.delete",
        ]);
        for line in &all {
            assert_eq!(line["actor"], json!({ "kind": "user", "id": olga, "name": "Olga" }), "{line}");
            assert_eq!(line["address"], "127.0.0.1");
        }
        let change = &lines(&people, &owner, "?action=member.change").await[0];
        assert_eq!(change["target"], json!({ "kind": "user", "id": vera }));
        assert_eq!(change["detail"], json!({ "name": "Vera", "from": "viewer", "to": "member" }));
        people.get(&owner, &format!("{AUDIT}?action=fly")).await.problem(422, "invalid-value");
        let page = people.get(&owner, &format!("{AUDIT}?limit=5")).await.expect(200);
        let next = page["next"].as_str().unwrap();
        assert_eq!(lines(&people, &owner, &format!("?limit=100&cursor={next}")).await, all[5..]);
        // The other tenant learns nothing of it.
        let otto = people.browser("Otto").await;
        assert!(lines(&people, &otto, "").await.is_empty());
    }

    async fn logins_are_noted(db: TestDatabase) {
        let people = People::new(db).await;
        let login = |name: &str, password: &str| json!({ "name": name, "password": password });
        people.post(&Who::Nobody, "/api/v1/session", login("Olga", "wrong horse")).await.problem(401, "invalid-credentials");
        people.post(&Who::Nobody, "/api/v1/session", login("hunter2hunter2", "Olga")).await.problem(401, "invalid-credentials");
        people.post(&Who::Nobody, "/api/v1/session", login("Olga", PASSWORD)).await.expect(200);
        let owner = people.browser("Olga").await;
        let change = json!({ "current": PASSWORD, "new": "another horse" });
        people.ask(&owner, "PUT", "/api/v1/session/password", Some(&change)).await.expect(204);
        people.ask(&owner, "DELETE", "/api/v1/session", None).await.expect(204);
        let owner = people.browser("Olga").await;
        let all = lines(&people, &owner, "").await;
        let shown: Vec<_> = all.iter().rev().map(|line| (line["action"].as_str().unwrap(), line["actor"]["name"].as_str().unwrap())).collect();
        assert_eq!(shown, [("session.login_failed", "Olga"), ("session.login", "Olga"), ("password.change", "Olga"), ("session.logout", "Olga")]);
        let text = Value::from(all).to_string();
        for secret in [PASSWORD, "wrong horse", "another horse", "hunter2"] {
            assert!(!text.contains(secret), "{secret}");
        }
    }
}
