//! Every route is for somebody. The list below says for whom; a route that is not on it fails.

use std::{collections::BTreeMap, fs, path::Path};

use entities::{
    OfTenant, ProjectId, SourceSpec, SyncTrigger,
    identity::{
        Right, Rights, Role,
        tokens::{self, NewToken},
    },
    keys::{KeyRing, KeyStore},
    projects,
    syncs::NewSync,
    webhooks::{self, NewWebhook, Redelivery},
};
use serde_json::{Value, json};
use testkit::on_each_database;

use crate::{
    contract::operations,
    people::{People, Who, token},
};

/// Whom a route is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum For {
    /// Anybody who reaches the service. Each with its reason.
    Everybody(&'static str),
    /// Whoever has this right in their tenant, to the projects that they are for.
    Tenant(Right),
    /// Whoever has this right to all projects of their tenant.
    WholeTenant(Right),
    /// Whoever operates the installation.
    Operators,
    /// Somebody who logged in, for their own session.
    Sessions,
    /// On this machine everybody; from elsewhere whoever operates the installation.
    Neighbours,
    /// Whoever knows the secret that a project's hooks are signed with; no token opens it.
    Signed,
}
use For::*;

const READ: For = Tenant(Right::Read);
const SYNC: For = Tenant(Right::Sync);
const ADMIN: For = Tenant(Right::Admin);
const MANAGE: For = WholeTenant(Right::Admin);

