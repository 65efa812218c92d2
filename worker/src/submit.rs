//! From what a user asks for to a sync that a worker can run.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use entities::{
    Branch, ProjectSync, SourceSpec, TenantId,
    projects::{self, ConnectedProject, MAX_BRANCH_NAME_BYTES},
    syncs::{self, NewSync},
};
use sea_orm::{DatabaseConnection, SqlErr};

use crate::{
    error::SyncError,
    pipeline::Opened,
    settings::SourceSettings,
    source::{Source, SourceContext, SourceError, open_source},
};

/// A project, one of its branches, and the repository opened on the way.
pub struct Located {
    /// The project.
    pub project: ConnectedProject,
    /// The branch.
    pub branch: Branch,
    /// The repository, and its head if it had to be asked for.
    pub opened: Opened,
}

/// Finds the project of `source` and its branch (the default one if `None`), or makes their rows.
///
/// Rows are made only for what exists: before a repository or a branch gets its first row, its head is asked for. A
/// repository that cannot be read leaves nothing behind. A new project is named after its source; if the name is taken
/// by another source, a number is put behind it.
///
/// # Errors
/// If the repository or the branch cannot be read, or the database is away.
pub async fn locate(
    db: &DatabaseConnection,
    tenant: TenantId,
    source: &SourceSpec,
    branch: Option<&str>,
    settings: &SourceSettings,
    context: &SourceContext,
    now: DateTime<Utc>,
) -> Result<Located, SyncError> {
    let source_reader: Arc<dyn Source> = open_source(source, settings)?;
    let opened = |head| Opened { source: Arc::clone(&source_reader), context: Some(context.clone()), head };
    let project = projects::find_by_source(db, tenant, source).await?;
    let known = match &project {
        Some(project) => find_branch(db, project, branch).await?.map(|branch| Located {
            project: project.clone(),
            branch,
            opened: opened(None),
        }),
        None => None,
    };
    // On disk HEAD may point elsewhere each time, and looking costs nothing; elsewhere the default branch is the one
    // that was seen last.
    let look_at_head = branch.is_none() && is_on_disk(source);
    let head = match known {
        Some(known) if !look_at_head => return Ok(known),
        known => match (source_reader.head(branch, None, context).await, known) {
            (Ok(head), _) => head,
            // What is there and cannot be read is for the branch's sync to tell, so that the history shows it.
            (Err(error), Some(known)) if is_damage(&error) => return Ok(known),
            (Err(error), _) => return Err(error.into()),
        },
    };
    if head.branch.len() > MAX_BRANCH_NAME_BYTES {
        return Err(SourceError::Unsupported(format!(
            "a branch name of more than {MAX_BRANCH_NAME_BYTES} bytes"
        ))
        .into());
    }
    let project = match project {
        Some(project) => project,
        None => create_project(db, tenant, source, now).await?,
    };
    if branch.is_none() {
        projects::set_default_branch(db, &project.repository, &head.branch).await?;
    }
    let branch = projects::ensure_branch(db, &project.repository, &head.branch, now).await?;
    Ok(Located { project, branch, opened: opened(Some(head)) })
}

/// Whether an error says that what is there cannot be read, rather than that something is not there.
fn is_damage(error: &SourceError) -> bool {
    matches!(error, SourceError::Corrupt(_) | SourceError::Missing(_) | SourceError::Io { .. })
}

fn is_on_disk(source: &SourceSpec) -> bool {
    matches!(source, SourceSpec::Git { url } if !url.contains("://"))
}

/// The branch's row, if the branch was synced before. Without a name, the default branch as it was when last asked.
async fn find_branch(
    db: &DatabaseConnection,
    project: &ConnectedProject,
    name: Option<&str>,
) -> Result<Option<Branch>, SyncError> {
    let Some(name) = name.or(project.repository.default_branch.as_deref()) else { return Ok(None) };
    let branches = projects::branches(db, &project.repository).await?;
    Ok(branches.into_iter().find(|branch| branch.name == name))
}

/// How many numbers are tried behind a taken name.
const MAX_NAME_TRIES: u32 = 1_000;

async fn create_project(
    db: &DatabaseConnection,
    tenant: TenantId,
    source: &SourceSpec,
    now: DateTime<Utc>,
) -> Result<ConnectedProject, SyncError> {
    let wanted: String = source.suggested_name().chars().take(projects::MAX_PROJECT_NAME_CHARS - 5).collect();
    let mut name = wanted.clone();
    for number in 2..=MAX_NAME_TRIES {
        let transaction = entities::begin_write(db).await?;
        // Another command may have connected the same source a moment ago.
        if let Some(project) = projects::find_by_source(&transaction, tenant, source).await? {
            return Ok(project);
        }
        match projects::create(&transaction, tenant, &name, source, now).await {
            Ok(project) => {
                transaction.commit().await?;
                return Ok(project);
            }
            Err(error) if matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_))) => {
                name = format!("{wanted}-{number}");
            }
            Err(error) => return Err(error.into()),
        }
    }
    Err(SyncError::Internal("no free name for the project"))
}

/// What a branch has to do with a request for a sync.
#[derive(Clone, PartialEq, Debug)]
pub enum Requested {
    /// It is pending: run it.
    Pending {
        /// The sync.
        sync: ProjectSync,
        /// Whether this request made it.
        is_new: bool,
    },
    /// One runs already: this is it.
    Running(ProjectSync),
}

/// Asks for a sync of a branch. While one is pending or runs, the answer is that one.
///
/// # Errors
/// If the database is away.
pub async fn request(
    db: &DatabaseConnection,
    branch: &Branch,
    new: NewSync,
    now: DateTime<Utc>,
) -> Result<Requested, SyncError> {
    // Looked at first without the lock that writing takes: whoever only follows need not wait for other writers.
    if let Some(running) = syncs::running(db, branch.id).await? {
        return Ok(Requested::Running(running));
    }
    let transaction = entities::begin_write(db).await?;
    projects::lock_branch(&transaction, branch.id).await?;
    if let Some(running) = syncs::running(&transaction, branch.id).await? {
        return Ok(Requested::Running(running));
    }
    if let Some(sync) = syncs::pending(&transaction, branch.id).await? {
        return Ok(Requested::Pending { sync, is_new: false });
    }
    let sync = syncs::create(&transaction, branch, new, now).await?;
    transaction.commit().await?;
    tracing::debug!(sync = %sync.id, "requested");
    Ok(Requested::Pending { sync, is_new: true })
}
