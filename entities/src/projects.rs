//! Tenants, projects, their repositories and branches.

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DbBackend, DbErr, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect, Set, Statement,
    sea_query::{Expr, ExprTrait, OnConflict},
};

use crate::{
    SourceSpec,
    ids::{BranchId, ProjectId, RepositoryId, TenantId},
    scope::{OfSystem, OfTenant, Scoped, TenantTx},
    tables::{branch, project, repository, tenant},
};

mod delete;
mod pages;

pub use delete::{Deletion, delete};
pub use pages::{BranchPlace, branch_named, get, page, places, tenant_of};

/// The longest name of a project, in characters.
pub const MAX_PROJECT_NAME_CHARS: usize = 200;

/// The longest name of a branch, in bytes: an index entry must hold it.
pub const MAX_BRANCH_NAME_BYTES: usize = 1_000;

/// The tenant of an installation with a single user.
pub const LOCAL_TENANT: &str = "local";

/// A project with its repository.
#[derive(Clone, PartialEq, Debug)]
pub struct ConnectedProject {
    /// The project.
    pub project: project::Model,
    /// Its repository.
    pub repository: repository::Model,
}

impl ConnectedProject {
    /// Where the repository is.
    ///
    /// # Errors
    /// If the row holds JSON of a newer version of this program.
    pub fn source(&self) -> Result<SourceSpec, serde_json::Error> {
        serde_json::from_value(self.repository.source.clone())
    }
}

/// Finds a tenant by name, or makes it.
pub async fn ensure_tenant(db: &impl OfSystem, name: &str, now: DateTime<Utc>) -> Result<TenantId, DbErr> {
    let find = || tenant::Entity::find().filter(tenant::Column::Name.eq(name)).one(db);
    if let Some(found) = find().await? {
        return Ok(found.id);
    }
    let row = tenant::ActiveModel {
        id: Set(TenantId::generate()),
        name: Set(name.to_owned()),
        created_at: Set(now),
    };
    let exists = OnConflict::column(tenant::Column::Name).do_nothing().to_owned();
    tenant::Entity::insert(row).on_conflict(exists).try_insert().exec_without_returning(db).await?;
    find().await?.map(|found| found.id).ok_or_else(|| DbErr::RecordNotFound("tenant just made".into()))
}

/// All projects of a tenant, by name.
pub async fn list(db: &impl OfTenant) -> Result<Vec<project::Model>, DbErr> {
    project::Entity::find()
        .filter(db.only(project::Column::TenantId))
        .order_by_asc(project::Column::Name)
        .all(db)
        .await
}

/// Finds a project by its name or id.
pub async fn find(db: &impl OfTenant, name_or_id: &str) -> Result<Option<ConnectedProject>, DbErr> {
    let by_name = project::Column::Name.eq(name_or_id);
    let condition = match name_or_id.parse::<ProjectId>() {
        Ok(id) => by_name.or(project::Column::Id.eq(id)),
        Err(_) => by_name,
    };
    let found =
        project::Entity::find().filter(db.only(project::Column::TenantId)).filter(condition).one(db).await?;
    match found {
        Some(project) => connected(db, project).await.map(Some),
        None => Ok(None),
    }
}

/// Finds the project that is connected to `source`: the oldest one, if there are several.
pub async fn find_by_source(
    db: &impl OfTenant,
    source: &SourceSpec,
) -> Result<Option<ConnectedProject>, DbErr> {
    let json = source_json(source)?;
    // Compared here and not in SQL: the two databases write JSON differently.
    let repositories = repository::Entity::find()
        .filter(db.only(repository::Column::TenantId))
        .order_by_asc(repository::Column::CreatedAt)
        .all(db)
        .await?;
    for repository in repositories {
        if repository.source == json {
            let project = project::Entity::find_by_id(repository.project_id)
                .filter(db.only(project::Column::TenantId))
                .one(db)
                .await?;
            return Ok(project.map(|project| ConnectedProject { project, repository }));
        }
    }
    Ok(None)
}