/// All routes, and whom they are for.
const ROUTES: [(&str, &str, For); 86] = [
    ("GET", "/healthz", Everybody("a load balancer has no token, and is told nothing else")),
    ("GET", "/readyz", Everybody("a load balancer has no token, and is told nothing else")),
    ("GET", "/api/v1/session", Everybody("who is not known yet learns that they have to log in")),
    ("POST", "/api/v1/session", Everybody("to log in one shows who one is by it")),
    ("DELETE", "/api/v1/session", Everybody("without a session nothing happens")),
    ("POST", "/api/v1/setup", Everybody("there is nobody yet; once, and from this machine only")),
    ("GET", "/metrics", Neighbours),
    ("PUT", "/api/v1/session", Sessions),
    ("PUT", "/api/v1/session/password", Sessions),
    ("GET", "/api/v1/projects", READ),
    ("POST", "/api/v1/projects", MANAGE),
    ("GET", "/api/v1/projects/{projectId}", READ),
    ("DELETE", "/api/v1/projects/{projectId}", ADMIN),
    ("GET", "/api/v1/projects/{projectId}/credential", ADMIN),
    ("PUT", "/api/v1/projects/{projectId}/credential", ADMIN),
    ("DELETE", "/api/v1/projects/{projectId}/credential", ADMIN),
    ("GET", "/api/v1/projects/{projectId}/credential/repositories", MANAGE),
    ("POST", "/api/v1/github/repositories", MANAGE),
    ("POST", "/api/v1/webhooks/github/{projectId}", Signed),
    ("POST", "/api/v1/webhooks/gitlab/{projectId}", Signed),
    ("POST", "/api/v1/webhooks/gitea/{projectId}", Signed),
    ("GET", "/api/v1/projects/{projectId}/hook", ADMIN),
    ("PUT", "/api/v1/projects/{projectId}/hook", ADMIN),
    ("DELETE", "/api/v1/projects/{projectId}/hook", ADMIN),
    ("GET", "/api/v1/projects/{projectId}/hook/deliveries", ADMIN),
    ("GET", "/api/v1/projects/{projectId}/schedules", READ),
    ("POST", "/api/v1/projects/{projectId}/schedules", ADMIN),
    ("GET", "/api/v1/projects/{projectId}/schedules/{id}", READ),
    ("PUT", "/api/v1/projects/{projectId}/schedules/{id}", ADMIN),
    ("DELETE", "/api/v1/projects/{projectId}/schedules/{id}", ADMIN),
    ("GET", "/api/v1/projects/{projectId}/polling", READ),
    ("PUT", "/api/v1/projects/{projectId}/polling", ADMIN),
    ("DELETE", "/api/v1/projects/{projectId}/polling", ADMIN),
    ("GET", "/api/v1/projects/{projectId}/files", READ),
    ("GET", "/api/v1/projects/{projectId}/memory", READ),
    ("GET", "/api/v1/projects/{projectId}/sync/branches", READ),
    ("GET", "/api/v1/projects/{projectId}/sync/status", READ),
    ("GET", "/api/v1/projects/{projectId}/sync/history", READ),
    ("POST", "/api/v1/projects/{projectId}/sync", SYNC),
    ("POST", "/api/v1/projects/{projectId}/sync/restore", SYNC),
    ("GET", "/api/v1/syncs/{syncId}", READ),
    ("GET", "/api/v1/syncs/{syncId}/diff", READ),
    ("POST", "/api/v1/syncs/{syncId}/cancel", SYNC),
    ("GET", "/api/v1/events/project-sync/{syncId}", READ),
    ("GET", "/api/v1/events/projects/{projectId}", READ),
    ("POST", "/api/v1/stream-tickets", READ),
    ("GET", "/api/v1/tokens", MANAGE),
    ("POST", "/api/v1/tokens", MANAGE),
    ("DELETE", "/api/v1/tokens/{tokenId}", MANAGE),
    ("GET", "/api/v1/members", MANAGE),
    ("POST", "/api/v1/members", MANAGE),
    ("PUT", "/api/v1/members/{userId}", MANAGE),
    ("DELETE", "/api/v1/members/{userId}", MANAGE),
    ("GET", "/api/v1/audit", MANAGE),
    ("GET", "/api/v1/webhooks", MANAGE),
    ("POST", "/api/v1/webhooks", MANAGE),
    ("GET", "/api/v1/webhooks/{webhookId}", MANAGE),
    ("PUT", "/api/v1/webhooks/{webhookId}", MANAGE),
    ("DELETE", "/api/v1/webhooks/{webhookId}", MANAGE),
    ("POST", "/api/v1/webhooks/{webhookId}/rotate-secret", MANAGE),
    ("POST", "/api/v1/webhooks/{webhookId}/test", MANAGE),
    ("GET", "/api/v1/webhooks/{webhookId}/deliveries", MANAGE),
    ("GET", "/api/v1/webhooks/{webhookId}/deliveries/{deliveryId}", MANAGE),
    ("POST", "/api/v1/webhooks/{webhookId}/deliveries/{deliveryId}/redeliver", MANAGE),
    ("GET", "/api/v1/settings", Operators),
    ("GET", "/api/v1/admin/tenants", Operators),
    ("POST", "/api/v1/admin/tenants", Operators),
    ("GET", "/api/v1/admin/jobs", Operators),
    ("GET", "/api/v1/admin/jobs/{syncId}", Operators),
    ("DELETE", "/api/v1/admin/jobs/{syncId}", Operators),
    ("POST", "/api/v1/admin/jobs/{syncId}/cancel", Operators),
    ("POST", "/api/v1/admin/jobs/{syncId}/requeue", Operators),
    ("POST", "/api/v1/admin/jobs/cancel", Operators),
    ("POST", "/api/v1/admin/jobs/requeue", Operators),
    ("POST", "/api/v1/admin/jobs/remove", Operators),
    ("GET", "/api/v1/admin/queue", Operators),
    ("POST", "/api/v1/admin/queue/pause", Operators),
    ("POST", "/api/v1/admin/queue/resume", Operators),
    ("GET", "/api/v1/admin/dead", Operators),
    ("GET", "/api/v1/admin/dead/{id}", Operators),
    ("DELETE", "/api/v1/admin/dead/{id}", Operators),
    ("POST", "/api/v1/admin/dead/{id}/requeue", Operators),
    ("POST", "/api/v1/admin/dead/requeue", Operators),
    ("POST", "/api/v1/admin/dead/purge", Operators),
    ("GET", "/api/v1/admin/doctor", Operators),
    ("GET", "/openapi.json", Neighbours),
];

/// Paths that are served and are not in the document.
const UNDOCUMENTED: [&str; 1] = ["/openapi.json"];

/// What of a tenant a path may name.
#[derive(Clone)]
struct Rows {
    project: String,
    sync: String,
    token: String,
    user: String,
    webhook: String,
    delivery: String,
}

impl Rows {
    fn of(&self, path: &str) -> String {
        [
            ("{projectId}", &self.project),
            ("{syncId}", &self.sync),
            ("{tokenId}", &self.token),
            ("{userId}", &self.user),
            ("{webhookId}", &self.webhook),
            ("{deliveryId}", &self.delivery),
            ("{id}", &self.sync),
        ]
        .iter()
        .fold(path.to_owned(), |path, (name, id)| path.replace(name, id))
    }

    fn unknown() -> Self {
        let id = || ProjectId::generate().to_string();
        Self { project: id(), sync: id(), token: id(), user: id(), webhook: id(), delivery: id() }
    }
}

