//! Projects page by page, and what names belong to branches.

use std::collections::HashMap;

use sea_orm::{
    ColumnTrait, DbErr, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect, Statement, Value,
};

use super::{ConnectedProject, connected};
use crate::{
    ids::{BranchId, ProjectId, RepositoryId, TenantId},
    scope::{OfSystem, OfTenant, Scoped},
    tables::{branch, project, project_sync, repository},
};

/// Whose project it is. `None` if there is no such project.
///
/// # Errors
/// If the database is away.
pub async fn tenant_of(db: &impl OfSystem, id: ProjectId) -> Result<Option<TenantId>, DbErr> {
    Ok(project::Entity::find_by_id(id).one(db).await?.map(|project| project.tenant_id))
}

/// Finds a project by id.
///
/// # Errors
/// If the database is away.
pub async fn get(db: &impl OfTenant, id: ProjectId) -> Result<Option<ConnectedProject>, DbErr> {
    let found = project::Entity::find_by_id(id).filter(db.only(project::Column::TenantId)).one(db).await?;
    match found {
        Some(project) => connected(db, project).await.map(Some),
        None => Ok(None),
    }
}

/// The projects of a tenant whose names come after `after`, by name, at most `limit`.
///
/// # Errors
/// If the database is away.
pub async fn page(
    db: &impl OfTenant,
    after: Option<&str>,
    limit: u64,
) -> Result<Vec<ConnectedProject>, DbErr> {
    let mut select = project::Entity::find().filter(db.only(project::Column::TenantId));
    if let Some(after) = after {
        select = select.filter(project::Column::Name.gt(after));
    }
    let projects = select.order_by_asc(project::Column::Name).limit(limit).all(db).await?;
    let repositories = repository::Entity::find()
        .filter(db.only(repository::Column::TenantId))
        .filter(repository::Column::ProjectId.is_in(projects.iter().map(|project| project.id)))
        .all(db)
        .await?;
    let mut repositories: HashMap<ProjectId, repository::Model> =
        repositories.into_iter().map(|repository| (repository.project_id, repository)).collect();
    Ok(projects
        .into_iter()
        .filter_map(|project| {
            let repository = repositories.remove(&project.id)?;
            Some(ConnectedProject { project, repository })
        })
        .collect())
}

/// Finds a branch of a repository by name.
///
/// # Errors
/// If the database is away.
pub async fn branch_named(
    db: &impl OfTenant,
    repository: RepositoryId,
    name: &str,
) -> Result<Option<branch::Model>, DbErr> {
    branch::Entity::find()
        .filter(db.only(branch::Column::TenantId))
        .filter(branch::Column::RepositoryId.eq(repository))
        .filter(branch::Column::Name.eq(name))
        .one(db)
        .await
}

/// What a branch is called.
#[derive(Clone, PartialEq, Eq, Debug, FromQueryResult)]
pub struct BranchPlace {
    /// The branch.
    pub branch_id: BranchId,
    /// Its name.
    pub branch: String,
    /// The project that it belongs to.
    pub project_id: ProjectId,
    /// That project's name.
    pub project: String,
    /// The number of the first sync whose state is kept.
    pub kept_from: i64,
}

impl BranchPlace {
    /// Whether the state of this sync of the branch is not kept any more.
    pub fn has_forgotten(&self, sync: &project_sync::Model) -> bool {
        sync.seq.is_some_and(|seq| seq < self.kept_from)
    }
}

/// What these branches are called (at most [`crate::temporal::ROWS_PER_STATEMENT`] of them).
///
/// # Errors
/// If the database is away.
pub async fn places(
    db: &impl Scoped,
    branches: impl IntoIterator<Item = BranchId>,
) -> Result<HashMap<BranchId, BranchPlace>, DbErr> {
    let mut values: Vec<Value> = branches.into_iter().map(Value::from).collect();
    if values.is_empty() {
        return Ok(HashMap::new());
    }
    let list = (1..=values.len()).map(|n| format!("${n}")).collect::<Vec<_>>().join(", ");
    let mut only = String::new();
    if let Some(tenant) = db.scope() {
        values.push(tenant.into());
        only = format!(" AND b.tenant_id = ${}", values.len());
    }
    let sql = format!(
        "SELECT b.id AS branch_id, b.name AS branch, p.id AS project_id, p.name AS project, b.kept_from FROM branches b \
         JOIN repositories r ON r.id = b.repository_id JOIN projects p ON p.id = r.project_id WHERE b.id IN ({list}){only}"
    );
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    let found = BranchPlace::find_by_statement(statement).all(db).await?;
    Ok(found.into_iter().map(|place| (place.branch_id, place)).collect())
}
