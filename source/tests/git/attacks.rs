//! Sources that want to lead elsewhere, or to be more than they look.

use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    time::Instant,
};

use project_sync_source::{SourceContext, SourceError, git, settings::SourceSettings};
use tempfile::TempDir;
use testkit::git_http::{Fault, GitHttp};

use crate::support::{Repo, read_branch, run, settings};

/// Settings of a service for others: these private networks, these folders.
fn confined(networks: &[&str], folders: &[&Path]) -> SourceSettings {
    SourceSettings {
        private_networks: Some(networks.iter().map(|network| network.parse().unwrap()).collect()),
        local_folders: Some(folders.iter().map(|folder| folder.to_path_buf()).collect()),
        attempts: 1,
        ..settings()
    }
}

async fn head(url: &str, settings: &SourceSettings) -> Result<(), SourceError> {
    git::open(url, settings).head(None, None, &SourceContext::quiet()).await.map(drop)
}

fn is_refused(result: &Result<(), SourceError>) -> bool {
    matches!(result, Err(SourceError::NotAllowed(_)))
}

#[tokio::test]
async fn a_private_address_is_not_asked_by_any_of_its_names() {
    let repo = Repo::sample();
    let server = GitHttp::start(repo.folder.path()).await;
    let port = server.base_url().rsplit(':').next().unwrap().to_owned();
    for host in [
        "127.0.0.1",
        "localhost",
        "LOCALHOST",
        "2130706433",
        "0x7f.0.0.1",
        "0177.1",
        "[::ffff:127.0.0.1]",
        "0",
    ] {
        let url = format!("http://{host}:{port}/repo");
        let result = head(&url, &confined(&[], &[])).await;
        assert!(is_refused(&result), "{url}: {result:?}");
    }
    assert_eq!(server.requests().len(), 0);
    head(&server.url("repo"), &confined(&["127.0.0.1/32"], &[])).await.unwrap();
    let by_name = format!("http://localhost:{port}/repo");
    head(&by_name, &confined(&["127.0.0.1/32"], &[])).await.unwrap();
    let others =
        SourceSettings { allowed_hosts: vec!["*.example.org".into()], ..confined(&["127.0.0.0/8"], &[]) };
    server.take_requests();
    assert!(is_refused(&head(&by_name, &others).await));
    assert_eq!(server.requests().len(), 0);
}

#[tokio::test]
async fn redirects_lead_to_nothing_that_may_not_be_asked() {
    let repo = Repo::sample();
    let (home, away) = (GitHttp::start(repo.folder.path()).await, GitHttp::start(repo.folder.path()).await);
    let port = away.base_url().rsplit(':').next().unwrap().to_owned();
    let only_home = SourceSettings {
        allowed_hosts: vec!["127.0.0.1".into(), "127.0.0.2".into(), "169.254.169.254".into()],
        ..confined(&["127.0.0.1/32"], &[])
    };
    let (source, context) = (git::open(&home.url("repo"), &only_home), SourceContext::quiet());
    let found = source.head(None, None, &context).await.unwrap();
    let targets = [
        format!("http://localhost:{port}"),
        format!("http://127.0.0.2:{port}"),
        "http://169.254.169.254".into(),
    ];
    for target in &targets {
        home.push_fault(Fault::Redirect(target.clone()));
        let error = head(&home.url("repo"), &only_home).await;
        assert!(is_refused(&error), "{target}: {error:?}");
        // The second request of a sync, whose answer would be stored.
        home.push_fault(Fault::Redirect(target.clone()));
        let opened = source.open(&found, &Default::default(), &context).await.map(drop);
        assert!(is_refused(&opened), "{target}: {opened:?}");
    }
    for target in ["file:///etc", "ssh://127.0.0.1", "ftp://127.0.0.1", "ext::sh -c id"] {
        home.push_fault(Fault::Redirect(target.into()));
        let error = head(&home.url("repo"), &only_home).await.unwrap_err();
        assert!(!matches!(error, SourceError::NotARepository(_)), "{target}: {error}");
    }
    assert_eq!(away.requests().len(), 0);
}

/// A folder that may be read, and another one with a repository that may not.
struct Folders {
    folder: TempDir,
    secret: Repo,
}

impl Folders {
    fn new() -> Self {
        let secret = Repo::new();
        secret.write("secret", "hush").commit("Secret");
        Self { folder: tempfile::tempdir().unwrap(), secret }
    }

