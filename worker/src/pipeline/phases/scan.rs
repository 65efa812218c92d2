//! Compares the commit's tree with the rows, directory by directory, and drafts what differs.
//!
//! A directory whose tree id is the one in its row is not walked: all below it is the same. What a commit's new trees
//! refer to and the source was not asked for again, because an earlier sync has it, is read from that sync's rows.

use std::collections::HashMap;

use async_trait::async_trait;
use bus::Unit;
use chrono::TimeDelta;
use entities::{
    ObjectId, PathHash,
    blobs::{self, KnownBlob},
    syncs,
    temporal::{Children, FileRow, NewFile, NewTree, ROWS_PER_STATEMENT, StateAt, TreeRow},
};
use source::object::{self, TreeEntry, base_name};
use source::{Haves, MAX_HAVES, SourceError};

use crate::{
    error::{MAX_PATH_BYTES, SyncError},
    pipeline::{Next, Phase, Run, Target},
};

/// A branch that was synced within this time has grown so little that all its commits since may be sent.
const RECENT: TimeDelta = TimeDelta::days(30);

/// Directories compared with their rows in one query.
const DIRECTORIES_AT_ONCE: usize = 100;

/// Rows gathered before they are written in one transaction.
const ROWS_PER_TRANSACTION: usize = 4_000;

/// What the paths of a commit may have on average, in bytes, if it has as many as `source.max_entries` allows: that many
/// of the longest ones would fill the memory.
const MEAN_PATH_BYTES: usize = 256;

/// See the module.
pub struct Scan;

#[async_trait]
impl Phase for Scan {
    fn name(&self) -> &'static str {
        "scan"
    }

    async fn run(&self, run: &mut Run) -> Result<Next, SyncError> {
        run.sweep().await?;
        open(run).await?;
        let counts = Walk::new(run).await?.run().await?;
        run.counts.added = counts.added;
        run.counts.modified = counts.modified;
        run.counts.deleted = counts.deleted;
        run.files_walked = run.sync.forced.then_some(counts.seen);
        Ok(Next::Continue)
    }
}

/// Opens the commit, offering what is known already.
async fn open(run: &mut Run) -> Result<(), SyncError> {
    let head = run.head.clone().ok_or(SyncError::Internal("no head yet"))?;
    let haves =
        if run.use_haves && !run.sync.forced { haves(run, head.commit).await? } else { Haves::default() };
    run.snapshot = None;
    let snapshot = run.source.open(&head, &haves, &run.context).await?;
    let commit = snapshot.commit();
    run.target = Some(Target {
        commit: commit.id,
        tree: commit.tree,
        committed_at: commit.committed_at,
        summary: Some(commit.summary.clone()),
        rules_digest: run.rules.digest(),
    });
    run.snapshot = Some(snapshot);
    Ok(())
}

/// What earlier syncs keep.
async fn haves(run: &Run, wanted: ObjectId) -> Result<Haves, SyncError> {
    let reading = run.db.begin().await?;
    let branches = entities::projects::branches(&reading, &run.repository).await?;
    let ids: Vec<_> = branches.iter().map(|branch| branch.id).collect();
    let mut haves = Haves { commits: syncs::recent_commits(&reading, &ids, MAX_HAVES).await?, since: None };
    reading.commit().await?;
    // The commit that the rows show now comes first, however long ago it was synced.
    if let Some((previous, shown)) = run.previous.as_ref().and_then(|sync| Some((sync, sync.commit_id?))) {
        haves.commits.retain(|have| *have != shown);
        haves.commits.insert(0, shown);
        haves.commits.truncate(MAX_HAVES);
        let is_recent = previous.finished_at.is_some_and(|end| run.clock.now() - end < RECENT);
        haves.since = previous.committed_at.filter(|_| is_recent);
    }
    // Asking for what one claims to have gives nothing; the commit itself is always wanted.
    haves.commits.retain(|have| *have != wanted);
    Ok(haves)
}

/// Files counted while walking. A rename is one added and one deleted here.
#[derive(Default)]
struct Counts {
    seen: i64,
    added: i64,
    modified: i64,
    deleted: i64,
}

/// A directory to compare: what the commit has there, and what the rows have.
struct Directory {
    path: Vec<u8>,
    hash: PathHash,
    parent: Option<PathHash>,
    tree: Option<ObjectId>,
    row: Option<TreeRow>,
}

