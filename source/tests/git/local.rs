//! Repositories on this machine.

use std::fs;

use entities::ObjectId;
use project_sync_source::{Head, MAX_BRANCHES, SourceContext, SourceError, WantedBlob};

use crate::support::{Repo, listing, read_all, read_blobs, read_branch, run, source, without_bytes};

#[tokio::test]
async fn a_work_tree_and_its_bare_clone_give_what_git_lists() {
    let repo = Repo::sample();
    let files = read_branch(&*source(repo.url()), None).await;
    assert_eq!(without_bytes(&files), listing(&repo.path, repo.id("HEAD")));
    assert_eq!(files[&b"src/deep/er/data.bin"[..]].2.as_deref(), Some(&[0, 159, 146, 150][..]));
    run(repo.folder.path(), &["clone", "-q", "--bare", "repo", "bare.git"]);
    let bare = repo.folder.path().join("bare.git");
    assert_eq!(read_branch(&*source(bare.to_str().unwrap()), Some("main")).await, files);
    let git_folder = repo.path.join(".git");
    assert_eq!(read_branch(&*source(git_folder.to_str().unwrap()), None).await, files);
}

#[tokio::test]
async fn the_commit_is_described_and_the_head_names_its_tree() {
    let repo = Repo::sample();
    let context = SourceContext::quiet();
    let source = source(repo.url());
    let head = source.head(None, None, &context).await.unwrap();
    assert_eq!((head.branch.as_str(), head.commit), ("main", repo.id("HEAD")));
    assert_eq!(head.tree, Some(repo.id("HEAD^{tree}")));
    let snapshot = source.open(&head, &Default::default(), &context).await.unwrap();
    let commit = snapshot.commit();
    assert_eq!(commit.summary, "Second: say hello");
    let seconds = commit.committed_at.unwrap().timestamp().to_string();
    assert_eq!(seconds, repo.git(&["log", "-1", "--format=%ct"]));
    assert_eq!(context.traffic().requests(), 0);
}

#[tokio::test]
async fn hard_names_of_branches_are_found_and_listed() {
    let repo = Repo::new();
    let first = repo.write("a", "1").commit("1");
    let second = repo.write("a", "2").commit("2");
    let names = ["feature/x", "ünï/çødé", "50%", "a#b", "same", &first.to_string(), "heads/main"];
    for name in names {
        repo.git(&["update-ref", &format!("refs/heads/{name}"), &first.to_string()]);
    }
    repo.git(&["tag", "same", &second.to_string()]);
    repo.git(&["symbolic-ref", "refs/heads/alias", "refs/heads/feature/x"]);
    repo.git(&["symbolic-ref", "refs/heads/dangling", "refs/heads/none"]);
    let packed = repo.git(&["pack-refs", "--all"]);
    assert_eq!(packed, "");
    repo.git(&["update-ref", "refs/heads/loose", &second.to_string()]);
    repo.git(&["update-ref", "refs/heads/same", &first.to_string()]);
    let (source, context) = (source(repo.url()), SourceContext::quiet());
    for name in names.into_iter().chain(["alias"]) {
        let head = source.head(Some(name), None, &context).await.unwrap();
        assert_eq!((head.branch.as_str(), head.commit), (name, first), "{name}");
    }
    let branches = source.branches(&context).await.unwrap();
    assert_eq!((branches[0].name.as_str(), branches[0].is_default), ("main", true));
    let mut expected: Vec<&str> = names.into_iter().chain(["alias", "loose"]).collect();
    expected.sort_unstable();
    let listed: Vec<&str> = branches[1..].iter().map(|branch| branch.name.as_str()).collect();
    assert_eq!(listed, expected);
    assert!(branches[1..].iter().all(|branch| !branch.is_default));
    for missing in ["refs/heads/main", "tags/same", "HEAD", "..", "a b", "", "dangling"] {
        let error = source.head(Some(missing), None, &context).await.unwrap_err();
        assert!(matches!(error, SourceError::BranchNotFound { .. }), "{missing:?}: {error}");
    }
}

