//! Who asks.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize, Serializer};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{Right, Rights, Role};
use crate::ids::{ApiTokenId, ProjectId, TenantId, UserId};

/// How somebody is known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PrincipalKind {
    /// By being on the machine of an installation that is open to it.
    Local,
    /// By a session of a browser.
    User,
    /// By an API token.
    Token,
    /// By the token that the settings name.
    StaticToken,
    /// By running a command next to the database.
    Command,
}

impl PrincipalKind {
    /// The word in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Local | Self::Command => "local",
            Self::User => "user",
            Self::Token | Self::StaticToken => "token",
        }
    }
}

impl Serialize for PrincipalKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// A tenant, by id and by name.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct TenantName {
    /// Its id.
    #[schema(value_type = Uuid)]
    pub id: TenantId,
    /// What it is called.
    pub name: String,
}

/// Who asks, in which tenant, and what they may do in it. Whoever holds one was let in; whether they may do a certain
/// thing is for [`Principal::may`] to say.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Principal {
    /// How they are known: `local`, `user` or `token`.
    #[schema(value_type = String, example = "user")]
    pub kind: PrincipalKind,
    /// The id of the user, or of the token.
    pub id: Option<Uuid>,
    /// What they are called.
    pub name: String,
    /// The tenant that they act in.
    pub tenant: TenantName,
    /// Their role in it; machines have none.
    pub role: Option<Role>,
    /// What they may do.
    #[schema(value_type = Vec<Right>)]
    pub rights: Rights,
    /// The only project that they may do it to; none if all.
    #[schema(value_type = Option<Uuid>)]
    pub project_id: Option<ProjectId>,
    /// The user in whose name they act, where there is one.
    #[serde(skip)]
    pub on_behalf_of: Option<UserId>,
    /// When they stop being let in, where that is known.
    #[serde(skip)]
    pub until: Option<DateTime<Utc>>,
}

impl Principal {
    /// Whoever is on the machine of an open installation: does everything.
    pub fn local(tenant: TenantName) -> Self {
        Self::unnamed(PrincipalKind::Local, "local", tenant)
    }

    /// Whoever bears the token that the settings name: does everything.
    pub fn static_token(tenant: TenantName) -> Self {
        Self::unnamed(PrincipalKind::StaticToken, "api.token", tenant)
    }

    /// Whoever runs a command next to the database: does everything.
    pub fn command(name: &str, tenant: TenantName) -> Self {
        Self::unnamed(PrincipalKind::Command, name, tenant)
    }

    fn unnamed(kind: PrincipalKind, name: &str, tenant: TenantName) -> Self {
        Self {
            kind,
            id: None,
            name: name.to_owned(),
            tenant,
            role: Some(Role::Owner),
            rights: Rights::all(),
            project_id: None,
            on_behalf_of: None,
            until: None,
        }
    }

    /// A user, in a tenant that they are a member of.
    pub(super) fn user(id: UserId, name: String, tenant: TenantName, role: Role, is_operator: bool) -> Self {
        let rights = role.rights();
        Self {
            kind: PrincipalKind::User,
            id: Some(id.0),
            name,
            tenant,
            role: Some(role),
            rights: if is_operator { rights.with(Right::Operate) } else { rights },
            project_id: None,
            on_behalf_of: Some(id),
            until: None,
        }
    }

    /// The bearer of an API token.
    pub(super) fn token(id: ApiTokenId, name: String, tenant: TenantName, rights: Rights) -> Self {
        Self {
            kind: PrincipalKind::Token,
            id: Some(id.0),
            name,
            tenant,
            role: None,
            rights,
            project_id: None,
            on_behalf_of: None,
            until: None,
        }
    }

    /// Whether they have a right. What concerns the whole tenant is besides asked of [`Principal::is_for_all_projects`].
    pub fn may(&self, right: Right) -> bool {
        self.rights.has(right)
    }

    /// Whether they are for the whole tenant, and not for one project.
    pub fn is_for_all_projects(&self) -> bool {
        self.project_id.is_none()
    }

    /// Whether they are for this project of their tenant, among others.
    pub fn is_for(&self, project: ProjectId) -> bool {
        self.project_id.is_none_or(|only| only == project)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn it_is_shown_without_what_is_ours() {
        let tenant = TenantName { id: TenantId(Uuid::from_u128(1)), name: "local".to_owned() };
        let user = Principal::user(UserId(Uuid::from_u128(2)), "Ann".to_owned(), tenant, Role::Member, true);
        let expected = json!({
            "kind": "user", "id": "00000000-0000-0000-0000-000000000002", "name": "Ann",
            "tenant": { "id": "00000000-0000-0000-0000-000000000001", "name": "local" },
            "role": "member", "rights": ["read", "sync", "operate"], "projectId": null,
        });
        assert_eq!(serde_json::to_value(&user).unwrap(), expected);
    }

    #[test]
    fn one_of_a_project_is_for_that_alone() {
        let tenant = TenantName { id: TenantId::generate(), name: "local".to_owned() };
        let (one, other) = (ProjectId::generate(), ProjectId::generate());
        let all = Principal::local(tenant);
        assert!(all.is_for(one) && all.is_for(other) && all.is_for_all_projects());
        let only = Principal { project_id: Some(one), ..all };
        assert!(only.is_for(one) && !only.is_for(other) && !only.is_for_all_projects());
    }
}
