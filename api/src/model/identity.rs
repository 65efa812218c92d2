//! Who may do what.

use chrono::{DateTime, Utc};
use entities::{
    ApiToken, ApiTokenId, ProjectId, SyncId, Tenant, TenantId, UserId,
    identity::{Issued, Principal, Right, Rights, Role, members::Member, users::MemberOf},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Who asks, and what they may do.
#[derive(Serialize, ToSchema, Debug)]
#[serde(rename_all = "camelCase")]
#[schema(as = Session)]
pub struct SessionDto {
    /// Who is let in without showing who they are.
    pub access: AccessDto,
    /// Whether there is a user. Without one the first is to be set up.
    pub set_up: bool,
    /// Who asks; absent (`null`) if that is not known.
    pub principal: Option<Principal>,
    /// The tenants that they may act in.
    pub tenants: Vec<SessionTenantDto>,
}

/// Who is let in without showing who they are.
#[derive(Serialize, ToSchema, Clone, Copy, PartialEq, Eq, Debug)]
#[serde(rename_all = "camelCase")]
#[schema(as = Access)]
pub enum AccessDto {
    /// Whoever is on the machine of the service.
    Open,
    /// Nobody.
    Identity,
}

/// A tenant that somebody may act in.
#[derive(Serialize, ToSchema, Debug)]
#[schema(as = SessionTenant)]
pub struct SessionTenantDto {
    /// Its id.
    #[schema(value_type = Uuid)]
    pub id: TenantId,
    /// What it is called.
    pub name: String,
    /// Their role in it; machines have none.
    pub role: Option<Role>,
}

impl From<MemberOf> for SessionTenantDto {
    fn from(of: MemberOf) -> Self {
        Self { id: of.tenant_id, name: of.name, role: Some(of.role) }
    }
}

/// A name and a password.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = Login)]
pub struct LoginRequest {
    /// The user's name.
    pub name: String,
    /// Their password.
    #[schema(format = Password)]
    pub password: String,
    /// The tenant to look at; the first one by name if absent.
    #[schema(value_type = Option<Uuid>)]
    pub tenant_id: Option<TenantId>,
}

/// The first user.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = SetUp)]
pub struct SetUpRequest {
    /// What they are called; 1 to 100 characters.
    pub name: String,
    /// Their password; 8 to 1,024 bytes.
    #[schema(format = Password)]
    pub password: String,
}

/// Another tenant to look at.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = SwitchTenant)]
pub struct SwitchRequest {
    /// The tenant.
    #[schema(value_type = Uuid)]
    pub tenant_id: TenantId,
}

/// Another password.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = PasswordChange)]
pub struct PasswordRequest {
    /// The present one.
    #[schema(format = Password)]
    pub current: String,
    /// The new one; 8 to 1,024 bytes.
    #[schema(format = Password)]
    pub new: String,
}

/// A token, without its secret.
#[derive(Serialize, ToSchema, Debug)]
#[serde(rename_all = "camelCase")]
#[schema(as = Token)]
pub struct TokenDto {
    /// Its id.
    #[schema(value_type = Uuid)]
    pub id: ApiTokenId,
    /// What it is called.
    pub name: String,
    /// How it begins.
    pub hint: String,
    /// What it may do: of `read`, `sync` and `admin`. It never does more than the user in whose name it acts.
    #[schema(value_type = Vec<Right>)]
    pub scopes: Rights,
    /// Whether it operates the installation besides.
    pub operator: bool,
    /// The only project that it is for; `null` if it is for all.
    #[schema(value_type = Option<Uuid>)]
    pub project_id: Option<ProjectId>,
    /// The user in whose name it acts; `null` if it was made by a command.
    #[schema(value_type = Option<Uuid>)]
    pub created_by: Option<UserId>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it ends; `null` if it does not by itself.
    pub expires_at: Option<DateTime<Utc>>,
    /// When it was used last, to the minute.
    pub last_used_at: Option<DateTime<Utc>>,
    /// Since when it is refused; `null` if it is not.
    pub revoked_at: Option<DateTime<Utc>>,
}

impl From<&ApiToken> for TokenDto {
    fn from(row: &ApiToken) -> Self {
        Self {
            id: row.id,
            name: row.name.clone(),
            hint: row.hint.clone(),
            scopes: Rights::from_json(&row.scopes),
            operator: row.is_operator,
            project_id: row.project_id,
            created_by: row.created_by,
            created_at: row.created_at,
            expires_at: row.expires_at,
            last_used_at: row.last_used_at,
            revoked_at: row.revoked_at,
        }
    }
}

/// A new token, with its secret, which is shown this once.
#[derive(Serialize, ToSchema)]
#[schema(as = IssuedToken)]
pub struct IssuedTokenDto {
    /// What is known of it later, too.
    #[serde(flatten)]
    pub known: TokenDto,
    /// The token itself: `ps_` and 64 hexadecimal digits.
    pub token: String,
}

impl IssuedTokenDto {
    /// A token that was just made.
    pub fn new(secret: &Issued, row: &ApiToken) -> Self {
        Self { known: row.into(), token: secret.expose().to_owned() }
    }
}

/// A page of tokens.
#[derive(Serialize, ToSchema, Debug)]
#[schema(as = TokenList)]
pub struct TokenList {
    /// The tokens, the latest first.
    pub items: Vec<TokenDto>,
    /// What to send as `cursor` to get the next page; `null` on the last one.
    pub next: Option<String>,
}

/// A token to make.
#[derive(Deserialize, ToSchema, Debug)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = NewToken)]
pub struct TokenRequest {
    /// What it is called; 1 to 100 characters.
    pub name: String,
    /// What it may do: of `read`, `sync` and `admin`.
    pub scopes: Vec<Right>,
    /// Whether it operates the installation besides.
    #[serde(default)]
    pub operator: bool,
    /// The only project that it is for; all if absent.
    #[schema(value_type = Option<Uuid>)]
    pub project_id: Option<ProjectId>,
    /// When it ends; never by itself if absent.
    pub expires_at: Option<DateTime<Utc>>,
}

/// A member of the tenant.
#[derive(Serialize, ToSchema, Debug)]
#[serde(rename_all = "camelCase")]
#[schema(as = Member)]
pub struct MemberDto {
    /// The user.
    #[schema(value_type = Uuid)]
    pub user_id: UserId,
    /// What they are called.
    pub name: String,
    /// Their role in the tenant.
    pub role: Role,
    /// Since when they are a member.
    pub created_at: DateTime<Utc>,
    /// Whether they may not log in.
    pub disabled: bool,
}

impl From<Member> for MemberDto {
    fn from(member: Member) -> Self {
        Self {
            user_id: member.user_id,
            name: member.name,
            role: member.role,
            created_at: member.created_at,
            disabled: member.disabled_at.is_some(),
        }
    }
}

/// A page of members.
#[derive(Serialize, ToSchema, Debug)]
#[schema(as = MemberList)]
pub struct MemberList {
    /// The members, by name.
    pub items: Vec<MemberDto>,
    /// What to send as `cursor` to get the next page; `null` on the last one.
    pub next: Option<String>,
}

/// Somebody to become a member.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = NewMember)]
pub struct MemberRequest {
    /// The user's name.
    pub name: String,
    /// Their role in the tenant.
    pub role: Role,
    /// The password of a new user, 8 to 1,024 bytes; absent for one that is there.
    #[schema(format = Password)]
    pub password: Option<String>,
}

/// Another role.
#[derive(Deserialize, ToSchema, Debug)]
#[serde(deny_unknown_fields)]
#[schema(as = MemberChange)]
pub struct RoleRequest {
    /// The role.
    pub role: Role,
}

/// A stream that is to be opened: of a sync, or of a project. Whatever the bearer may read, if neither is named.
#[derive(Deserialize, ToSchema, Debug)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = StreamTicketRequest)]
pub struct TicketRequest {
    /// The project.
    #[schema(value_type = Option<Uuid>)]
    pub project_id: Option<ProjectId>,
    /// The sync.
    #[schema(value_type = Option<Uuid>)]
    pub sync_id: Option<SyncId>,
}

/// A ticket that opens a stream: send it as `?ticket=…`.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = StreamTicket)]
pub struct TicketDto {
    /// The ticket.
    pub ticket: String,
    /// When it ends. A stream that was opened before goes on.
    pub expires_at: DateTime<Utc>,
}

/// A tenant.
#[derive(Serialize, ToSchema, Debug)]
#[serde(rename_all = "camelCase")]
#[schema(as = Tenant)]
pub struct TenantDto {
    /// Its id.
    #[schema(value_type = Uuid)]
    pub id: TenantId,
    /// What it is called.
    pub name: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

impl From<Tenant> for TenantDto {
    fn from(row: Tenant) -> Self {
        Self { id: row.id, name: row.name, created_at: row.created_at }
    }
}

/// A page of tenants.
#[derive(Serialize, ToSchema, Debug)]
#[schema(as = TenantList)]
pub struct TenantList {
    /// The tenants, by name.
    pub items: Vec<TenantDto>,
    /// What to send as `cursor` to get the next page; `null` on the last one.
    pub next: Option<String>,
}

/// A tenant to make.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewTenant)]
pub struct TenantRequest {
    /// What it is called; 1 to 200 characters.
    pub name: String,
    /// Who owns it.
    pub owner: OwnerRequest,
}

/// The first owner of a tenant.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewOwner)]
pub struct OwnerRequest {
    /// The user's name.
    pub name: String,
    /// The password of a new user, 8 to 1,024 bytes; absent for one that is there.
    #[schema(format = Password)]
    pub password: Option<String>,
}
