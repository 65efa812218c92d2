//! Repositories over smart HTTP: what is read, how many requests it takes, and who is let in.

use std::fs;

use entities::ObjectId;
use project_sync_source::{SourceContext, SourceError, git::remote::SmartHttp};
use testkit::git_http::{Fault, GitHttp, RecordedRequest};

use crate::support::{
    Repo, listing, read_all, read_branch, run, settings, source, source_with_token, without_bytes,
};

fn shape(requests: &[RecordedRequest]) -> Vec<String> {
    let last = |path: &str| path.rsplit('/').next().unwrap().to_owned();
    requests.iter().map(|request| format!("{} {}", request.method, last(&request.path))).collect()
}

#[tokio::test]
async fn remote_and_local_give_the_same_files() {
    let repo = Repo::sample();
    repo.git(&["update-index", "--add", "--cacheinfo", &format!("160000,{},sub", "1".repeat(40))]);
    repo.git(&["commit", "-q", "-m", "A submodule"]);
    let server = GitHttp::start(repo.folder.path()).await;
    let files = read_branch(&*source(&server.url("repo")), None).await;
    assert_eq!(without_bytes(&files), listing(&repo.path, repo.id("HEAD")));
    assert_eq!(files, read_branch(&*source(repo.url()), None).await);
}

#[tokio::test]
async fn a_head_takes_two_requests_and_opening_it_one_more() {
    let repo = Repo::sample();
    let server = GitHttp::start(repo.folder.path()).await;
    let (source, context) = (source(&server.url("repo")), SourceContext::quiet());
    let head = source.head(None, None, &context).await.unwrap();
    assert_eq!((head.branch.as_str(), head.commit, head.tree), ("main", repo.id("HEAD"), None));
    assert_eq!(shape(&server.requests()), ["GET refs", "POST git-upload-pack"]);
    let snapshot = source.open(&head, &Default::default(), &context).await.unwrap();
    assert_eq!(snapshot.commit().tree, repo.id("HEAD^{tree}"));
    read_all(&*snapshot).await;
    let requests = server.take_requests();
    assert_eq!(shape(&requests), ["GET refs", "POST git-upload-pack", "POST git-upload-pack"]);
    assert!(requests.iter().all(|request| request.protocol.as_deref() == Some("version=2")));
    assert_eq!(context.traffic().requests(), 3);
    assert_eq!(context.traffic().bytes(), requests.iter().map(|request| request.bytes).sum::<u64>());
    // Only the branch asked for is listed, and a second look takes two requests again.
    source.head(Some("main"), None, &context).await.unwrap();
    assert_eq!(server.take_requests().len(), 2);
}

#[tokio::test]
async fn a_known_commit_takes_two_requests() {
    let repo = Repo::sample();
    let server = GitHttp::start(repo.folder.path()).await;
    let http = SmartHttp::new(&server.url("repo"), None, &settings()).unwrap();
    let context = SourceContext::quiet();
    let snapshot = http.fetch(repo.id("HEAD~1"), &Default::default(), &context).await.unwrap();
    assert_eq!(without_bytes(&read_all(&*snapshot).await), listing(&repo.path, repo.id("HEAD~1")));
    assert_eq!(shape(&server.take_requests()), ["GET refs", "POST git-upload-pack"]);
    let error = http.fetch(ObjectId([7; 20]), &Default::default(), &context).await.err().unwrap();
    assert!(matches!(error, SourceError::CommitGone(_)), "{error}");
    assert_eq!(shape(&server.take_requests()), ["POST git-upload-pack"]);
}