#[tokio::test]
async fn branches_whose_names_are_not_utf8_are_left_out_and_lists_are_cut() {
    use std::os::unix::ffi::OsStrExt as _;
    let repo = Repo::new();
    let id = repo.commit("1").to_string();
    let odd = repo.path.join(".git/refs/heads").join(std::ffi::OsStr::from_bytes(b"caf\xe9"));
    fs::write(odd, format!("{id}\n")).unwrap();
    let lines: String = (0..MAX_BRANCHES + 7).map(|n| format!("{id} refs/heads/b{n:05}\n")).collect();
    fs::write(repo.path.join(".git/packed-refs"), lines).unwrap();
    let branches = source(repo.url()).branches(&SourceContext::quiet()).await.unwrap();
    assert_eq!(branches.len(), MAX_BRANCHES);
    assert_eq!((branches[0].name.as_str(), branches[1].name.as_str()), ("main", "b00000"));
}

#[tokio::test]
async fn an_unknown_branch_comes_with_near_names() {
    let repo = Repo::sample();
    repo.git(&["branch", "feature/login"]);
    let error =
        source(repo.url()).head(Some("feature/lgoin"), None, &SourceContext::quiet()).await.unwrap_err();
    assert_eq!(error.to_string(), "no branch named 'feature/lgoin'; did you mean feature/login?");
}

#[tokio::test]
async fn heads_that_lead_nowhere_are_told_apart() {
    let context = SourceContext::quiet();
    let repo = Repo::new();
    let at = source(repo.url());
    assert!(matches!(at.head(None, None, &context).await, Err(SourceError::EmptyRepository)));
    assert!(matches!(at.head(Some("main"), None, &context).await, Err(SourceError::EmptyRepository)));
    assert_eq!(at.branches(&context).await.unwrap(), []);
    let id = repo.commit("1");
    repo.git(&["checkout", "-q", "--detach"]);
    assert!(matches!(at.head(None, None, &context).await, Err(SourceError::DetachedHead)));
    assert_eq!(at.head(Some("main"), None, &context).await.unwrap().commit, id);
    repo.git(&["symbolic-ref", "HEAD", "refs/heads/mian"]);
    let error = at.head(None, None, &context).await.unwrap_err();
    assert_eq!(error.to_string(), "no branch named 'mian'; did you mean main?");
    assert!(!at.branches(&context).await.unwrap()[0].is_default);
}

#[tokio::test]
async fn what_is_no_repository_or_cannot_be_read_is_refused() {
    let context = SourceContext::quiet();
    let folder = tempfile::tempdir().unwrap();
    for path in [folder.path().to_owned(), folder.path().join("absent")] {
        let error = source(path.to_str().unwrap()).head(None, None, &context).await.unwrap_err();
        assert!(matches!(error, SourceError::NotARepository(_)), "{error}");
    }
    for (format, what) in [("--object-format=sha256", "SHA-256"), ("--ref-format=reftable", "reftable")] {
        let repo = Repo::with(&[format]);
        repo.git(&["commit", "-q", "--allow-empty", "-m", "1"]);
        for result in [
            source(repo.url()).head(None, None, &context).await.map(|_| ()),
            source(repo.url()).branches(&context).await.map(|_| ()),
        ] {
            let error = result.unwrap_err();
            assert!(matches!(&error, SourceError::Unsupported(text) if text.contains(what)), "{error}");
        }
    }
}

#[tokio::test]
async fn worktrees_alternates_and_shallow_clones_are_read() {
    let repo = Repo::sample();
    let expected = read_branch(&*source(repo.url()), None).await;
    let at = |name: &str| source(repo.folder.path().join(name).to_str().unwrap());
    repo.git(&["worktree", "add", "-q", "-b", "side", "../linked"]);
    assert_eq!(at("linked").head(None, None, &SourceContext::quiet()).await.unwrap().branch, "side");
    assert_eq!(read_branch(&*at("linked"), None).await, expected);
    run(repo.folder.path(), &["clone", "-q", "--shared", "repo", "borrower"]);
    assert_eq!(read_branch(&*at("borrower"), None).await, expected);
    let url = format!("file://{}", repo.url());
    run(repo.folder.path(), &["clone", "-q", "--depth", "1", &url, "shallow"]);
    assert_eq!(read_branch(&*at("shallow"), None).await, expected);
}

