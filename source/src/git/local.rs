//! Repositories on this machine, bare or with a work tree, read in place.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use entities::ObjectId;
use gix::{
    Repository,
    bstr::{BStr, ByteSlice},
    objs::Kind,
    refs::TargetRef,
    sec::Trust,
};
use tokio::sync::mpsc;

use super::{
    blobs, blocking, commit,
    odb::{self, Odb},
    refs::{HeadRef, RefList, branch_name},
    tree,
};
use crate::{
    Blob, BranchHead, CommitInfo, Haves, Head, KnownHead, Snapshot, Source, SourceContext, SourceError,
    WantedBlob, guard::folders, object::TreeEntry, settings::SourceSettings,
};

/// A repository at a path. It is opened anew for each call, so that it may change in between.
pub(super) struct LocalSource {
    place: Place,
}

/// Where a repository is, and where it may be.
#[derive(Clone)]
struct Place {
    path: PathBuf,
    /// The folders that nothing of it may lie outside of; any if `None`.
    allowed: Option<Vec<PathBuf>>,
}

impl LocalSource {
    pub(super) fn new(path: &str, settings: &SourceSettings) -> Self {
        Self { place: Place { path: PathBuf::from(path), allowed: settings.local_folders.clone() } }
    }
}

/// Opens a repository for reading only.
///
/// Whoever owns it, its own configuration is read, because it tells where objects and references are. Nothing that the
/// configuration names is ever run (no filters, hooks, helpers), no other files are included, and neither the
/// environment nor the user's settings have a say.
///
/// The folder is looked at before anything in it is read, and where it refers to before that is read.
fn open(place: &Place) -> Result<Repository, SourceError> {
    let allowed = place.allowed.as_deref();
    let path = &folders::check_path(&place.path, allowed)?;
    let options = gix::open::Options::isolated().with(Trust::Full).filter_config_section(|_| true);
    let repository = match options.open(path) {
        Ok(repository) => repository.to_thread_local(),
        Err(error) if is_repository(path) => {
            // What its files refer to was not looked at yet: nothing of it may show.
            let detail = if allowed.is_none() { format!(" ({error})") } else { String::new() };
            return Err(SourceError::Unsupported(format!("this repository's setup{detail}")));
        }
        Err(_) => return Err(SourceError::NotARepository(place.path.display().to_string())),
    };
    for folder in [repository.git_dir(), repository.common_dir()] {
        folders::check_repository(folder, allowed)?;
    }
    if allowed.is_some() {
        let borrowed = odb::borrowed_folders(&objects(&repository))?;
        for folder in borrowed {
            folders::check_all(&folders::check_path(&folder, allowed)?, allowed)?;
        }
    }
    if repository.object_hash() != gix::hash::Kind::Sha1 {
        return Err(SourceError::Unsupported("SHA-256 object ids".into()));
    }
    let storage = repository.config_snapshot().string("extensions.refStorage");
    if storage.is_some_and(|storage| storage != "files") {
        return Err(SourceError::Unsupported("the reftable format of references".into()));
    }
    Ok(repository)
}

fn is_repository(path: &Path) -> bool {
    [path.join(".git"), path.to_owned()].iter().any(|path| gix::discover::is_git(path).is_ok())
}

fn unreadable(action: &str, error: gix::Error) -> SourceError {
    SourceError::io(action)(std::io::Error::other(error))
}

/// What HEAD is.
fn head_ref(repository: &Repository) -> HeadRef {
    match repository.head() {
        Ok(head) => match head.referent_name().map(|name| branch_name(name.as_bstr())) {
            Some(Some(branch)) => HeadRef::Branch(branch.to_owned()),
            _ => HeadRef::Detached,
        },
        Err(_) => HeadRef::Absent,
    }
}

/// The commit of one branch, if there is such a branch. A branch that points at another branch is followed.
fn branch_commit(repository: &Repository, branch: &str) -> Option<ObjectId> {
    let name = format!("refs/heads/{branch}");
    let mut reference = repository.try_find_reference(&*name).ok()??;
    if reference.name().as_bstr() != name.as_bytes().as_bstr() {
        return None;
    }
    if let TargetRef::Object(id) = reference.target() {
        return ours(id);
    }
    ours(&reference.peel_to_id().ok()?)
}

fn ours(id: &gix::oid) -> Option<ObjectId> {
    id.as_bytes().try_into().ok().map(ObjectId)
}

/// Every branch. References that are broken or whose names are not UTF-8 are left out.
fn list(repository: &Repository) -> Result<RefList, SourceError> {
    let action = "list the branches";
    let references = repository.references().map_err(|error| unreadable(action, error))?;
    let mut branches = Vec::new();
    let mut links = Vec::new();
    for reference in references.local_branches().map_err(|error| unreadable(action, error))?.flatten() {
        let full: &BStr = reference.name().as_bstr();
        let Some(name) = branch_name(full) else { continue };
        match reference.target() {
            TargetRef::Object(id) => branches.extend(ours(id).map(|id| (name.to_owned(), id))),
            TargetRef::Symbolic(_) => links.push(name.to_owned()),
        }
    }
    for name in links {
        branches.extend(branch_commit(repository, &name).map(|id| (name, id)));
    }
    Ok(RefList { head: head_ref(repository), branches })
}