#[tokio::test]
async fn servers_without_version_2_are_read_too() {
    let repo = Repo::sample();
    repo.git(&["branch", "feature/x", "HEAD~1"]);
    let server = GitHttp::start(repo.folder.path()).await;
    server.ignore_protocol_version();
    let (at, context) = (source(&server.url("repo")), SourceContext::quiet());
    let head = at.head(None, None, &context).await.unwrap();
    let snapshot = at.open(&head, &Default::default(), &context).await.unwrap();
    assert_eq!(read_all(&*snapshot).await, read_branch(&*source(repo.url()), None).await);
    assert_eq!(shape(&server.take_requests()), ["GET refs", "POST git-upload-pack"]);
    let branches = at.branches(&context).await.unwrap();
    let names: Vec<_> = branches.iter().map(|branch| (branch.name.as_str(), branch.is_default)).collect();
    assert_eq!(names, [("main", true), ("feature/x", false)]);
    let next = repo.write("new", "n").commit("Third");
    let head = at.head(None, None, &context).await.unwrap();
    assert_eq!(head.commit, next);
    let partial = at.open(&head, &[repo.id("HEAD~1")].into(), &context).await.unwrap();
    assert!(partial.tree(repo.id("HEAD:")).await.unwrap().is_some());
    assert_eq!(partial.tree(repo.id("HEAD:src")).await.unwrap(), None);
    let gone = project_sync_source::Head { commit: ObjectId([7; 20]), ..head };
    assert!(matches!(at.open(&gone, &Default::default(), &context).await, Err(SourceError::CommitGone(_))));
}

#[tokio::test]
async fn hard_names_and_unknown_branches() {
    let repo = Repo::sample();
    let (head, first) = (repo.id("HEAD"), repo.id("HEAD~1"));
    let names = ["feature/x", "ünï/çødé", "50%", "a#b", "same", "main-2", &first.to_string()];
    for name in names {
        repo.git(&["update-ref", &format!("refs/heads/{name}"), &first.to_string()]);
    }
    repo.git(&["tag", "same", "HEAD"]);
    let server = GitHttp::start(repo.folder.path()).await;
    let (source, context) = (source(&server.url("repo")), SourceContext::quiet());
    for name in names {
        assert_eq!(source.head(Some(name), None, &context).await.unwrap().commit, first, "{name}");
    }
    assert_eq!(source.head(Some("main"), None, &context).await.unwrap().commit, head);
    assert_eq!(source.branches(&context).await.unwrap().len(), names.len() + 1);
    for name in ["mai", "tags/same", "x\ny", ""] {
        let error = source.head(Some(name), None, &context).await.unwrap_err();
        assert!(matches!(error, SourceError::BranchNotFound { .. }), "{name:?}: {error}");
    }
    let error = source.head(Some("mian"), None, &context).await.unwrap_err();
    assert_eq!(error.to_string(), "no branch named 'mian'; did you mean main or main-2?");
}

#[tokio::test]
async fn heads_that_lead_nowhere_are_told_apart() {
    let context = SourceContext::quiet();
    for old in [false, true] {
        let repo = Repo::new();
        let server = GitHttp::start(repo.folder.path()).await;
        if old {
            server.ignore_protocol_version();
        }
        let at = source(&server.url("repo"));
        assert!(matches!(at.head(None, None, &context).await, Err(SourceError::EmptyRepository)));
        assert!(matches!(at.head(Some("x"), None, &context).await, Err(SourceError::EmptyRepository)));
        assert_eq!(at.branches(&context).await.unwrap(), []);
        let id = repo.commit("1");
        repo.git(&["checkout", "-q", "--detach"]);
        assert!(matches!(at.head(None, None, &context).await, Err(SourceError::DetachedHead)));
        assert_eq!(at.head(Some("main"), None, &context).await.unwrap().commit, id);
        repo.git(&["symbolic-ref", "HEAD", "refs/heads/absent"]);
        let error = at.head(None, None, &context).await.unwrap_err();
        assert!(matches!(error, SourceError::BranchNotFound { .. }), "{error}");
    }
}

#[tokio::test]
async fn sha256_repositories_are_refused() {
    let repo = Repo::with(&["--object-format=sha256"]);
    repo.git(&["commit", "-q", "--allow-empty", "-m", "1"]);
    for old in [false, true] {
        let server = GitHttp::start(repo.folder.path()).await;
        if old {
            server.ignore_protocol_version();
        }
        let error = source(&server.url("repo")).head(None, None, &SourceContext::quiet()).await.unwrap_err();
        assert!(matches!(&error, SourceError::Unsupported(text) if text.contains("SHA-256")), "{error}");
    }
}