async fn rows(people: &People, db: &entities::TenantDb, user: &str) -> Rows {
    let now = chrono::Utc::now();
    let source = SourceSpec::Git { url: "/nowhere".to_owned() };
    let project = projects::create(db, &format!("of {user}"), &source, now).await.unwrap();
    let branch = projects::ensure_branch(db, &project.repository, "main", now).await.unwrap();
    let new = NewSync { trigger: SyncTrigger::Api, forced: false, restore_seq: None, trace_parent: None };
    let sync = people.scene.dispatcher.request(&branch, new, false, now).await.unwrap().sync;
    people.token(db, &[Right::Read]).await;
    let token = tokens::page(db, None, 1).await.unwrap().remove(0);
    let keys = KeyStore::from_text(&KeyRing::new_line().unwrap()).unwrap();
    let url = "https://receiver.example/in".to_owned();
    let new = NewWebhook { url, project: None, kinds: Vec::new() };
    let (_, webhook) = webhooks::create(db, &keys, new, now).await.unwrap();
    let Redelivery::Due(delivery) = webhooks::ping(db, webhook.id, now).await.unwrap() else { panic!() };
    Rows {
        webhook: webhook.id.to_string(),
        delivery: delivery.id.to_string(),
        project: project.project.id.to_string(),
        sync: sync.id.to_string(),
        token: token.id.to_string(),
        user: people.user(user).await.id.to_string(),
    }
}

/// A body that is refused once somebody is let in, so that nothing is changed by asking.
fn harmless(method: &str, path: &str) -> Option<Value> {
    match (method, path) {
        ("GET" | "DELETE", _) => None,
        (_, "/api/v1/stream-tickets") => Some(json!({})),
        _ => Some(json!({ "surplus": true })),
    }
}

fn is_let_in(status: u16) -> bool {
    status != 401 && status != 403 && status < 500
}

/// Whether somebody with these rights is let in.
fn may(who: Rights, is_of_project: bool, needed: For) -> bool {
    match needed {
        Everybody(_) => true,
        Neighbours => true,
        Tenant(right) => who.has(right),
        WholeTenant(right) => who.has(right) && !is_of_project,
        Operators => who.has(Right::Operate),
        Sessions | Signed => unreachable!("asked apart"),
    }
}

/// Routes that change or end things even so are asked with ids of nothing.
fn is_final(method: &str, path: &str) -> bool {
    method == "DELETE"
        || path.ends_with("/cancel")
        || path.ends_with("/requeue")
        || path.ends_with("/resume")
        || path.ends_with("/pause")
        || path.ends_with("/redeliver")
        || path.ends_with("/rotate-secret")
        || path.ends_with("/test")
}

#[test]
fn every_route_is_on_the_list() {
    let listed: BTreeMap<_, _> =
        ROUTES.iter().map(|(method, path, needed)| ((*method, *path), needed)).collect();
    assert_eq!(listed.len(), ROUTES.len(), "none twice");
    let operations = operations();
    for (method, path, _) in &operations {
        assert!(listed.contains_key(&(method.as_str(), path.as_str())), "whom is {method} {path} for?");
    }
    assert_eq!(operations.len() + UNDOCUMENTED.len(), ROUTES.len(), "what is listed is served");
}

/// The files whose routes reach the database without a permit: those for everybody, and for one's own session.
const WITHOUT_PERMIT: [&str; 6] = [
    "identity/session_get.rs",
    "identity/session_begin.rs",
    "identity/session_end.rs",
    "identity/session_switch.rs",
    "identity/password.rs",
    "identity/set_up.rs",
];

/// What permits are for: no route opens the database by itself.
#[test]
fn no_route_goes_round_its_permit() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/routes");
    let (mut folders, mut seen) = (vec![root.clone()], 0);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
            let text = fs::read_to_string(&path).unwrap();
            seen += 1;
            // Whether the schema is there is asked in nobody's name.
            if !WITHOUT_PERMIT.contains(&name.as_str()) && name != "health.rs" {
                assert!(!text.contains("dispatcher.db"), "{name} goes round its permit");
            }
            assert!(!text.contains(".tenant("), "{name} chooses a tenant");
        }
    }
    assert!(seen > 50, "{seen}");
}