#[tokio::test]
async fn replaced_objects_are_not_followed() {
    let repo = Repo::sample();
    let commit = repo.id("HEAD");
    let expected = listing(&repo.path, commit);
    repo.git(&["replace", "HEAD", "HEAD~1"]);
    assert_eq!(without_bytes(&read_branch(&*source(repo.url()), None).await), expected);
}

#[tokio::test]
async fn what_a_partial_clone_lacks_is_missing() {
    let repo = Repo::sample();
    repo.git(&["config", "uploadpack.allowFilter", "true"]);
    let url = format!("file://{}", repo.url());
    run(repo.folder.path(), &["clone", "-q", "--bare", "--filter=blob:none", &url, "partial.git"]);
    let partial = source(repo.folder.path().join("partial.git").to_str().unwrap());
    let context = SourceContext::quiet();
    let head = partial.head(None, None, &context).await.unwrap();
    let snapshot = partial.open(&head, &Default::default(), &context).await.unwrap();
    let id = repo.id("HEAD:README.md");
    assert_eq!(snapshot.blob_sizes(&[id, repo.id("HEAD^{tree}")]).await.unwrap(), [None, None]);
    let error = read_blobs(&*snapshot, vec![WantedBlob { id, size: 9 }]).await.unwrap_err();
    assert!(matches!(error, SourceError::Missing(missing) if missing == id));
    let error = snapshot.tree(ObjectId([7; 20])).await.unwrap_err();
    assert!(matches!(error, SourceError::Missing(_)));
    let gone = Head { commit: ObjectId([7; 20]), ..head };
    assert!(matches!(
        partial.open(&gone, &Default::default(), &context).await,
        Err(SourceError::CommitGone(_))
    ));
}

#[tokio::test]
async fn an_object_with_other_bytes_than_its_id_says_is_corrupt() {
    let repo = Repo::new();
    repo.write("a", "one").write("b", "two").commit("1");
    let loose = |id: ObjectId| {
        let hex = id.to_string();
        repo.path.join(".git/objects").join(&hex[..2]).join(&hex[2..])
    };
    let (a, b) = (repo.id("HEAD:a"), repo.id("HEAD:b"));
    fs::remove_file(loose(a)).unwrap();
    fs::copy(loose(b), loose(a)).unwrap();
    let (source, context) = (source(repo.url()), SourceContext::quiet());
    let head = source.head(None, None, &context).await.unwrap();
    let snapshot = source.open(&head, &Default::default(), &context).await.unwrap();
    let error = read_blobs(&*snapshot, vec![WantedBlob { id: a, size: 3 }]).await.unwrap_err();
    assert!(matches!(error, SourceError::Corrupt(_)), "{error}");
}

#[tokio::test]
async fn repository_configuration_runs_nothing() {
    let repo = Repo::sample();
    let trap = repo.folder.path().join("trap");
    let command = format!("touch {}", trap.display());
    for key in ["core.fsmonitor", "core.sshCommand", "filter.x.smudge", "core.alternateRefsCommand"] {
        repo.git(&["config", key, &command]);
    }
    repo.write(".gitattributes", "* filter=x\n");
    repo.git(&["-c", "core.fsmonitor=false", "-c", "filter.x.smudge=cat", "add", "-A"]);
    repo.git(&["-c", "core.fsmonitor=false", "commit", "-q", "-m", "3"]);
    let _ = fs::remove_file(&trap);
    let files = read_branch(&*source(repo.url()), None).await;
    assert!(files.contains_key(&b".gitattributes"[..]));
    assert!(!trap.exists());
}

#[tokio::test]
async fn the_empty_tree_needs_no_object() {
    let repo = Repo::new();
    repo.commit("nothing");
    let files = read_branch(&*source(repo.url()), None).await;
    assert!(files.is_empty());
    let context = SourceContext::quiet();
    let source = source(repo.url());
    let head = source.head(None, None, &context).await.unwrap();
    let snapshot = source.open(&head, &Default::default(), &context).await.unwrap();
    assert_eq!(snapshot.tree(ObjectId::EMPTY_TREE).await.unwrap(), Some(Vec::new()));
    assert_eq!(read_all(&*snapshot).await.len(), 0);
}
