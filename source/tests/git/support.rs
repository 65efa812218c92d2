//! Repositories made by the real git, and what every test asks of a source.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::{Arc, Mutex},
};

use entities::{FileMode, ObjectId};
use project_sync_source::{
    Blob, Notice, Snapshot, Source, SourceContext, SourceError, WantedBlob, git,
    settings::{Secret, SourceSettings},
};
use tempfile::TempDir;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// A repository with a work tree in a temporary folder, named so that a server of the folder serves it as `repo`.
pub struct Repo {
    pub folder: TempDir,
    pub path: PathBuf,
}

impl Repo {
    pub fn new() -> Self {
        Self::with(&[])
    }

    pub fn with(init: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("repo");
        run(folder.path(), &[&["init", "-q", "-b", "main", "repo"], init].concat());
        Self { folder, path }
    }

    pub fn git(&self, arguments: &[&str]) -> String {
        run(&self.path, arguments)
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> &Self {
        let path = self.path.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
        self
    }

    pub fn commit(&self, message: &str) -> ObjectId {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", message]);
        self.id("HEAD")
    }

    /// Commits at a time, in seconds since 1970.
    pub fn commit_at(&self, message: &str, time: i64) -> ObjectId {
        self.commit(message);
        let date = format!("{time} +0000");
        let mut amend = testkit::repo::git_command(&self.path);
        amend
            .args(["commit", "-q", "--amend", "--no-edit", "--date", &date])
            .env("GIT_COMMITTER_DATE", &date);
        assert!(amend.status().unwrap().success());
        self.id("HEAD")
    }

    pub fn id(&self, revision: &str) -> ObjectId {
        self.git(&["rev-parse", "--verify", revision]).parse().unwrap()
    }

    pub fn url(&self) -> &str {
        self.path.to_str().unwrap()
    }

    /// A repository with a few files of every kind and several commits.
    pub fn sample() -> Self {
        let repo = Self::new();
        repo.write("README.md", "# Sample\n").write("src/main.rs", "fn main() {}\n");
        repo.write("src/deep/er/data.bin", [0, 159, 146, 150]).write("empty", "");
        let long: String = (0..2_000).map(|line| format!("line {line}\n")).collect();
        repo.write("long.txt", &long);
        repo.write("long-copy.txt", format!("{long}and one more\n"));
        std::os::unix::fs::symlink("README.md", repo.path.join("link")).unwrap();
        repo.commit("First");
        repo.write("src/main.rs", "fn main() { println!(\"hello\"); }\n");
        repo.commit("Second: say hello");
        repo.git(&["repack", "-adq"]);
        repo
    }
}

pub fn run(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .args(["-c", "user.name=Test", "-c", "user.email=test@example.org", "-c", "gc.auto=0"])
        .args(["-c", "protocol.file.allow=always"])
        .args(arguments)
        .current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .output()
        .unwrap();
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
}

/// Settings whose retries do not slow tests down.
pub fn settings() -> SourceSettings {
    SourceSettings { retry_first_delay_ms: 1, ..SourceSettings::default() }
}

pub fn source(url: &str) -> Arc<dyn Source> {
    git::open(url, &settings())
}

pub fn source_with_token(url: &str, token: &str) -> Arc<dyn Source> {
    git::open(url, &SourceSettings { token: Some(Secret::new(token)), ..settings() })
}

/// A context whose notices are kept.
pub fn listening() -> (SourceContext, Arc<Mutex<Vec<Notice>>>) {
    let notices = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&notices);
    let context =
        SourceContext::new(CancellationToken::new(), move |notice| kept.lock().unwrap().push(notice));
    (context, notices)
}

/// Every file of a snapshot: path to mode, id and bytes (none for submodules).
pub type Files = BTreeMap<Vec<u8>, (FileMode, ObjectId, Option<Vec<u8>>)>;

/// Reads all that a snapshot reaches.
pub async fn read_all(snapshot: &dyn Snapshot) -> Files {
    let mut files = Files::new();
    let mut folders = vec![(Vec::new(), snapshot.commit().tree)];
    while let Some((path, id)) = folders.pop() {
        for entry in snapshot.tree(id).await.unwrap().expect("the tree is there") {
            let mut path: Vec<u8> = path.clone();
            if !path.is_empty() {
                path.push(b'/');
            }
            path.extend_from_slice(&entry.name);
            if entry.mode.is_directory() {
                folders.push((path, entry.id));
            } else {
                files.insert(path, (entry.mode, entry.id, None));
            }
        }
    }
    let ids: Vec<ObjectId> =
        files.values().filter(|(mode, ..)| !mode.is_submodule()).map(|(_, id, _)| *id).collect();
    let sizes = snapshot.blob_sizes(&ids).await.unwrap();
    let wanted = ids.iter().zip(&sizes).map(|(id, size)| WantedBlob { id: *id, size: size.unwrap() });
    let blobs = read_blobs(snapshot, wanted.collect()).await.unwrap();
    for (id, size) in ids.iter().zip(sizes) {
        assert_eq!(blobs[id].len() as u64, size.unwrap(), "the size of {id}");
    }
    for (_, id, data) in files.values_mut() {
        *data = blobs.get(id).cloned();
    }
    files
}

/// Reads blobs, each of which must come exactly once.
pub async fn read_blobs(
    snapshot: &dyn Snapshot,
    wanted: Vec<WantedBlob>,
) -> Result<BTreeMap<ObjectId, Vec<u8>>, SourceError> {
    let (sender, mut receiver) = mpsc::channel::<Blob>(4);
    let context = SourceContext::quiet();
    let receiving = async {
        let mut blobs = BTreeMap::new();
        while let Some(blob) = receiver.recv().await {
            assert!(blobs.insert(blob.id, blob.data.to_vec()).is_none(), "{} came twice", blob.id);
        }
        blobs
    };
    let (sent, blobs) = tokio::join!(snapshot.blobs(wanted, sender, &context), receiving);
    sent.map(|()| blobs)
}

/// What git itself says that a commit holds.
pub fn listing(repo: &Path, commit: ObjectId) -> BTreeMap<Vec<u8>, (FileMode, ObjectId)> {
    let output = Command::new("git")
        .args(["ls-tree", "-r", "-z", &commit.to_string()])
        .current_dir(repo)
        .output()
        .unwrap();
    assert!(output.status.success());
    output
        .stdout
        .split(|byte| *byte == 0)
        .filter(|line| !line.is_empty())
        .map(|line| {
            let tab = line.iter().position(|byte| *byte == b'\t').unwrap();
            let words: Vec<&str> = std::str::from_utf8(&line[..tab]).unwrap().split(' ').collect();
            let mode = FileMode::from_octal(words[0].as_bytes()).unwrap();
            (line[tab + 1..].to_vec(), (mode, words[2].parse().unwrap()))
        })
        .collect()
}

pub fn without_bytes(files: &Files) -> BTreeMap<Vec<u8>, (FileMode, ObjectId)> {
    files.iter().map(|(path, (mode, id, _))| (path.clone(), (*mode, *id))).collect()
}

/// Opens the head of a branch and reads everything.
pub async fn read_branch(source: &dyn Source, branch: Option<&str>) -> Files {
    let context = SourceContext::quiet();
    let head = source.head(branch, None, &context).await.unwrap();
    let snapshot = source.open(&head, &Default::default(), &context).await.unwrap();
    assert_eq!(snapshot.commit().id, head.commit);
    read_all(&*snapshot).await
}
