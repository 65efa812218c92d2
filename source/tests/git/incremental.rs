//! Opening a commit when others are known: only what is new comes.

use entities::ObjectId;
use project_sync_source::{Haves, SourceContext, SourceError, WantedBlob};
use testkit::git_http::GitHttp;

use crate::support::{Repo, listing, read_all, read_blobs, settings, source, without_bytes};

/// A repository large enough that sending it whole would show.
fn large() -> Repo {
    let repo = Repo::new();
    for n in 0..300 {
        let noise: String = (0..60).map(|i| format!("{:x} ", (n * 7919 + i * 104_729) % 65_537)).collect();
        repo.write(&format!("d{}/e{}/f{n}", n % 5, n % 11), noise);
    }
    repo.commit("Start");
    repo.git(&["repack", "-adq"]);
    repo
}

#[tokio::test]
async fn only_what_is_new_is_sent() {
    let repo = large();
    let start = repo.id("HEAD");
    let server = GitHttp::start(repo.folder.path()).await;
    let (source, context) = (source(&server.url("repo")), SourceContext::quiet());
    let head = source.head(None, None, &context).await.unwrap();
    source.open(&head, &Default::default(), &context).await.unwrap();
    let whole = server.take_requests()[2].bytes;

    for n in 0..20 {
        repo.write("d0/e0/f0", format!("change {n}")).write("d1/new", format!("{n}"));
        repo.commit("More");
    }
    let head = source.head(None, None, &context).await.unwrap();
    let snapshot = source.open(&head, &[start].into(), &context).await.unwrap();
    let requests = server.take_requests();
    assert_eq!(requests.len(), 3);
    assert!(requests[2].bytes * 5 < whole, "{} of {whole} bytes", requests[2].bytes);
    for changed in ["HEAD:", "HEAD:d0", "HEAD:d0/e0", "HEAD:d1"] {
        assert!(snapshot.tree(repo.id(changed)).await.unwrap().is_some(), "{changed}");
    }
    for kept in ["HEAD:d2", "HEAD:d1/e1", "HEAD:d4"] {
        assert_eq!(snapshot.tree(repo.id(kept)).await.unwrap(), None, "{kept}");
    }
    let (new, old) = (repo.id("HEAD:d0/e0/f0"), repo.id("HEAD:d2/e2/f2"));
    assert_eq!(snapshot.blob_sizes(&[new, old]).await.unwrap(), [Some(9), None]);
    let blobs = read_blobs(&*snapshot, vec![WantedBlob { id: new, size: 9 }]).await.unwrap();
    assert_eq!(blobs[&new], b"change 19");
    let error = read_blobs(&*snapshot, vec![WantedBlob { id: old, size: 0 }]).await.unwrap_err();
    assert!(matches!(error, SourceError::Missing(id) if id == old));
}

#[tokio::test]
async fn a_commit_is_in_its_snapshot_even_if_it_or_its_descendants_are_known() {
    let repo = large();
    let start = repo.id("HEAD");
    let later = repo.write("new", "n").commit("Later");
    let server = GitHttp::start(repo.folder.path()).await;
    let http =
        project_sync_source::git::remote::SmartHttp::new(&server.url("repo"), None, &settings()).unwrap();
    let context = SourceContext::quiet();
    for haves in [[start].into(), [later].into(), [later, start].into()] {
        let snapshot = http.fetch(start, &haves, &context).await.unwrap();
        assert_eq!(snapshot.commit().id, start);
        assert_eq!(snapshot.commit().tree, repo.id(&format!("{start}^{{tree}}")));
    }
}

#[tokio::test]
async fn a_change_without_new_content_sends_trees_only() {
    let repo = large();
    let start = repo.id("HEAD");
    repo.git(&["mv", "d0", "renamed"]);
    repo.commit("Renamed");
    let server = GitHttp::start(repo.folder.path()).await;
    let (source, context) = (source(&server.url("repo")), SourceContext::quiet());
    let head = source.head(None, None, &context).await.unwrap();
    let snapshot = source.open(&head, &[start].into(), &context).await.unwrap();
    assert_eq!(snapshot.tree(repo.id("HEAD:renamed")).await.unwrap(), None);
    let root = snapshot.tree(repo.id("HEAD:")).await.unwrap().unwrap();
    assert!(root.iter().any(|entry| entry.name == b"renamed"));
    assert!(server.take_requests()[2].bytes < 2_000);
}

