//! Branches and their heads.

use chrono::DateTime;
use project_sync_source::{Head, KnownHead, SourceContext, SourceError, open_source};
use testkit::github::{Access, Fault, GitHubServer, RepositoryOptions};

use crate::support::{Fixture, Repo, Told, file, rest, spec, with_token};

fn known(head: &Head) -> KnownHead {
    KnownHead { commit: head.commit, tree: head.tree.unwrap(), validator: head.validator.clone() }
}

#[tokio::test]
async fn a_head_is_one_request_and_an_unchanged_one_is_free() {
    let fixture = Fixture::new(&[file("a", "1")]).await;
    let source = fixture.open(&rest());
    let told = Told::new();
    let head = source.head(Some("main"), None, &told.context).await.unwrap();
    assert_eq!(told.context.traffic().requests(), 1);
    assert!(told.context.traffic().bytes() > 0);
    let tree = fixture.repo.git(&["rev-parse", "main^{tree}"], b"");
    assert_eq!(head.tree.unwrap().to_string(), tree);

    let before = fixture.server.quota_remaining();
    let again = source.head(Some("main"), Some(&known(&head)), &told.context).await.unwrap();
    assert_eq!(again, head);
    let log = fixture.api_requests();
    assert_eq!(log.iter().map(|it| it.status).collect::<Vec<_>>(), [Some(200), Some(304)]);
    assert_eq!(log[1].if_none_match, head.validator);
    assert_eq!(fixture.server.quota_remaining(), before);

    let commit = fixture.repo.commit("main", &[file("a", "2")]);
    let moved = source.head(Some("main"), Some(&known(&head)), &told.context).await.unwrap();
    assert_eq!(moved.commit, commit);
    assert_ne!(moved.validator, head.validator);
    assert_eq!(fixture.api_requests().len(), 3);
}

#[tokio::test]
async fn requests_say_who_asks_for_what() {
    let fixture = Fixture::new(&[file("a", "1")]).await;
    fixture.open(&rest()).head(Some("main"), None, &SourceContext::quiet()).await.unwrap();
    let request = &fixture.api_requests()[0];
    assert_eq!(request.accept.as_deref(), Some("application/vnd.github+json"));
    assert_eq!(request.api_version.as_deref(), Some("2022-11-28"));
    let agent = concat!("project-sync/", env!("CARGO_PKG_VERSION"));
    assert_eq!(request.user_agent.as_deref(), Some(agent));
    assert_eq!(request.authorization, None);
}

#[tokio::test]
async fn without_a_name_the_default_branch_is_meant() {
    let fixture = Fixture::new(&[file("a", "1")]).await;
    fixture.repo.commit("trunk", &[file("a", "2")]);
    fixture.server.edit_repository("o", "n", |options| options.default_branch = "trunk".into());
    let head = fixture.open(&rest()).head(None, None, &SourceContext::quiet()).await.unwrap();
    assert_eq!(head.branch, "trunk");
    assert_eq!(fixture.api_requests().len(), 2);
}

#[tokio::test]
async fn branch_names_may_hold_anything_git_allows() {
    let fixture = Fixture::new(&[file("a", "1")]).await;
    for name in ["feature/x", "x/protection", "100%", "%2F", "a#b", "größe/日本", "a+b&c=d;e", "deadbeef"]
    {
        let commit = fixture.repo.commit(name, &[file("name", name)]);
        let head = fixture.open(&rest()).head(Some(name), None, &SourceContext::quiet()).await.unwrap();
        assert_eq!((head.branch.as_str(), head.commit), (name, commit));
    }
    for odd in ["", "..", "a b", "main/", "/main", "main?x=1", "main\n", "../../../o/n"] {
        let error = fixture.open(&rest()).head(Some(odd), None, &SourceContext::quiet()).await.unwrap_err();
        assert_eq!(error.code(), "branch-not-found", "{odd:?}: {error}");
    }
}

#[tokio::test]
async fn branches_are_listed_page_by_page_with_the_default_one_first() {
    let fixture = Fixture::new(&[file("a", "1")]).await;
    let main = fixture.repo.git(&["rev-parse", "main"], b"");
    let refs: String = (0..249).map(|n| format!("create refs/heads/b{n:03} {main}\n")).collect();
    fixture.repo.git(&["update-ref", "--stdin"], refs.as_bytes());
    let branches = fixture.open(&rest()).branches(&SourceContext::quiet()).await.unwrap();
    assert_eq!(branches.len(), 250);
    assert_eq!((branches[0].name.as_str(), branches[0].is_default), ("main", true));
    assert_eq!((branches[1].name.as_str(), branches[249].name.as_str()), ("b000", "b248"));
    assert!(branches.iter().all(|branch| branch.commit.to_string() == main));
    assert_eq!(fixture.api_requests().len(), 1 + 3);
}

#[tokio::test]
async fn an_unknown_branch_is_told_from_an_unknown_repository() {
    let fixture = Fixture::new(&[file("a", "1")]).await;
    let context = SourceContext::quiet();
    let error = fixture.open(&rest()).head(Some("mian"), None, &context).await.unwrap_err();
    assert!(matches!(&error, SourceError::BranchNotFound { near, .. } if near == &["main"]), "{error}");
    assert_eq!(fixture.api_requests().len(), 2);
    let error = fixture.open_named("m", &rest()).head(Some("main"), None, &context).await.unwrap_err();
    assert_eq!(error.to_string(), "repository not found: o/m; if it is private, pass a token");
    let error = fixture.open_named("m", &rest()).branches(&context).await.unwrap_err();
    assert_eq!(error.code(), "repository-not-found");
}

