//! Who may ask.

use project_sync_api::Settings;
use serde_json::json;
use source::settings::Secret;
use testkit::database::TestDatabase;

use crate::{
    contract::{operations, with_ids},
    scene::Scene,
};

#[tokio::test(flavor = "multi_thread")]
async fn with_a_token_every_operation_needs_it() {
    let settings = Settings {
        token: Some(Secret::new("the right token")),
        listen: "0.0.0.0:80".parse().unwrap(),
        ..Default::default()
    };
    let mut scene = Scene::with(TestDatabase::sqlite().await, settings).await;
    let mut paths: Vec<_> =
        operations().into_iter().map(|(method, path, _)| (method, with_ids(&path))).collect();
    // Those are for everybody: routes.rs tells of them.
    paths.retain(|(_, path)| !matches!(path.as_str(), "/api/v1/session" | "/api/v1/setup"));
    // Hosts sign what they send, and no token stands in for that.
    let is_hook = |path: &str| {
        ["github", "gitlab", "gitea"]
            .iter()
            .any(|host| path.starts_with(&format!("/api/v1/webhooks/{host}/")))
    };
    paths.retain(|(_, path)| !is_hook(path));
    // What is beside the paths of hooks is none.
    for path in ["bitbucket/1", "github", "githubs/1", "gitlab%2F1", "/github/1", "GitHub/1"] {
        paths.push(("POST".to_owned(), format!("/api/v1/webhooks/{path}")));
    }
    for method in ["GET", "PUT", "PATCH", "DELETE"] {
        paths.push((method.to_owned(), "/api/v1/webhooks/github/1".to_owned()));
    }
    for path in ["/openapi.json", "/docs", "/docs/index.html", "/api/v1/nothing", "/nothing"] {
        paths.push(("GET".to_owned(), path.to_owned()));
    }
    for token in [None, Some("the wrong token".to_owned())] {
        scene.token = token;
        for (method, path) in &paths {
            let reply = scene.call(method, path, &[], None).await;
            if matches!(path.as_str(), "/healthz" | "/readyz") {
                reply.expect(200);
                continue;
            }
            reply.problem(401, "unauthorized");
            assert_eq!(reply.header("www-authenticate"), Some("Bearer"), "{method} {path}");
        }
    }
    scene.token = Some("the right token".to_owned());
    for (method, path) in &paths {
        let reply = scene.call(method, path, &[], None).await;
        assert_ne!(reply.status, 401, "{method} {path}");
        assert!(
            reply.status != 403 || path == "/api/v1/session/password",
            "{method} {path}: it operates, too"
        );
    }
    let session = scene.get("/api/v1/session").await.expect(200);
    assert_eq!(session["access"], "identity");
    assert_eq!(session["principal"]["kind"], "token");
    assert_eq!(session["principal"]["rights"], json!(["read", "sync", "admin", "operate"]));
    assert_eq!(session["principal"]["tenant"]["name"], "local");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_token_pages_of_other_sites_are_refused() {
    let scene = Scene::new(TestDatabase::sqlite().await).await;
    let own = format!("http://{}", scene.address);
    scene.call("GET", "/api/v1/projects", &[("origin", &own)], None).await.expect(200);
    for headers in [[("origin", "https://evil.example")], [("host", "evil.example")], [("origin", "null")]] {
        for (method, path) in [("GET", "/api/v1/projects"), ("POST", "/api/v1/projects"), ("GET", "/metrics")]
        {
            scene.call(method, path, &headers, None).await.problem(403, "foreign-origin");
        }
    }
}
