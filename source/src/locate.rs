//! From what a user names to the project and the branch that a sync is asked for.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use entities::{
    Branch, SourceSpec, TenantDb,
    projects::{self, ConnectedProject, MAX_BRANCH_NAME_BYTES},
};
use sea_orm::{DbErr, SqlErr};

use crate::{Head, Source, SourceContext, SourceError, open_project, open_source, settings::SourceSettings};

/// A repository that was opened before its sync began, so that nothing is asked twice.
pub struct Opened {
    /// The repository.
    pub source: Arc<dyn Source>,
    /// Its traffic so far.
    pub context: Option<SourceContext>,
    /// The head, if it was found already.
    pub head: Option<Head>,
}

/// Why a project or a branch was not found or made.
#[derive(Debug, thiserror::Error)]
pub enum LocateError {
    /// The repository or the branch cannot be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The database refused or is away.
    #[error("database: {0}")]
    Database(#[from] DbErr),
    /// Every name that was tried is taken by another source.
    #[error("no free name for the project")]
    NoFreeName,
}

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
    db: &TenantDb,
    source: &SourceSpec,
    branch: Option<&str>,
    settings: &SourceSettings,
    context: &SourceContext,
    now: DateTime<Utc>,
) -> Result<Located, LocateError> {
    let project = projects::find_by_source(db, source).await?;
    let source_reader = match &project {
        Some(project) => open_project(db, project, settings).await?,
        None => open_source(source, settings)?,
    };
    let opened = |head| Opened { source: Arc::clone(&source_reader), context: Some(context.clone()), head };
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
        None => create_project(db, source, now).await?,
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
    db: &TenantDb,
    project: &ConnectedProject,
    name: Option<&str>,
) -> Result<Option<Branch>, LocateError> {
    let Some(name) = name.or(project.repository.default_branch.as_deref()) else { return Ok(None) };
    let branches = projects::branches(db, &project.repository).await?;
    Ok(branches.into_iter().find(|branch| branch.name == name))
}

/// How many numbers are tried behind a taken name.
const MAX_NAME_TRIES: u32 = 1_000;

async fn create_project(
    db: &TenantDb,
    source: &SourceSpec,
    now: DateTime<Utc>,
) -> Result<ConnectedProject, LocateError> {
    let wanted: String = source.suggested_name().chars().take(projects::MAX_PROJECT_NAME_CHARS - 5).collect();
    let mut name = wanted.clone();
    for number in 2..=MAX_NAME_TRIES {
        let transaction = db.begin_write().await?;
        // Another command may have connected the same source a moment ago.
        if let Some(project) = projects::find_by_source(&transaction, source).await? {
            return Ok(project);
        }
        match projects::create(&transaction, &name, source, now).await {
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
    Err(LocateError::NoFreeName)
}