#[tokio::test]
async fn commits_that_the_server_lost_do_no_harm() {
    let repo = large();
    let lost = repo.write("lost", "soon").commit("Lost");
    let start = repo.id("HEAD~1");
    repo.git(&["reset", "-q", "--hard", "HEAD~1"]);
    repo.write("other", "kept").commit("Other");
    repo.git(&["reflog", "expire", "--expire=now", "--all"]);
    repo.git(&["gc", "-q", "--prune=now"]);
    for old in [false, true] {
        let server = GitHttp::start(repo.folder.path()).await;
        if old {
            server.ignore_protocol_version();
        }
        let (source, context) = (source(&server.url("repo")), SourceContext::quiet());
        let head = source.head(None, None, &context).await.unwrap();
        let snapshot = source.open(&head, &[lost].into(), &context).await.unwrap();
        let files = read_all(&*snapshot).await;
        assert_eq!(without_bytes(&files), listing(&repo.path, repo.id("HEAD")));
        let snapshot = source.open(&head, &[lost, ObjectId([9; 20]), start].into(), &context).await.unwrap();
        assert_eq!(snapshot.tree(repo.id("HEAD:d2")).await.unwrap(), None);
        assert_eq!(snapshot.blob_sizes(&[repo.id("HEAD:other")]).await.unwrap(), [Some(4)]);
    }
}

#[tokio::test]
async fn more_haves_than_are_offered_are_cut() {
    let repo = large();
    let start = repo.id("HEAD");
    let server = GitHttp::start(repo.folder.path()).await;
    repo.write("new", "n").commit("Later");
    let mut haves = vec![start];
    haves.extend((0..100).map(|n| ObjectId([n; 20])));
    let (source, context) = (source(&server.url("repo")), SourceContext::quiet());
    let head = source.head(None, None, &context).await.unwrap();
    let snapshot = source.open(&head, &Haves { commits: haves, since: None }, &context).await.unwrap();
    assert_eq!(snapshot.tree(repo.id("HEAD:d0")).await.unwrap(), None);
}

#[tokio::test]
async fn without_haves_what_is_absent_is_missing() {
    let repo = large();
    let server = GitHttp::start(repo.folder.path()).await;
    let (source, context) = (source(&server.url("repo")), SourceContext::quiet());
    let head = source.head(None, None, &context).await.unwrap();
    let snapshot = source.open(&head, &Default::default(), &context).await.unwrap();
    assert_eq!(snapshot.tree(ObjectId::EMPTY_TREE).await.unwrap(), Some(Vec::new()));
    let error = snapshot.tree(ObjectId([7; 20])).await.unwrap_err();
    assert!(matches!(error, SourceError::Missing(_)));
    let blob = repo.id("HEAD:d0/e0/f0");
    assert!(matches!(snapshot.tree(blob).await, Err(SourceError::Corrupt(_))));
}

#[tokio::test]
async fn merges_of_old_branches_and_reverts_are_complete_and_small() {
    let repo = large();
    repo.git(&["checkout", "-q", "-b", "topic"]);
    repo.write("topic", "t").commit("Topic");
    repo.git(&["checkout", "-q", "main"]);
    let original = repo.id("HEAD:d1/e1/f1");
    for n in 0..5 {
        repo.write("d1/e1/f1", format!("{n}")).commit("Before");
    }
    let known = repo.id("HEAD");
    repo.git(&["merge", "-q", "--no-edit", "topic"]);
    repo.git(&["checkout", "-q", "HEAD~6", "--", "d1/e1/f1"]);
    repo.commit("Revert to what the known commit does not hold");
    assert_eq!(repo.id("HEAD:d1/e1/f1"), original);
    // With bitmaps a server can tell all that a commit's history ever held; it must not count on that.
    repo.git(&["repack", "-adbq"]);
    let server = GitHttp::start(repo.folder.path()).await;
    let (source, context) = (source(&server.url("repo")), SourceContext::quiet());
    let head = source.head(None, None, &context).await.unwrap();
    let snapshot = source.open(&head, &[known].into(), &context).await.unwrap();
    let (new, old) = (listing(&repo.path, head.commit), listing(&repo.path, known));
    let changed: Vec<ObjectId> =
        new.values().filter(|file| !old.values().any(|other| other == *file)).map(|(_, id)| *id).collect();
    assert_eq!(changed.len(), 2);
    assert!(snapshot.blob_sizes(&changed).await.unwrap().iter().all(Option::is_some));
    assert_eq!(snapshot.tree(repo.id("HEAD:d2")).await.unwrap(), None);
    assert!(server.requests()[2].bytes < 10_000, "{}", server.requests()[2].bytes);
}

