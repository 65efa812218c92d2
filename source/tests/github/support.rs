//! Repositories with any content, and what the tests do with a source.

use std::{
    collections::{BTreeMap, HashMap},
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
    sync::{Arc, Mutex},
};

use entities::{FileMode, ObjectId, SourceSpec};
use project_sync_source::{
    Blob, Head, Notice, Snapshot, Source, SourceContext, SourceError, WantedBlob,
    object::{TreeEntry, blob_id, tree_id},
    open_source,
    settings::{Secret, SourceSettings, Transfer},
};
use tempfile::TempDir;
use testkit::github::{GitHubServer, LoggedRequest, Origin, RepositoryOptions};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// A file of a commit: path, mode as the tree spells it, content. A submodule's content is its commit's id in hex.
pub type File = (Vec<u8>, u32, Vec<u8>);

pub fn file(path: &str, content: impl Into<Vec<u8>>) -> File {
    (path.as_bytes().to_vec(), 0o100_644, content.into())
}

pub fn files(count: usize) -> Vec<File> {
    (0..count).map(|n| file(&format!("dir{}/file{n}", n % 7), format!("content {n}\n"))).collect()
}

/// A bare repository on disk.
pub struct Repo(pub TempDir);

impl Repo {
    pub fn new() -> Self {
        let repo = Self(TempDir::new().unwrap());
        repo.git(&["init", "-q", "--bare", "-b", "main", "."], b"");
        repo
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn git(&self, arguments: &[&str], input: &[u8]) -> String {
        let mut child = Command::new("git")
            .current_dir(self.path())
            .args(arguments)
            .envs([("GIT_CONFIG_NOSYSTEM", "1"), ("GIT_CONFIG_GLOBAL", "/dev/null")])
            .envs([("GIT_AUTHOR_NAME", "A"), ("GIT_AUTHOR_EMAIL", "a@example.org")])
            .envs([("GIT_COMMITTER_NAME", "C"), ("GIT_COMMITTER_EMAIL", "c@example.org")])
            .envs([("GIT_AUTHOR_DATE", "1700000000 +0200"), ("GIT_COMMITTER_DATE", "1700000000 +0200")])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let input = input.to_vec();
        let writer = std::thread::spawn(move || stdin.write_all(&input).unwrap());
        let output = child.wait_with_output().unwrap();
        writer.join().unwrap();
        assert!(output.status.success(), "git {arguments:?}");
        String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
    }

    /// Commits exactly these files to a branch, on top of what is there.
    pub fn commit(&self, branch: &str, files: &[File]) -> ObjectId {
        let mut import = Vec::new();
        for (_, _, content) in files.iter().filter(|file| !FileMode(file.1).is_submodule()) {
            import.extend_from_slice(format!("blob\ndata {}\n", content.len()).as_bytes());
            import.extend_from_slice(content);
            import.push(b'\n');
        }
        self.git(&["fast-import", "--quiet"], &import);
        let mut batch = Vec::new();
        let root = tree(&files.iter().map(|file| (&file.0[..], file)).collect::<Vec<_>>(), &mut batch);
        self.git(&["mktree", "-z", "--missing", "--batch"], &batch);
        let reference = format!("refs/heads/{branch}");
        let before = self.git(&["for-each-ref", "--format=%(objectname)", &reference], b"");
        let root = root.to_string();
        let mut arguments = vec!["commit-tree", "-m", "A summary\n\nand more", &root];
        if !before.is_empty() {
            arguments.extend(["-p", &before]);
        }
        let commit = self.git(&arguments, b"");
        self.git(&["update-ref", &reference, &commit], b"");
        commit.parse().unwrap()
    }
}

/// Appends the trees of these files to a batch for `git mktree`, the deepest first, and gives the root's id.
fn tree(files: &[(&[u8], &File)], batch: &mut Vec<u8>) -> ObjectId {
    let mut entries = Vec::new();
    let mut folders: BTreeMap<&[u8], Vec<(&[u8], &File)>> = BTreeMap::new();
    for (path, file) in files {
        match path.iter().position(|byte| *byte == b'/') {
            Some(slash) => folders.entry(&path[..slash]).or_default().push((&path[slash + 1..], file)),
            None => {
                let mode = FileMode(file.1);
                let id = match mode.is_submodule() {
                    true => std::str::from_utf8(&file.2).unwrap().parse().unwrap(),
                    false => blob_id(&file.2),
                };
                entries.push(TreeEntry { mode, name: path.to_vec(), id });
            }
        }
    }
    for (name, files) in folders {
        let id = tree(&files, batch);
        entries.push(TreeEntry { mode: FileMode::DIRECTORY, name: name.to_vec(), id });
    }
    let id = tree_id(&mut entries);
    for TreeEntry { mode, name, id } in &entries {
        let kind = match mode {
            mode if mode.is_directory() => "tree",
            mode if mode.is_submodule() => "commit",
            _ => "blob",
        };
        batch.extend_from_slice(format!("{:06o} {kind} {id}\t", mode.0).as_bytes());
        batch.extend_from_slice(name);
        batch.push(0);
    }
    batch.push(0);
    id
}

/// A server with one repository, `o/n`.
pub struct Fixture {
    pub server: GitHubServer,
    pub repo: Repo,
}

impl Fixture {
    pub async fn new(files: &[File]) -> Self {
        let repo = Repo::new();
        if !files.is_empty() {
            repo.commit("main", files);
        }
        let server = GitHubServer::start().await;
        server.add_repository("o", "n", repo.path(), RepositoryOptions::default());
        Self { server, repo }
    }