/// A walk over two trees at once, and what it has found but not written.
struct Walk<'a> {
    run: &'a Run,
    state: StateAt,
    stack: Vec<Directory>,
    counts: Counts,
    /// Entries looked at, and the bytes of their paths.
    entries: usize,
    path_bytes: usize,
    closed_files: Vec<i64>,
    closed_trees: Vec<i64>,
    new_files: Vec<NewFile>,
    new_trees: Vec<NewTree>,
}

impl<'a> Walk<'a> {
    async fn new(run: &'a Run) -> Result<Self, SyncError> {
        let state = run.state();
        let root = Directory {
            path: Vec::new(),
            hash: PathHash::of(b""),
            parent: None,
            tree: Some(run.target()?.tree),
            row: state.root(&run.db).await?,
        };
        Ok(Self {
            run,
            state,
            stack: vec![root],
            counts: Counts::default(),
            entries: 0,
            path_bytes: 0,
            closed_files: Vec::new(),
            closed_trees: Vec::new(),
            new_files: Vec::new(),
            new_trees: Vec::new(),
        })
    }

    async fn run(mut self) -> Result<Counts, SyncError> {
        while !self.stack.is_empty() {
            self.run.check()?;
            let next = self.stack.len().saturating_sub(DIRECTORIES_AT_ONCE);
            let directories = self.stack.split_off(next);
            self.compare(directories).await?;
            self.run.progress.update(Scan.name(), self.counts.seen as u64, None, Unit::Files);
            let waiting = self.new_files.len()
                + self.new_trees.len()
                + self.closed_files.len()
                + self.closed_trees.len();
            if waiting >= ROWS_PER_TRANSACTION {
                self.write().await?;
            }
        }
        self.write().await?;
        Ok(self.counts)
    }

    async fn compare(&mut self, directories: Vec<Directory>) -> Result<(), SyncError> {
        let hashes: Vec<PathHash> = directories
            .iter()
            .filter(|directory| directory.row.is_some())
            .map(|directory| directory.hash)
            .collect();
        let mut children = self.children(&hashes).await?;
        for directory in directories {
            let children = children.remove(&directory.hash).unwrap_or_default();
            self.compare_one(directory, children).await?;
        }
        Ok(())
    }

    /// What the rows have in these directories, read in one transaction.
    async fn children(&self, hashes: &[PathHash]) -> Result<HashMap<PathHash, Children>, SyncError> {
        if hashes.is_empty() {
            return Ok(HashMap::new());
        }
        let reading = self.run.db.begin().await?;
        let children = self.state.children_of(&reading, hashes).await?;
        reading.commit().await?;
        Ok(children)
    }

    async fn compare_one(&mut self, directory: Directory, children: Children) -> Result<(), SyncError> {
        let same = directory.row.as_ref().map(|row| row.tree_id) == directory.tree;
        if same && !self.run.sync.forced {
            return Ok(());
        }
        let entries = match directory.tree {
            Some(tree) => self.load(tree).await?,
            None => Vec::new(),
        };
        self.bound(&directory, &entries)?;
        if !same {
            self.closed_trees.extend(directory.row.as_ref().map(|row| row.id));
            self.new_trees.extend(directory.tree.map(|tree_id| NewTree {
                path: directory.path.clone(),
                dir_hash: directory.parent,
                tree_id,
            }));
        }
        let mut files: HashMap<Vec<u8>, FileRow> =
            children.files.into_iter().map(|row| (base_name(&row.path).to_vec(), row)).collect();
        let mut trees: HashMap<Vec<u8>, TreeRow> =
            children.trees.into_iter().map(|row| (base_name(&row.path).to_vec(), row)).collect();
        self.counts.seen += entries.iter().filter(|entry| !entry.mode.is_directory()).count() as i64;
        for entry in entries {
            if entry.mode.is_directory() {
                self.compare_directory(&directory, entry, &mut trees)?;
            } else {
                self.compare_file(&directory, entry, &mut files)?;
            }
        }
        self.counts.deleted += files.len() as i64;
        self.closed_files.extend(files.into_values().map(|row| row.id));
        self.stack.extend(trees.into_values().map(|row| Directory {
            path: row.path.clone(),
            hash: row.path_hash,
            parent: row.dir_hash,
            tree: None,
            row: Some(row),
        }));
        Ok(())
    }

    /// Counts what is about to be looked at. A tree may be in many places, so that few small objects have a great many
    /// paths.
    fn bound(&mut self, directory: &Directory, entries: &[TreeEntry]) -> Result<(), SourceError> {
        let max = self.run.settings.source.max_entries;
        let names: usize = entries.iter().map(|entry| entry.name.len()).sum();
        self.entries += entries.len();
        self.path_bytes += names + entries.len() * directory.path.len();
        if self.entries > max || self.path_bytes > max.saturating_mul(MEAN_PATH_BYTES) {
            let limit = format!("{max} files and folders, with {MEAN_PATH_BYTES} bytes a path on average");
            return Err(SourceError::TooLarge { what: "the commit".into(), limit });
        }
        Ok(())
    }