    /// A new repository in the folder that may be read.
    fn repo(&self, name: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        run(self.folder.path(), &["init", "-q", "-b", "main", name]);
        fs::write(path.join("a"), "1").unwrap();
        run(&path, &["add", "-A"]);
        run(&path, &["commit", "-q", "-m", "1"]);
        path
    }

    async fn read(&self, path: &Path) -> Result<(), SourceError> {
        let settings = confined(&[], &[self.folder.path()]);
        let (source, context) = (git::open(path.to_str().unwrap(), &settings), SourceContext::quiet());
        source.branches(&context).await?;
        let head = source.head(None, None, &context).await?;
        source.open(&head, &Default::default(), &context).await.map(drop)
    }

    fn secret_git(&self) -> PathBuf {
        self.secret.path.join(".git")
    }
}

#[tokio::test]
async fn nothing_of_a_local_repository_may_lead_out_of_the_allowed_folders() {
    let folders = Folders::new();
    let at = |name: &str| folders.folder.path().join(name);
    let refused = async |path: &Path| {
        let result = folders.read(path).await;
        assert!(is_refused(&result), "{}: {result:?}", path.display());
    };
    folders.read(&folders.repo("plain")).await.unwrap();
    refused(&folders.secret.path).await;
    refused(&at("plain").join("../..").join(folders.secret.path.strip_prefix("/").unwrap())).await;

    symlink(&folders.secret.path, at("link")).unwrap();
    refused(&at("link")).await;
    fs::create_dir(at("file")).unwrap();
    fs::write(at("file/.git"), format!("gitdir: {}\n", folders.secret_git().display())).unwrap();
    refused(&at("file")).await;
    fs::create_dir(at("folder")).unwrap();
    symlink(folders.secret_git(), at("folder/.git")).unwrap();
    refused(&at("folder")).await;

    let borrows = folders.repo("borrows");
    fs::write(
        borrows.join(".git/objects/info/alternates"),
        folders.secret_git().join("objects").to_str().unwrap(),
    )
    .unwrap();
    refused(&borrows).await;
    let indirect = folders.repo("indirect");
    fs::write(indirect.join(".git/objects/info/alternates"), borrows.join(".git/objects").to_str().unwrap())
        .unwrap();
    refused(&indirect).await;

    run(&folders.secret.path, &["worktree", "add", "-q", at("worktree").to_str().unwrap(), "-b", "other"]);
    refused(&at("worktree")).await;

    for part in ["HEAD", "config", "refs", "objects"] {
        let repo = folders.repo(&format!("linked-{part}"));
        let path = repo.join(".git").join(part);
        if path.is_dir() {
            fs::remove_dir_all(&path).unwrap()
        } else {
            fs::remove_file(&path).unwrap()
        }
        symlink(folders.secret_git().join(part), &path).unwrap();
        refused(&repo).await;
    }
    let one = folders.repo("one-object");
    let secret = folders.secret.id("HEAD:secret").to_string();
    let place = Path::new(&secret[..2]).join(&secret[2..]);
    fs::create_dir_all(one.join(".git/objects").join(&secret[..2])).unwrap();
    symlink(folders.secret_git().join("objects").join(&place), one.join(".git/objects").join(place)).unwrap();
    refused(&one).await;
    let pipe = folders.repo("pipe");
    fs::remove_file(pipe.join(".git/HEAD")).unwrap();
    fs::write(pipe.join(".git/HEAD"), "ref: refs/heads/main\n").unwrap();
    assert!(
        std::process::Command::new("mkfifo").arg(pipe.join(".git/refs/heads/x")).status().unwrap().success()
    );
    refused(&pipe).await;
}

#[tokio::test]
async fn links_within_the_allowed_folders_are_followed() {
    let folders = Folders::new();
    let plain = folders.repo("plain");
    symlink(&plain, folders.folder.path().join("link")).unwrap();
    folders.read(&folders.folder.path().join("link")).await.unwrap();
    run(&plain, &["worktree", "add", "-q", "../worktree", "-b", "other"]);
    folders.read(&folders.folder.path().join("worktree")).await.unwrap();
    run(folders.folder.path(), &["clone", "-q", "--shared", "plain", "borrows"]);
    folders.read(&folders.folder.path().join("borrows")).await.unwrap();
}