on_each_database! {
    /// Nobody, and whoever shows something that is nothing.
    async fn without_credentials_nothing_answers(db: TestDatabase) {
        let people = People::new(db).await;
        let rows = rows(&people, &people.scene.db, "Olga").await;
        let bogus = format!("ps_{}", "0".repeat(64));
        let strangers = [
            Who::Nobody,
            Who::Bearer(bogus.clone()),
            Who::Bearer("x".to_owned()),
            Who::Bearer(String::new()),
            Who::Cookie("0".repeat(64)),
            Who::Cookie(bogus),
        ];
        for (method, path, needed) in ROUTES {
            for who in &strangers {
                let reply = people.ask(who, method, &rows.of(path), harmless(method, path).as_ref()).await;
                match needed {
                    Everybody(_) if path.ends_with('z') => assert_ne!(reply.status, 401, "{path}"),
                    Everybody(_) if matches!(who, Who::Bearer(_)) => drop(reply.problem(401, "unauthorized")),
                    Everybody(_) => assert_ne!(reply.status, 401, "{method} {path}"),
                    // This is this machine.
                    Neighbours if !matches!(who, Who::Bearer(_)) => assert!(is_let_in(reply.status.as_u16())),
                    _ => drop(reply.problem(401, "unauthorized")),
                }
            }
        }
        for path in ["/api/v1/nothing", "/nothing", "/api", "/api/v1/session/password/x"] {
            people.get(&Who::Nobody, path).await.problem(401, "unauthorized");
        }
    }

    /// Each right opens its routes and no others, whoever has it.
    async fn rights_open_their_routes(db: TestDatabase) {
        let people = People::new(db).await;
        let local = people.scene.db.clone();
        let rows = rows(&people, &local, "Olga").await;
        let (read, sync, admin, operate) = (Right::Read, Right::Sync, Right::Admin, Right::Operate);
        for (name, role) in [("Vera", Role::Viewer), ("Mona", Role::Member), ("Rosa", Role::Owner), ("Opal", Role::Viewer)] {
            people.add(name, role).await;
        }
        people.make_operator("Opal").await;
        let operator = people.token_like(&local, NewToken { is_operator: true, ..token() }).await;
        let project = rows.project.parse().unwrap();
        let all = Rights::of(&[read, sync, admin]);
        let of_project = NewToken { scopes: all, project: Some(project), ..token() };
        let asking = [
            ("viewer", people.browser("Vera").await, Rights::of(&[read]), false),
            ("member", people.browser("Mona").await, Rights::of(&[read, sync]), false),
            ("owner", people.browser("Rosa").await, all, false),
            ("operator", people.browser("Opal").await, Rights::of(&[read, operate]), false),
            ("token read", people.token(&local, &[read]).await, Rights::of(&[read]), false),
            ("token sync", people.token(&local, &[sync]).await, Rights::of(&[sync]), false),
            ("token admin", people.token(&local, &[admin]).await, Rights::of(&[admin]), false),
            ("token operator", operator, Rights::of(&[operate]), false),
            ("token of project", people.token_like(&local, of_project).await, all, true),
        ];
        let mut walked = 0;
        for (method, path, needed) in ROUTES {
            if matches!(needed, Everybody(_) | Sessions | Signed) || path.starts_with("/api/v1/events/") {
                continue;
            }
            for (name, who, rights, is_of_project) in &asking {
                // What would end things is asked for things that are not there.
                let ids = if is_final(method, path) { Rows::unknown() } else { rows.clone() };
                let body = harmless(method, path);
                let reply = people.ask(who, method, &ids.of(path), body.as_ref()).await;
                let status = reply.status.as_u16();
                // Whoever operates sees the metrics; somebody else who shows who they are does not.
                let may = match path {
                    "/metrics" => rights.has(operate),
                    _ => may(*rights, *is_of_project, needed),
                };
                assert!(status < 500, "{name}: {method} {path}: {reply:?}");
                if may {
                    assert!(is_let_in(status), "{name}: {method} {path}: {reply:?}");
                } else {
                    let body = reply.problem(403, "forbidden");
                    if let Tenant(right) | WholeTenant(right) = needed && !rights.has(right) {
                        assert!(body["detail"].as_str().unwrap().contains(right.as_str()), "{body}");
                    }
                }
                walked += 1;
            }
        }
        assert!(walked > 400, "{walked}");
        for (who, status) in [(&asking[0].1, 422), (&asking[4].1, 403)] {
            // A session is somebody's own; machines have none.
            let body = json!({ "current": "x", "new": "short" });
            let reply = people.ask(who, "PUT", "/api/v1/session/password", Some(&body)).await;
            assert_eq!(reply.status, status, "{reply:?}");
        }
    }

    /// Another tenant's rows are not there: the answer is the one about things that never were.
    async fn other_tenants_are_not_there(db: TestDatabase) {
        let people = People::new(db).await;
        let local = people.scene.db.clone();
        let theirs = rows(&people, &local, "Olga").await;
        let mine = rows(&people, &people.other, "Otto").await;
        let all = [Right::Read, Right::Sync, Right::Admin];
        let strangers = [people.browser("Otto").await, people.token(&people.other, &all).await];
        let mut walked = 0;
        for (method, path, needed) in ROUTES {
            if !matches!(needed, Tenant(_) | WholeTenant(_)) {
                continue;
            }
            for who in &strangers {
                if path.contains('{') {
                    let body = harmless(method, path).map(|_| json!({ "role": "viewer" })).filter(|_| method == "PUT");
                    let there = people.ask(who, method, &theirs.of(path), body.as_ref()).await;
                    let nowhere = Rows::unknown();
                    let never = people.ask(who, method, &nowhere.of(path), body.as_ref()).await;
                    assert_eq!(there.status, 404, "{method} {path}: {there:?}");
                    let plain = |text: &str, rows: &Rows| {
                        [&rows.project, &rows.sync, &rows.token, &rows.user, &rows.webhook, &rows.delivery].iter().fold(text.to_owned(), |text, id| text.replace(*id, "ID"))
                    };
                    assert_eq!(plain(&there.text, &theirs), plain(&never.text, &nowhere), "{method} {path}");
                } else if method == "GET" {
                    let reply = people.get(who, path).await;
                    assert_eq!(reply.status, 200, "{path}: {reply:?}");
                    for id in [&theirs.project, &theirs.sync, &theirs.token, &theirs.user, &theirs.webhook] {
                        assert!(!reply.text.contains(id.as_str()), "{path} tells of {id}");
                    }
                }
                walked += 1;
            }
        }
        assert!(walked > 40, "{walked}");
        // Their own are, so that the above says something.
        for who in &strangers {
            people.get(who, &mine.of("/api/v1/projects/{projectId}")).await.expect(200);
            people.get(who, &mine.of("/api/v1/syncs/{syncId}")).await.expect(200);
        }
        // Nothing was changed on the way.
        let owner = people.browser("Olga").await;
        people.get(&owner, &theirs.of("/api/v1/projects/{projectId}")).await.expect(200);
        let sync = people.get(&owner, &theirs.of("/api/v1/syncs/{syncId}")).await.expect(200);
        assert_eq!(sync["status"], "pending");
        // Ids in bodies are no way round.
        for body in [json!({ "projectId": theirs.project }), json!({ "syncId": theirs.sync })] {
            assert_eq!(people.post(&strangers[0], "/api/v1/stream-tickets", body).await.status, 404);
        }
        let body = json!({ "syncId": theirs.sync });
        let restore = mine.of("/api/v1/projects/{projectId}/sync/restore");
        people.post(&strangers[0], &restore, body).await.problem(404, "sync-not-found");
        let at = format!("{}?at={}", mine.of("/api/v1/projects/{projectId}/files"), theirs.sync);
        people.get(&strangers[0], &at).await.problem(404, "sync-not-found");
        let body = json!({ "name": "t", "scopes": ["read"], "projectId": theirs.project });
        people.post(&strangers[0], "/api/v1/tokens", body).await.problem(404, "project-not-found");
        assert_eq!(people.other.tenant(), strangers_tenant(&people, &strangers[0]).await);
    }

    /// A token for one project knows no other.
    async fn a_token_of_a_project_sees_no_other(db: TestDatabase) {
        let people = People::new(db).await;
        let local = people.scene.db.clone();
        let (mine, other) = (rows(&people, &local, "Olga").await, {
            people.add("Rosa", Role::Owner).await;
            rows(&people, &local, "Rosa").await
        });
        let scopes = Rights::of(&[Right::Read, Right::Sync, Right::Admin]);
        let new = NewToken { scopes, project: Some(mine.project.parse().unwrap()), ..token() };
        let who = people.token_like(&local, new).await;
        for (method, path, needed) in ROUTES {
            let named = path.contains("{projectId}") || path.contains("{syncId}");
            if matches!(needed, Tenant(_)) && named {
                let reply = people.ask(&who, method, &other.of(path), None).await;
                assert_eq!(reply.status, 404, "{method} {path}: {reply:?}");
            }
        }
        let listed = people.get(&who, "/api/v1/projects").await.expect(200);
        assert_eq!(listed["items"].as_array().unwrap().len(), 1);
        assert_eq!(listed["items"][0]["id"], mine.project);
        people.get(&who, &mine.of("/api/v1/syncs/{syncId}")).await.expect(200);
        people.post(&who, "/api/v1/stream-tickets", json!({ "projectId": other.project })).await.problem(404, "project-not-found");
        people.post(&who, "/api/v1/tokens", json!({ "name": "x", "scopes": ["read"] })).await.problem(403, "forbidden");
    }
}

async fn strangers_tenant(people: &People, who: &Who) -> entities::TenantId {
    people.get(who, "/api/v1/session").await.expect(200)["principal"]["tenant"]["id"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap()
}
