//! API tokens: what machines are known by.
//!
//! A token is `ps_` and 64 hexadecimal digits. It never does more than the user in whose name it acts: its scopes are cut
//! down to what that user may do in the tenant at the moment of each request, and it is refused when they are disabled or
//! no member any more. One that was made by a command, or by an open installation, acts in nobody's name and keeps its
//! scopes until it is revoked.

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, DbErr, EntityTrait, FromQueryResult, JsonValue, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect, Set, Statement, sea_query::Expr,
};

use super::{
    Checked, Digest, IdentityError, Issued, LAST_USED_PRECISION, Principal, PrincipalKind, Refusal, Right,
    Rights, Role, TenantName,
    names::{MAX_NAME_CHARS, checked},
    secret::is_well_formed,
};
use crate::{
    ids::{ApiTokenId, ProjectId, TenantId, UserId},
    scope::{OfSystem, OfTenant},
    tables::{api_token, project},
};

/// What every token begins with.
pub const PREFIX: &str = "ps_";

/// How many characters of a token are kept to tell it from others.
const HINT_CHARS: usize = 9;

/// How many tokens of a tenant may be good at the same time.
pub const MAX_TOKENS: u64 = 1_000;

/// What a token is to be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewToken {
    /// What it is called; 1 to 100 characters.
    pub name: String,
    /// What it may do in the tenant. [`Right::Operate`] is none of these.
    pub scopes: Rights,
    /// Whether it operates the installation besides.
    pub is_operator: bool,
    /// The only project that it is for; none if it is for all.
    pub project: Option<ProjectId>,
    /// When it ends; none if it does not by itself.
    pub expires_at: Option<DateTime<Utc>>,
}

/// Whether a text looks like a token at all.
pub fn is_token(text: &str) -> bool {
    is_well_formed(text, PREFIX)
}

/// Makes a token. Nobody gives more than they have: neither rights nor projects, nor, being a token, a longer life.
///
/// # Errors
/// [`IdentityError::TooMuch`], [`IdentityError::Invalid`], [`IdentityError::TooMany`], or
/// [`IdentityError::NotFound`] if there is no such project.
pub async fn create(
    db: &impl OfTenant,
    by: &Principal,
    new: NewToken,
    now: DateTime<Utc>,
) -> Result<(Issued, api_token::Model), IdentityError> {
    check_form(&new, now)?;
    check_giver(by, &new)?;
    if let Some(id) = new.project {
        let found =
            project::Entity::find_by_id(id).filter(db.only(project::Column::TenantId)).one(db).await?;
        found.ok_or(IdentityError::NotFound { what: "project" })?;
    }
    if live(db, now).count(db).await? >= MAX_TOKENS {
        return Err(IdentityError::TooMany { what: "tokens", most: MAX_TOKENS });
    }
    let token = Issued::generate(PREFIX)?;
    let row = api_token::ActiveModel {
        id: Set(ApiTokenId::generate()),
        tenant_id: Set(db.tenant()),
        name: Set(checked(&new.name, MAX_NAME_CHARS)?.to_owned()),
        hash: Set(token.digest().0),
        hint: Set(token.expose().chars().take(HINT_CHARS).collect()),
        scopes: Set(new.scopes.to_json()),
        is_operator: Set(new.is_operator),
        project_id: Set(new.project),
        created_by: Set(by.on_behalf_of),
        created_at: Set(now),
        expires_at: Set(new.expires_at),
        last_used_at: Set(None),
        revoked_at: Set(None),
    };
    Ok((token, row.insert(db).await?))
}

fn check_form(new: &NewToken, now: DateTime<Utc>) -> Result<(), IdentityError> {
    checked(&new.name, MAX_NAME_CHARS)?;
    if new.scopes.has(Right::Operate) {
        return Err(IdentityError::invalid("scopes", "must be of read, sync and admin"));
    }
    if new.scopes.is_empty() && !new.is_operator {
        return Err(IdentityError::invalid("scopes", "must name at least one of read, sync and admin"));
    }
    if new.is_operator && new.project.is_some() {
        return Err(IdentityError::invalid("operator", "is for all projects, never for one"));
    }
    if new.expires_at.is_some_and(|end| end <= now) {
        return Err(IdentityError::invalid("expiresAt", "must be in the future"));
    }
    Ok(())
}

fn check_giver(by: &Principal, new: &NewToken) -> Result<(), IdentityError> {
    let wanted = if new.is_operator { new.scopes.with(Right::Operate) } else { new.scopes };
    let missing = wanted.without(by.rights);
    if !missing.is_empty() {
        return Err(IdentityError::TooMuch { missing: missing.to_string() });
    }
    if by.project_id.is_some() && by.project_id != new.project {
        return Err(IdentityError::TooMuch { missing: "other projects".to_owned() });
    }
    // A browser's session ends, too, and the tokens that were made with it are to outlive it.
    if let (PrincipalKind::Token, Some(until)) = (by.kind, by.until)
        && new.expires_at.is_none_or(|end| end > until)
    {
        return Err(IdentityError::TooMuch { missing: format!("time after {until}") });
    }
    Ok(())
}