    fn compare_directory(
        &mut self,
        parent: &Directory,
        entry: TreeEntry,
        rows: &mut HashMap<Vec<u8>, TreeRow>,
    ) -> Result<(), SyncError> {
        let row = rows.remove(&entry.name);
        if row.as_ref().is_some_and(|row| row.tree_id == entry.id) && !self.run.sync.forced {
            return Ok(());
        }
        let path = join(&parent.path, &entry.name)?;
        self.stack.push(Directory {
            hash: PathHash::of(&path),
            path,
            parent: Some(parent.hash),
            tree: Some(entry.id),
            row,
        });
        Ok(())
    }

    fn compare_file(
        &mut self,
        directory: &Directory,
        entry: TreeEntry,
        rows: &mut HashMap<Vec<u8>, FileRow>,
    ) -> Result<(), SyncError> {
        match rows.remove(&entry.name) {
            Some(row) if row.mode == entry.mode && row.object_id() == Some(entry.id) => return Ok(()),
            Some(row) => {
                self.counts.modified += 1;
                self.closed_files.push(row.id);
            }
            None => self.counts.added += 1,
        }
        self.new_files.push(NewFile {
            path: join(&directory.path, &entry.name)?,
            dir_hash: directory.hash,
            mode: entry.mode,
            object_id: entry.id,
        });
        Ok(())
    }

    /// The entries of a tree: from the snapshot, or from the rows of an earlier sync that had the same tree.
    async fn load(&self, tree: ObjectId) -> Result<Vec<TreeEntry>, SyncError> {
        if tree == ObjectId::EMPTY_TREE {
            return Ok(Vec::new());
        }
        if let Some(entries) = self.run.snapshot()?.tree(tree).await? {
            return Ok(entries);
        }
        let missing = || SyncError::Source(SourceError::Missing(tree));
        let (state, path) = StateAt::find_tree(&self.run.db, tree).await?.ok_or_else(missing)?;
        let children = state.children_of(&self.run.db, &[path]).await?.remove(&path).unwrap_or_default();
        let mut entries = crate::proof::entries(&children);
        if object::tree_id(&mut entries) == tree { Ok(entries) } else { Err(missing()) }
    }

    /// Writes what was found so far in one transaction.
    async fn write(&mut self) -> Result<(), SyncError> {
        let sized = self.sizes().await?;
        let draft = self.run.draft();
        let transaction = self.run.begin().await?;
        draft.close_files(&transaction, &self.closed_files).await?;
        draft.close_trees(&transaction, &self.closed_trees).await?;
        blobs::insert_known(&transaction, &sized).await?;
        draft.add_files(&transaction, &self.new_files).await?;
        draft.add_trees(&transaction, &self.new_trees).await?;
        transaction.commit().await?;
        self.closed_files.clear();
        self.closed_trees.clear();
        self.new_files.clear();
        self.new_trees.clear();
        Ok(())
    }

    /// The blobs of the new files with their sizes, without those that are recorded and not in the snapshot.
    async fn sizes(&self) -> Result<Vec<KnownBlob>, SyncError> {
        let mut ids: Vec<ObjectId> = self
            .new_files
            .iter()
            .filter(|file| !file.mode.is_submodule())
            .map(|file| file.object_id)
            .collect();
        ids.sort_unstable();
        ids.dedup();
        let known = blobs::known(&self.run.db, &ids).await?;
        ids.retain(|id| !known.contains(id));
        let mut sized = Vec::with_capacity(ids.len());
        for ids in ids.chunks(ROWS_PER_STATEMENT) {
            for (id, size) in ids.iter().zip(self.run.snapshot()?.blob_sizes(ids).await?) {
                let size = size.ok_or(SourceError::Missing(*id))?;
                sized.push(KnownBlob { id: *id, size: size as i64 });
            }
        }
        Ok(sized)
    }
}

fn join(directory: &[u8], name: &[u8]) -> Result<Vec<u8>, SyncError> {
    let mut path = Vec::with_capacity(directory.len() + 1 + name.len());
    path.extend_from_slice(directory);
    if !directory.is_empty() {
        path.push(b'/');
    }
    path.extend_from_slice(name);
    if path.len() > MAX_PATH_BYTES { Err(SyncError::PathTooLong(path.len())) } else { Ok(path) }
}