/// Makes a project and connects its repository. The name must be free: a taken one is a unique violation.
pub async fn create(
    db: &impl OfTenant,
    name: &str,
    source: &SourceSpec,
    now: DateTime<Utc>,
) -> Result<ConnectedProject, DbErr> {
    let project = project::ActiveModel {
        id: Set(ProjectId::generate()),
        tenant_id: Set(db.tenant()),
        name: Set(name.to_owned()),
        created_at: Set(now),
        syncs_asked: Set(0),
        events_told: Set(0),
    }
    .insert(db)
    .await?;
    let repository = repository::ActiveModel {
        id: Set(RepositoryId::generate()),
        tenant_id: Set(db.tenant()),
        project_id: Set(project.id),
        source: Set(source_json(source)?),
        default_branch: Set(None),
        created_at: Set(now),
    }
    .insert(db)
    .await?;
    Ok(ConnectedProject { project, repository })
}

fn source_json(source: &SourceSpec) -> Result<sea_orm::JsonValue, DbErr> {
    serde_json::to_value(source).map_err(|error| DbErr::Json(error.to_string()))
}

async fn connected(db: &impl OfTenant, project: project::Model) -> Result<ConnectedProject, DbErr> {
    let repository = repository::Entity::find()
        .filter(db.only(repository::Column::TenantId))
        .filter(repository::Column::ProjectId.eq(project.id))
        .one(db)
        .await?
        .ok_or_else(|| DbErr::RecordNotFound(format!("repository of project {}", project.id)))?;
    Ok(ConnectedProject { project, repository })
}

/// The project that a branch belongs to.
pub async fn of_branch(db: &impl OfTenant, branch: &branch::Model) -> Result<ConnectedProject, DbErr> {
    let missing = || DbErr::RecordNotFound(format!("project of branch {}", branch.id));
    let repository = repository::Entity::find_by_id(branch.repository_id)
        .filter(db.only(repository::Column::TenantId))
        .one(db)
        .await?
        .ok_or_else(missing)?;
    let project = project::Entity::find_by_id(repository.project_id)
        .filter(db.only(project::Column::TenantId))
        .one(db)
        .await?
        .ok_or_else(missing)?;
    Ok(ConnectedProject { project, repository })
}

/// Remembers which branch is the default one.
pub async fn set_default_branch(
    db: &impl OfTenant,
    repository: &repository::Model,
    name: &str,
) -> Result<(), DbErr> {
    if repository.default_branch.as_deref() == Some(name) {
        return Ok(());
    }
    repository::Entity::update_many()
        .col_expr(repository::Column::DefaultBranch, name.into())
        .filter(db.only(repository::Column::TenantId))
        .filter(repository::Column::Id.eq(repository.id))
        .exec(db)
        .await?;
    Ok(())
}

/// The branches of a repository that were ever synced, by name.
pub async fn branches(
    db: &impl OfTenant,
    repository: &repository::Model,
) -> Result<Vec<branch::Model>, DbErr> {
    branch::Entity::find()
        .filter(db.only(branch::Column::TenantId))
        .filter(branch::Column::RepositoryId.eq(repository.id))
        .order_by_asc(branch::Column::Name)
        .all(db)
        .await
}

/// Finds a branch by id.
pub async fn branch(db: &impl OfTenant, id: BranchId) -> Result<Option<branch::Model>, DbErr> {
    branch::Entity::find_by_id(id).filter(db.only(branch::Column::TenantId)).one(db).await
}

/// Keeps others from asking for syncs of a branch's project, and from deleting it, until the end of the transaction. To be
/// taken before [`lock_branch`]: whoever deletes a project takes the locks in this order, too.
pub async fn lock_project_of(transaction: &TenantTx, branch: &branch::Model) -> Result<(), DbErr> {
    // SQLite's writers hold the only write lock already.
    if transaction.get_database_backend() != DbBackend::Sqlite {
        let statement = Statement::from_sql_and_values(
            transaction.get_database_backend(),
            "SELECT 1 AS one FROM projects p JOIN repositories r ON r.project_id = p.id WHERE r.id = $1 \
             AND r.tenant_id = $2 FOR NO KEY UPDATE OF p",
            [branch.repository_id.into(), transaction.tenant().into()],
        );
        transaction.query_one_raw(statement).await?;
    }
    Ok(())
}