/// The tokens of the tenant that are good now.
fn live(db: &impl OfTenant, now: DateTime<Utc>) -> sea_orm::Select<api_token::Entity> {
    let column = api_token::Column::ExpiresAt;
    api_token::Entity::find()
        .filter(db.only(api_token::Column::TenantId))
        .filter(api_token::Column::RevokedAt.is_null())
        .filter(Condition::any().add(column.is_null()).add(column.gt(now)))
}

/// The tokens of a tenant, the latest first, at most `limit`; `after` continues behind one of an earlier page. Those that
/// are good no longer are listed, too.
///
/// # Errors
/// If the database is away.
pub async fn page(
    db: &impl OfTenant,
    after: Option<ApiTokenId>,
    limit: u64,
) -> Result<Vec<api_token::Model>, DbErr> {
    let mut select = api_token::Entity::find().filter(db.only(api_token::Column::TenantId));
    if let Some(after) = after {
        select = select.filter(api_token::Column::Id.lt(after));
    }
    select.order_by_desc(api_token::Column::Id).limit(limit).all(db).await
}

/// One token of a tenant.
///
/// # Errors
/// If the database is away.
pub async fn get(db: &impl OfTenant, id: ApiTokenId) -> Result<Option<api_token::Model>, DbErr> {
    api_token::Entity::find_by_id(id).filter(db.only(api_token::Column::TenantId)).one(db).await
}

/// Revokes a token: from now on it lets nobody in. `false` if it was revoked before, or there is none.
///
/// # Errors
/// If the database is away.
pub async fn revoke(db: &impl OfTenant, id: ApiTokenId, now: DateTime<Utc>) -> Result<bool, DbErr> {
    let updated = api_token::Entity::update_many()
        .col_expr(api_token::Column::RevokedAt, Expr::value(now))
        .filter(db.only(api_token::Column::TenantId))
        .filter(api_token::Column::Id.eq(id))
        .filter(api_token::Column::RevokedAt.is_null())
        .exec(db)
        .await?;
    Ok(updated.rows_affected == 1)
}

/// What is known of a token and of the user in whose name it acts.
#[derive(FromQueryResult)]
struct Row {
    id: ApiTokenId,
    tenant_id: TenantId,
    tenant_name: String,
    name: String,
    scopes: JsonValue,
    is_operator: bool,
    project_id: Option<ProjectId>,
    created_by: Option<UserId>,
    expires_at: Option<DateTime<Utc>>,
    last_used_at: Option<DateTime<Utc>>,
    revoked_at: Option<DateTime<Utc>>,
    user_role: Option<Role>,
    user_is_operator: Option<bool>,
    user_disabled_at: Option<DateTime<Utc>>,
}

impl Row {
    /// What the token may do now.
    fn rights(&self) -> Checked<Rights> {
        let scopes = Rights::from_json(&self.scopes).without(Rights::of(&[Right::Operate]));
        let wanted = if self.is_operator { scopes.with(Right::Operate) } else { scopes };
        if self.created_by.is_none() {
            return Ok(wanted);
        }
        if self.user_disabled_at.is_some() {
            return Err(Refusal::Disabled);
        }
        let role = self.user_role.ok_or(Refusal::NotMember)?;
        let theirs = match self.user_is_operator {
            Some(true) => role.rights().with(Right::Operate),
            _ => role.rights(),
        };
        Ok(wanted.and(theirs))
    }
}

/// Who bears this token.
///
/// # Errors
/// If the database is away.
pub async fn authenticate(
    db: &impl OfSystem,
    token: &str,
    now: DateTime<Utc>,
) -> Result<Checked<Principal>, DbErr> {
    if !is_token(token) {
        return Ok(Err(Refusal::Unknown));
    }
    let sql = "SELECT t.id, t.tenant_id, n.name AS tenant_name, t.name, t.scopes, t.is_operator, t.project_id, \
               t.created_by, t.expires_at, t.last_used_at, t.revoked_at, m.role AS user_role, \
               u.is_operator AS user_is_operator, u.disabled_at AS user_disabled_at \
               FROM api_tokens t JOIN tenants n ON n.id = t.tenant_id LEFT JOIN users u ON u.id = t.created_by \
               LEFT JOIN memberships m ON m.tenant_id = t.tenant_id AND m.user_id = t.created_by WHERE t.hash = $1";
    let values = [Digest::of(token).0.into()];
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    let Some(row) = Row::find_by_statement(statement).one(db).await? else {
        return Ok(Err(Refusal::Unknown));
    };
    if row.revoked_at.is_some() {
        return Ok(Err(Refusal::Revoked));
    }
    if row.expires_at.is_some_and(|end| now >= end) {
        return Ok(Err(Refusal::Expired));
    }
    let rights = match row.rights() {
        Ok(rights) => rights,
        Err(refusal) => return Ok(Err(refusal)),
    };
    if row.last_used_at.is_none_or(|last| now >= last + LAST_USED_PRECISION) {
        api_token::Entity::update_many()
            .col_expr(api_token::Column::LastUsedAt, Expr::value(now))
            .filter(api_token::Column::Id.eq(row.id))
            .exec(db)
            .await?;
    }
    let tenant = TenantName { id: row.tenant_id, name: row.tenant_name };
    Ok(Ok(Principal {
        project_id: row.project_id,
        on_behalf_of: row.created_by,
        until: row.expires_at,
        ..Principal::token(row.id, row.name, tenant, rights)
    }))
}