#[tokio::test]
async fn access_is_told_apart() {
    let repo = Repo::sample();
    let server = GitHttp::start(repo.folder.path()).await;
    let context = SourceContext::quiet();
    let error = source(&server.url("absent")).head(None, None, &context).await.unwrap_err();
    assert!(matches!(error, SourceError::RepositoryNotFound { has_token: false, .. }), "{error}");
    let error = source_with_token(&server.url("absent"), "t").head(None, None, &context).await.unwrap_err();
    assert!(matches!(error, SourceError::RepositoryNotFound { has_token: true, .. }), "{error}");
    server.require_token("s3cret");
    let error = source(&server.url("repo")).head(None, None, &context).await.unwrap_err();
    assert!(matches!(error, SourceError::RepositoryNotFound { has_token: false, .. }), "{error}");
    let error = source_with_token(&server.url("repo"), "wr0ng").head(None, None, &context).await.unwrap_err();
    assert!(matches!(error, SourceError::TokenRefused { .. }), "{error}");
    assert!(!format!("{error} {error:?}").contains("wr0ng"));
    server.take_requests();
    let files = read_branch(&*source_with_token(&server.url("repo"), " s3cret\n"), None).await;
    assert_eq!(files.len(), listing(&repo.path, repo.id("HEAD")).len());
    assert_eq!(server.requests().len(), 3);
    server.push_fault(Fault::Status(403));
    let error =
        source_with_token(&server.url("repo"), "s3cret").head(None, None, &context).await.unwrap_err();
    assert!(matches!(error, SourceError::TokenRefused { .. }), "{error}");
}

#[tokio::test]
async fn redirects_are_followed_and_the_token_stays_home() {
    let repo = Repo::sample();
    let (home, away) = (GitHttp::start(repo.folder.path()).await, GitHttp::start(repo.folder.path()).await);
    let (source, context) = (source_with_token(&home.url("repo"), "s3cret"), SourceContext::quiet());
    home.push_fault(Fault::Redirect(home.base_url()));
    home.push_fault(Fault::Redirect(away.base_url()));
    let head = source.head(None, None, &context).await.unwrap();
    source.open(&head, &Default::default(), &context).await.unwrap();
    assert_eq!(context.traffic().requests(), 5);
    assert!(home.requests().iter().all(|request| request.authorization.is_some()));
    assert_eq!(home.requests().len(), 2);
    assert!(away.requests().iter().all(|request| request.authorization.is_none()));
    assert_eq!(away.requests().len(), 3);
    // A POST that is sent elsewhere stays a POST.
    let head = source.head(None, None, &context).await.unwrap();
    home.push_fault(Fault::Redirect(away.base_url()));
    source.open(&head, &Default::default(), &context).await.unwrap();
    home.take_requests();
    for _ in 0..6 {
        home.push_fault(Fault::Redirect(home.base_url()));
    }
    let error = source.head(None, None, &context).await.unwrap_err();
    assert!(error.to_string().contains("too many redirects"), "{error}");
    assert_eq!(home.requests().len(), 6);
}

#[tokio::test]
async fn what_is_no_git_server_is_refused() {
    let context = SourceContext::quiet();
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("plain")).unwrap();
    let server = GitHttp::start(folder.path()).await;
    server.push_fault(Fault::Status(200));
    let error = source(&server.url("plain")).head(None, None, &context).await.unwrap_err();
    assert!(matches!(error, SourceError::NotARepository(_)), "{error}");
    let error = source("http://").head(None, None, &context).await.unwrap_err();
    assert!(matches!(error, SourceError::NotARepository(_)), "{error}");
    let closed = server.url("plain");
    drop(server);
    let error = source(&closed).head(None, None, &context).await.unwrap_err();
    assert!(matches!(error, SourceError::Unreachable { .. }), "{error}");
}

#[tokio::test]
async fn a_repository_with_many_similar_files_survives_its_deltas() {
    let repo = Repo::new();
    let mut text = String::new();
    for n in 0..400 {
        text.push_str(&format!("paragraph {n} about nothing in particular\n"));
        repo.write(&format!("d{}/f{n}.txt", n % 7), &text);
    }
    let commit = repo.commit("Deltas");
    run(&repo.path, &["repack", "-adfq", "--depth=50", "--window=50"]);
    let server = GitHttp::start(repo.folder.path()).await;
    let files = read_branch(&*source(&server.url("repo")), None).await;
    assert_eq!(without_bytes(&files), listing(&repo.path, commit));
    let bytes: u64 = server.requests().iter().map(|request| request.bytes).sum();
    let content: u64 = files.values().map(|(.., data)| data.as_ref().unwrap().len() as u64).sum();
    assert!(bytes * 50 < content, "{bytes} bytes came for {content}: these must have been deltas");
}