/// Keeps others from asking for syncs of a project and from telling of them until the end of the transaction. To be taken
/// before any other lock.
///
/// # Errors
/// If the database is away.
pub async fn lock_project(transaction: &TenantTx, id: ProjectId) -> Result<(), DbErr> {
    // SQLite's writers hold the only write lock already.
    if transaction.get_database_backend() != DbBackend::Sqlite {
        let statement = Statement::from_sql_and_values(
            transaction.get_database_backend(),
            "SELECT 1 AS one FROM projects WHERE id = $1 AND tenant_id = $2 FOR NO KEY UPDATE",
            [id.into(), transaction.tenant().into()],
        );
        transaction.query_one_raw(statement).await?;
    }
    Ok(())
}

/// Counts one more sync of a branch's project, and gives the project and the new count. Until the end of the transaction
/// nobody else can: so whoever sees a sync sees those of its project that were counted before.
pub(crate) async fn count_sync(
    db: &impl OfTenant,
    branch: &branch::Model,
) -> Result<(ProjectId, i64), DbErr> {
    let statement = Statement::from_sql_and_values(
        db.get_database_backend(),
        "UPDATE projects SET syncs_asked = syncs_asked + 1 \
         WHERE id = (SELECT r.project_id FROM repositories r WHERE r.id = $1) AND tenant_id = $2 \
         RETURNING id, syncs_asked",
        [branch.repository_id.into(), db.tenant().into()],
    );
    let row = db.query_one_raw(statement).await?;
    let row = row.ok_or_else(|| DbErr::RecordNotFound(format!("project of branch {}", branch.id)))?;
    Ok((row.try_get("", "id")?, row.try_get("", "syncs_asked")?))
}

/// Keeps others from asking for or claiming syncs of a branch until the end of the transaction.
pub async fn lock_branch(transaction: &TenantTx, id: BranchId) -> Result<(), DbErr> {
    // SQLite's writers hold the only write lock already.
    if transaction.get_database_backend() != DbBackend::Sqlite {
        branch::Entity::find_by_id(id)
            .filter(transaction.only(branch::Column::TenantId))
            .lock_exclusive()
            .one(transaction)
            .await?;
    }
    Ok(())
}

/// Notes that a branch was deleted at its host, and when that was told or found; `None`: that it is there. `false` if
/// that is known.
///
/// # Errors
/// If the database is away.
pub async fn set_deleted(
    db: &impl OfTenant,
    branch: &branch::Model,
    at: Option<DateTime<Utc>>,
) -> Result<bool, DbErr> {
    if branch.deleted_at.is_some() == at.is_some() {
        return Ok(false);
    }
    let updated = branch::Entity::update_many()
        .col_expr(branch::Column::DeletedAt, Expr::value(at))
        .filter(db.only(branch::Column::TenantId))
        .filter(branch::Column::Id.eq(branch.id))
        .exec(db)
        .await?;
    Ok(updated.rows_affected == 1)
}

/// Finds a branch of a repository by name, or makes its row.
pub async fn ensure_branch(
    db: &impl OfTenant,
    repository: &repository::Model,
    name: &str,
    now: DateTime<Utc>,
) -> Result<branch::Model, DbErr> {
    let find = || {
        branch::Entity::find()
            .filter(db.only(branch::Column::TenantId))
            .filter(branch::Column::RepositoryId.eq(repository.id))
            .filter(branch::Column::Name.eq(name))
            .one(db)
    };
    if let Some(found) = find().await? {
        return Ok(found);
    }
    let row = branch::ActiveModel {
        id: Set(BranchId::generate()),
        tenant_id: Set(db.tenant()),
        repository_id: Set(repository.id),
        name: Set(name.to_owned()),
        head_seq: Set(0),
        head_sync_id: Set(None),
        validator: Set(None),
        kept_from: Set(1),
        created_at: Set(now),
        deleted_at: Set(None),
    };
    let exists =
        OnConflict::columns([branch::Column::RepositoryId, branch::Column::Name]).do_nothing().to_owned();
    branch::Entity::insert(row).on_conflict(exists).try_insert().exec_without_returning(db).await?;
    find().await?.ok_or_else(|| DbErr::RecordNotFound("branch just made".into()))
}