#[tokio::test]
async fn an_empty_repository_is_called_empty() {
    let fixture = Fixture::new(&[]).await;
    let source = fixture.open(&rest());
    for branch in [None, Some("main")] {
        let error = source.head(branch, None, &SourceContext::quiet()).await.unwrap_err();
        assert_eq!(error.code(), "empty-repository");
    }
    assert_eq!(source.branches(&SourceContext::quiet()).await.unwrap(), []);
}

#[tokio::test]
async fn a_private_repository_needs_a_token_that_opens_it() {
    let fixture = Fixture::new(&[file("a", "1")]).await;
    fixture.server.edit_repository("o", "n", |options| options.private = true);
    fixture.server.set_token("good-secret", Access::Only(vec!["o/n".into()]));
    fixture.server.set_token("other-secret", Access::Only(vec![]));
    fixture.server.set_token("old-secret", Access::Revoked);
    let context = SourceContext::quiet();
    for (token, code) in [
        (None, "repository-not-found"),
        (Some("other-secret"), "repository-not-found"),
        (Some("old-secret"), "token-refused"),
        (Some("two\nlines"), "token-refused"),
    ] {
        let settings = token.map_or(rest(), |token| with_token(token, rest()));
        let error = match open_source(&spec(&fixture.server.api_url(), "n"), &settings) {
            Ok(source) => source.head(Some("main"), None, &context).await.unwrap_err(),
            Err(error) => error,
        };
        assert_eq!(error.code(), code, "{token:?}");
        assert!(!format!("{error} {error:?}").contains("secret"), "{error:?}");
    }
    let good = fixture.open(&with_token(" good-secret\n", rest()));
    good.head(Some("main"), None, &context).await.unwrap();
    let sent = fixture.api_requests().pop().unwrap().authorization;
    assert_eq!(sent.as_deref(), Some("Bearer good-secret"));
}

#[tokio::test]
async fn a_right_that_a_token_lacks_is_a_refusal_and_not_repeated() {
    let fixture = Fixture::new(&[file("a", "1")]).await;
    fixture.server.set_token("secret", Access::Everything);
    fixture.server.fault(Fault::Status(403));
    let source = fixture.open(&with_token("secret", rest()));
    let error = source.head(Some("main"), None, &SourceContext::quiet()).await.unwrap_err();
    assert_eq!(error.code(), "token-refused");
    assert_eq!(fixture.api_requests().len(), 1);
}

#[tokio::test]
async fn a_renamed_repository_is_followed_and_redirects_once() {
    let fixture = Fixture::new(&[file("a", "1")]).await;
    fixture.server.rename_repository("o", "n", "new");
    let source = fixture.open(&rest());
    let told = Told::new();
    source.head(Some("main"), None, &told.context).await.unwrap();
    source.head(Some("main"), None, &told.context).await.unwrap();
    let statuses: Vec<_> = fixture.api_requests().iter().map(|it| it.status.unwrap()).collect();
    assert_eq!(statuses, [301, 200, 200]);
    assert_eq!(told.context.traffic().requests(), 3);
}

#[tokio::test]
async fn a_renamed_branch_is_suggested_but_not_followed() {
    let fixture = Fixture::new(&[file("a", "1")]).await;
    fixture.server.redirect_branch("o", "n", "master", "main");
    let error = fixture.open(&rest()).head(Some("master"), None, &SourceContext::quiet()).await.unwrap_err();
    assert!(matches!(&error, SourceError::BranchNotFound { near, .. } if near == &["main"]), "{error}");
}

#[tokio::test]
async fn an_enterprise_base_url_keeps_its_path() {
    let fixture = Fixture::new(&[file("a", "1")]).await;
    fixture.server.rename_repository("o", "n", "new");
    let source = open_source(&spec(&fixture.server.enterprise_api_url(), "n"), &rest()).unwrap();
    source.head(Some("main"), None, &SourceContext::quiet()).await.unwrap();
    assert!(fixture.api_requests().iter().all(|it| it.path.starts_with("/api/v3/repos")));
}

#[tokio::test]
async fn the_commit_is_described_without_another_request() {
    let fixture = Fixture::new(&[file("a", "1")]).await;
    let source = fixture.open(&rest());
    let context = SourceContext::quiet();
    let head = source.head(Some("main"), None, &context).await.unwrap();
    let opened = source.open(&head, &Default::default(), &context).await.unwrap();
    assert_eq!(opened.commit().summary, "A summary");
    assert_eq!(opened.commit().committed_at, DateTime::from_timestamp(1_700_000_000, 0));
    assert_eq!(fixture.api_requests().len(), 1);
    // A source that did not find the head itself asks for the commit.
    let other = fixture.open(&rest()).open(&head, &Default::default(), &context).await.unwrap();
    assert_eq!(other.commit(), opened.commit());
    assert_eq!(fixture.api_requests().len(), 2);
}

#[tokio::test]
async fn a_server_that_is_not_there_is_unreachable() {
    let repo = Repo::new();
    let server = GitHubServer::start().await;
    server.add_repository("o", "n", repo.path(), RepositoryOptions::default());
    let source = open_source(&spec(&server.api_url(), "n"), &rest()).unwrap();
    let url = server.api_url();
    drop(server);
    // The port is freed a moment after the server is told to stop; whoever asks in between gets no answer either.
    let error = source.head(Some("main"), None, &SourceContext::quiet()).await.unwrap_err();
    assert!(matches!(&error, SourceError::Unreachable { host, .. } if url.contains(host)), "{error}");
}

#[test]
fn api_urls_are_checked() {
    for url in ["nonsense", "ftp://host", "https://user:secret@host", "https://user:secret@"] {
        let Err(error) = open_source(&spec(url, "n"), &rest()) else { panic!("{url} was taken") };
        assert_eq!(error.code(), "unsupported");
        assert!(!error.to_string().contains("secret"), "{error}");
    }
}