#[tokio::test]
async fn a_known_commit_far_away_costs_bytes_but_nothing_is_lost() {
    let repo = large();
    let known = repo.id("HEAD");
    for n in 0..60 {
        repo.write("d0/e0/f0", format!("{n}")).commit("More");
    }
    let server = GitHttp::start(repo.folder.path()).await;
    let (source, context) = (source(&server.url("repo")), SourceContext::quiet());
    let head = source.head(None, None, &context).await.unwrap();
    let snapshot = source.open(&head, &[known].into(), &context).await.unwrap();
    assert_eq!(without_bytes(&read_all(&*snapshot).await), listing(&repo.path, head.commit));
    assert_eq!(server.requests().len(), 3);
}

#[tokio::test]
async fn a_force_push_is_read_whole_if_need_be() {
    let repo = large();
    let known = repo.id("HEAD");
    repo.git(&["checkout", "-q", "--orphan", "other"]);
    repo.write("only", "this").commit("Another beginning");
    repo.git(&["branch", "-qM", "other", "main"]);
    let server = GitHttp::start(repo.folder.path()).await;
    let (source, context) = (source(&server.url("repo")), SourceContext::quiet());
    let head = source.head(Some("main"), None, &context).await.unwrap();
    let snapshot = source.open(&head, &[known].into(), &context).await.unwrap();
    assert_eq!(without_bytes(&read_all(&*snapshot).await), listing(&repo.path, head.commit));
}

/// With the time of a have, the server looks no further back than that (and a week), however many generations there are.
#[tokio::test]
async fn a_known_time_bounds_what_is_sent() {
    let repo = large();
    for n in 0..30 {
        repo.write("log", format!("{n}").repeat(4_000));
        repo.commit_at(&format!("Before {n}"), 1_700_000_000 + n * 86_400);
    }
    let start = repo.id("HEAD");
    repo.write("log", "short");
    repo.commit_at("After", 1_700_000_000 + 31 * 86_400);
    let server = GitHttp::start(repo.folder.path()).await;
    let (source, context) = (source(&server.url("repo")), SourceContext::quiet());
    let since = chrono::DateTime::from_timestamp(1_700_000_000 + 29 * 86_400, 0);
    let mut bytes = Vec::new();
    for since in [None, since] {
        let head = source.head(None, None, &context).await.unwrap();
        let haves = Haves { commits: vec![start], since };
        let snapshot = source.open(&head, &haves, &context).await.unwrap();
        assert_eq!(snapshot.commit().id, repo.id("HEAD"));
        let requests = server.take_requests();
        assert_eq!(requests.len(), 3);
        bytes.push(requests[2].bytes);
    }
    assert!(bytes[1] * 2 < bytes[0], "{bytes:?}");
    // Nothing was committed since: the server refuses, and is asked in another way.
    let head = source.head(None, None, &context).await.unwrap();
    let haves = Haves { commits: vec![start], since: chrono::DateTime::from_timestamp(1_900_000_000, 0) };
    let snapshot = source.open(&head, &haves, &context).await.unwrap();
    assert_eq!(snapshot.commit().id, repo.id("HEAD"));
    assert_eq!(server.take_requests().len(), 4);
}