/// The head of a branch: looked up directly, and only if that fails by listing all, to tell why.
fn find_head(place: &Place, wanted: Option<&str>) -> Result<Head, SourceError> {
    let repository = open(place)?;
    let mut refs = RefList { head: head_ref(&repository), branches: Vec::new() };
    let name = match (wanted, &refs.head) {
        (Some(name), _) => Some(name.to_owned()),
        (None, HeadRef::Branch(name)) => Some(name.clone()),
        _ => None,
    };
    let found = name.and_then(|name| Some((branch_commit(&repository, &name)?, name)));
    match found {
        Some((id, name)) => refs.branches.push((name, id)),
        None => refs = list(&repository)?,
    }
    let (branch, commit) = refs.pick(wanted)?;
    let tree = read_commit(&mut Odb::open(&objects(&repository))?, commit)?.tree;
    Ok(Head { branch, commit, tree: Some(tree), validator: None })
}

fn objects(repository: &Repository) -> PathBuf {
    repository.objects.store_ref().path().to_owned()
}

fn read_commit(odb: &mut Odb, id: ObjectId) -> Result<CommitInfo, SourceError> {
    match odb.read_meta(id)? {
        Some((Kind::Commit, bytes)) => commit::read(id, &bytes),
        Some(_) => Err(SourceError::Corrupt(format!("object {id} is no commit"))),
        None => Err(SourceError::Missing(id)),
    }
}

#[async_trait]
impl Source for LocalSource {
    async fn branches(&self, _context: &SourceContext) -> Result<Vec<BranchHead>, SourceError> {
        let place = self.place.clone();
        blocking("list the branches", move || Ok(list(&open(&place)?)?.into_branches())).await
    }

    async fn head(
        &self,
        branch: Option<&str>,
        _known: Option<&KnownHead>,
        _context: &SourceContext,
    ) -> Result<Head, SourceError> {
        let (place, branch) = (self.place.clone(), branch.map(str::to_owned));
        blocking("find the branch", move || find_head(&place, branch.as_deref())).await
    }

    /// Everything is at hand here, so `haves` make no difference.
    async fn open(
        &self,
        head: &Head,
        _haves: &Haves,
        _context: &SourceContext,
    ) -> Result<Box<dyn Snapshot>, SourceError> {
        let (place, id) = (self.place.clone(), head.commit);
        blocking("open the commit", move || {
            let objects = objects(&open(&place)?);
            let mut odb = Odb::open(&objects)?;
            let commit = match read_commit(&mut odb, id) {
                // It was there when the branch was looked up.
                Err(SourceError::Missing(id)) => return Err(SourceError::CommitGone(id)),
                commit => commit?,
            };
            let snapshot = LocalSnapshot { objects, commit, odb: Arc::new(Mutex::new(odb)) };
            Ok(Box::new(snapshot) as Box<dyn Snapshot>)
        })
        .await
    }
}

/// One commit of a local repository.
struct LocalSnapshot {
    objects: PathBuf,
    commit: CommitInfo,
    /// For trees and sizes; blobs are read by readers of their own.
    odb: Arc<Mutex<Odb>>,
}

impl LocalSnapshot {
    async fn with_odb<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Odb) -> Result<T, SourceError> + Send + 'static,
    ) -> Result<T, SourceError> {
        let odb = Arc::clone(&self.odb);
        blocking("read objects", move || work(&mut odb.lock().unwrap_or_else(PoisonError::into_inner))).await
    }
}

#[async_trait]
impl Snapshot for LocalSnapshot {
    fn commit(&self) -> &CommitInfo {
        &self.commit
    }

    async fn tree(&self, id: ObjectId) -> Result<Option<Vec<TreeEntry>>, SourceError> {
        if id == ObjectId::EMPTY_TREE {
            return Ok(Some(Vec::new()));
        }
        self.with_odb(move |odb| {
            let (kind, bytes) = odb.read_meta(id)?.ok_or(SourceError::Missing(id))?;
            tree::read(id, Some(kind), &bytes).map(Some)
        })
        .await
    }

    async fn blob_sizes(&self, ids: &[ObjectId]) -> Result<Vec<Option<u64>>, SourceError> {
        let ids = ids.to_vec();
        self.with_odb(move |odb| ids.into_iter().map(|id| odb.blob_size(id)).collect()).await
    }

    async fn blobs(
        &self,
        wanted: Vec<WantedBlob>,
        blobs: mpsc::Sender<Blob>,
        context: &SourceContext,
    ) -> Result<(), SourceError> {
        let objects = self.objects.clone();
        let ids = blocking("find blobs", move || {
            let mut ids: Vec<ObjectId> = wanted.iter().map(|blob| blob.id).collect();
            ids.sort_unstable();
            ids.dedup();
            odb::sort_by_place(&objects, &mut ids);
            Ok(ids)
        })
        .await?;
        let objects = self.objects.clone();
        blobs::send_all(ids, move || Odb::open(&objects), blobs, context).await
    }
}
