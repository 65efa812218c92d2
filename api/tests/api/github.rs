//! What an installation of a GitHub App reaches.

use serde_json::json;
use testkit::{
    github::{AppKey, GitHubServer, RepositoryOptions},
    on_each_database,
};

use crate::{people::People, scene::small_repo};

const LIST: &str = "/api/v1/github/repositories";

on_each_database! {
    async fn an_installation_lists_what_it_reaches(db: TestDatabase) {
        let people = People::new(db).await;
        let owner = people.browser("Olga").await;
        let (server, key, repo) = (GitHubServer::start().await, AppKey::generate(), small_repo());
        server.add_repository("o", "n", repo.path(), RepositoryOptions::default());
        server.install_app(12, 34, &key, &["o/n", "o/second", "o/third"]);
        let app = |app_id: u64| json!({
            "appId": app_id, "installationId": 34, "privateKey": key.private_pem(), "apiUrl": server.api_url(),
        });
        let first = people.post(&owner, &format!("{LIST}?limit=2"), app(12)).await.expect(200);
        assert_eq!(first["items"][0], json!({ "fullName": "o/n", "defaultBranch": "main", "private": false, "archived": false }));
        assert_eq!(first["items"].as_array().unwrap().len(), 2);
        let next = format!("{LIST}?cursor={}", first["nextCursor"].as_str().unwrap());
        let second = people.post(&owner, &next, app(12)).await.expect(200);
        assert_eq!(second["items"][0]["fullName"], "o/third");
        assert!(second["nextCursor"].is_null());
        let wrong = people.post(&owner, LIST, app(0)).await;
        assert_eq!(wrong.problem(422, "invalid-value")["field"], "appId");
        people.post(&owner, LIST, app(13)).await.problem(422, "source-credential");
        people.post(&owner, &format!("{LIST}?cursor=x"), app(12)).await.problem(400, "malformed-request");

        let source = json!({ "kind": "github", "owner": "o", "name": "n", "apiUrl": server.api_url() });
        let project = people.post(&owner, "/api/v1/projects", json!({ "name": "p", "source": source })).await;
        let project = project.expect(201)["id"].as_str().unwrap().to_owned();
        let credential = format!("/api/v1/projects/{project}/credential");
        let path = format!("{credential}/repositories");
        people.get(&owner, &path).await.problem(404, "credential-not-found");
        let stored = json!({ "kind": "githubApp", "appId": 12, "installationId": 34, "privateKey": key.private_pem() });
        people.ask(&owner, "PUT", &credential, Some(&stored)).await.expect(200);
        let listed = people.get(&owner, &path).await.expect(200);
        assert_eq!(listed["items"].as_array().unwrap().len(), 3);
        server.suspend_app(34, true);
        let refused = people.get(&owner, &path).await.problem(422, "source-credential");
        assert!(refused["detail"].as_str().unwrap().contains("suspended"), "{refused}");
        let token = json!({ "kind": "token", "token": "ghp_0123456789abcdefghijABCDEFGHIJ012345" });
        people.ask(&owner, "PUT", &credential, Some(&token)).await.expect(200);
        people.get(&owner, &path).await.problem(422, "source-credential");
    }
}