    pub fn open(&self, settings: &SourceSettings) -> Arc<dyn Source> {
        self.open_named("n", settings)
    }

    pub fn open_named(&self, name: &str, settings: &SourceSettings) -> Arc<dyn Source> {
        open_source(&spec(&self.server.api_url(), name), settings).unwrap()
    }

    /// Requests to the API since the log was last cleared.
    pub fn api_requests(&self) -> Vec<LoggedRequest> {
        self.server.log().into_iter().filter(|it| it.origin == Origin::Api).collect()
    }
}

pub fn spec(api_url: &str, name: &str) -> SourceSpec {
    SourceSpec::GitHub { owner: "o".into(), name: name.into(), api_url: Some(api_url.into()) }
}

/// REST only, with short pauses.
pub fn rest() -> SourceSettings {
    SourceSettings {
        transfer: Transfer::Rest,
        retry_first_delay_ms: 1,
        max_wait_seconds: 20,
        ..SourceSettings::default()
    }
}

pub fn with_token(token: &str, settings: SourceSettings) -> SourceSettings {
    SourceSettings { token: Some(Secret::new(token)), ..settings }
}

/// A context that keeps what it was told.
pub struct Told {
    pub context: SourceContext,
    pub cancel: CancellationToken,
    notices: Arc<Mutex<Vec<Notice>>>,
}

impl Told {
    pub fn new() -> Self {
        let notices = Arc::new(Mutex::new(Vec::new()));
        let (cancel, kept) = (CancellationToken::new(), Arc::clone(&notices));
        let context = SourceContext::new(cancel.clone(), move |notice| kept.lock().unwrap().push(notice));
        Self { context, cancel, notices }
    }

    pub fn notices(&self) -> Vec<Notice> {
        self.notices.lock().unwrap().clone()
    }
}

/// Everything a snapshot shows: every tree by path, every blob by id.
#[derive(PartialEq, Eq, Debug)]
pub struct Contents {
    pub trees: BTreeMap<Vec<u8>, Vec<TreeEntry>>,
    pub blobs: BTreeMap<ObjectId, Vec<u8>>,
}

pub async fn trees(snapshot: &dyn Snapshot) -> Result<BTreeMap<Vec<u8>, Vec<TreeEntry>>, SourceError> {
    let mut trees = BTreeMap::new();
    let mut ahead = vec![(Vec::new(), snapshot.commit().tree)];
    while let Some((path, id)) = ahead.pop() {
        let entries = snapshot.tree(id).await?.unwrap();
        for entry in entries.iter().filter(|entry| entry.mode.is_directory()) {
            ahead.push(([&path[..], b"/", &entry.name].concat(), entry.id));
        }
        assert_eq!(tree_id(&mut entries.clone()), id);
        trees.insert(path, entries);
    }
    Ok(trees)
}

pub async fn contents(snapshot: &dyn Snapshot, context: &SourceContext) -> Result<Contents, SourceError> {
    let trees = trees(snapshot).await?;
    let is_blob = |entry: &&TreeEntry| !entry.mode.is_directory() && !entry.mode.is_submodule();
    let ids: Vec<ObjectId> = trees.values().flatten().filter(is_blob).map(|entry| entry.id).collect();
    let blobs = blobs(snapshot, &ids, context).await?;
    Ok(Contents { trees, blobs })
}

pub async fn blobs(
    snapshot: &dyn Snapshot,
    ids: &[ObjectId],
    context: &SourceContext,
) -> Result<BTreeMap<ObjectId, Vec<u8>>, SourceError> {
    let sizes = snapshot.blob_sizes(ids).await?;
    let wanted = ids.iter().zip(sizes).map(|(id, size)| WantedBlob { id: *id, size: size.unwrap() });
    let (sender, mut receiver) = mpsc::channel::<Blob>(4);
    let collect = async {
        let mut blobs = HashMap::new();
        while let Some(blob) = receiver.recv().await {
            assert_eq!(blob_id(&blob.data), blob.id);
            assert!(blobs.insert(blob.id, blob.data.to_vec()).is_none(), "sent twice");
        }
        blobs
    };
    let (sent, blobs) = tokio::join!(snapshot.blobs(wanted.collect(), sender, context), collect);
    sent.map(|()| blobs.into_iter().collect())
}

/// Finds and opens `main`.
pub async fn snapshot(
    source: &dyn Source,
    context: &SourceContext,
) -> Result<(Head, Box<dyn Snapshot>), SourceError> {
    let head = source.head(Some("main"), None, context).await?;
    let snapshot = source.open(&head, &Default::default(), context).await?;
    Ok((head, snapshot))
}