#[tokio::test]
async fn the_configuration_of_a_repository_runs_and_includes_nothing() {
    let repo = Repo::sample();
    let marker = repo.folder.path().join("marker");
    let script = repo.folder.path().join("script");
    fs::write(&script, format!("#!/bin/sh\ntouch {}\n", marker.display())).unwrap();
    assert!(std::process::Command::new("chmod").arg("+x").arg(&script).status().unwrap().success());
    let script = script.to_str().unwrap();
    let expected = read_branch(&*git::open(repo.url(), &settings()), None).await;
    for hook in ["post-checkout", "pre-commit", "reference-transaction", "fsmonitor-watchman"] {
        fs::copy(script, repo.path.join(".git/hooks").join(hook)).unwrap();
    }
    for (key, value) in [
        ("core.fsmonitor", script),
        ("core.sshCommand", script),
        ("core.gitProxy", script),
        ("core.hooksPath", repo.folder.path().to_str().unwrap()),
        ("core.pager", script),
        ("core.askPass", script),
        ("credential.helper", script),
        ("filter.x.smudge", script),
        ("filter.x.clean", script),
        ("filter.x.process", script),
        ("diff.external", script),
        ("uploadpack.packObjectsHook", script),
        ("remote.origin.url", "ext::sh -c touch% marker"),
        ("remote.origin.promisor", "true"),
        ("extensions.partialClone", "origin"),
        ("url.ext::sh.insteadOf", "https://"),
        // Were it read, the repository would be one that is not.
        ("include.path", "/dev/stdin/none"),
    ] {
        repo.git(&["config", "--local", key, value]);
    }
    fs::write(repo.path.join(".gitattributes"), "* filter=x\n").unwrap();
    assert_eq!(read_branch(&*git::open(repo.url(), &settings()), None).await, expected);
    let missing = project_sync_source::WantedBlob { id: entities::ObjectId([9; 20]), size: 1 };
    let (source, context) = (git::open(repo.url(), &settings()), SourceContext::quiet());
    let head = source.head(None, None, &context).await.unwrap();
    let snapshot = source.open(&head, &Default::default(), &context).await.unwrap();
    assert!(matches!(
        crate::support::read_blobs(&*snapshot, vec![missing]).await,
        Err(SourceError::Missing(_))
    ));
    assert!(!marker.exists(), "something of the repository was run");
}

#[tokio::test]
async fn submodules_are_rows_and_lead_nowhere() {
    let repo = Repo::sample();
    let server = GitHttp::start(repo.folder.path()).await;
    repo.write(
        ".gitmodules",
        "[submodule \"x\"]\n\tpath = x\n\turl = ext::sh -c touch% marker\n\tupdate = !touch marker\n",
    );
    repo.git(&["add", ".gitmodules"]);
    repo.git(&["update-index", "--add", "--cacheinfo", &format!("160000,{},x", repo.id("HEAD"))]);
    repo.git(&["commit", "-q", "-m", "Submodule"]);
    for url in [repo.url().to_owned(), server.url("repo")] {
        let files = read_branch(&*git::open(&url, &settings()), None).await;
        assert!(files[&b"x"[..]].0.is_submodule() && files[&b"x"[..]].2.is_none());
    }
    assert_eq!(server.requests().len(), 3, "the repository alone was asked for");
}

#[tokio::test]
async fn a_repository_that_swells_is_refused_in_time() {
    let repo = Repo::new();
    repo.write("small", "1").write("zeros", vec![0; 100 << 20]).commit("Zeros");
    let server = GitHttp::start(repo.folder.path()).await;
    let read = async |settings: SourceSettings| {
        let (source, context) = (git::open(&server.url("repo"), &settings), SourceContext::quiet());
        let head = source.head(None, None, &context).await?;
        source.open(&head, &Default::default(), &context).await.map(drop)
    };
    let begun = Instant::now();
    let limits = SourceSettings { max_unpacked_bytes: 16 << 20, ..settings() };
    let swollen = read(limits).await.unwrap_err();
    assert!(matches!(&swollen, SourceError::TooLarge { .. }), "{swollen}");
    // Neither tried again nor inflated: the server takes longer to pack it.
    assert_eq!(server.take_requests().len(), 3);
    assert!(begun.elapsed().as_secs() < 60);
    let crowded = read(SourceSettings { max_pack_objects: 3, ..settings() }).await.unwrap_err();
    assert!(matches!(&crowded, SourceError::TooLarge { .. }), "{crowded}");
    read(settings()).await.unwrap();
}
