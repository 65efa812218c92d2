//! The repositories that an app's installation reaches.

use std::sync::Arc;

use entities::{credentials::Credential, source_spec::GITHUB_API_URL};
use serde::Deserialize;

use super::{
    MAX_ANSWER_BYTES, PAGE,
    api::{Api, Call, JSON, Reply},
    app::Installation,
    has_next,
};
use crate::{SourceContext, SourceError, access::Access, settings::SourceSettings};

/// A repository that an installation reaches.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct InstalledRepository {
    /// `owner/name`.
    pub full_name: String,
    /// Its default branch.
    pub default_branch: Option<String>,
    /// Whether it is not open to all.
    pub private: bool,
    /// Whether it is kept as it is: nothing can be pushed to it.
    pub archived: bool,
}

/// A page of them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct InstalledPage {
    /// The repositories, in the host's order.
    pub items: Vec<InstalledRepository>,
    /// How many the installation reaches in all.
    pub total: u64,
    /// Whether there is a page after this one.
    pub has_more: bool,
}

/// The answer: whatever else is in it is not needed.
#[derive(Deserialize)]
struct Answer {
    total_count: u64,
    repositories: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    full_name: String,
    default_branch: Option<String>,
    #[serde(default)]
    private: bool,
    #[serde(default)]
    archived: bool,
}

/// Lists what the installation that `credential` names reaches on the server with this API base URL (the public GitHub
/// if `None`): page number `page`, counted from 1, of at most `per_page` (1 to 100) repositories.
///
/// # Errors
/// If the credential is none of an app or is refused, or the host cannot be asked.
pub async fn installed_repositories(
    api_url: Option<&str>,
    credential: &Credential,
    (page, per_page): (u64, usize),
    settings: &SourceSettings,
    context: &SourceContext,
) -> Result<InstalledPage, SourceError> {
    let base = api_url.unwrap_or(GITHUB_API_URL).trim_end_matches('/');
    let installation = Arc::new(Installation::new(base, credential, None, settings)?);
    let api = Api::new(base, Access::App(installation), settings)?;
    let path = format!("/installation/repositories?per_page={}&page={page}", per_page.clamp(1, PAGE));
    let call = Call { path: &path, accept: JSON, if_none_match: None, max_bytes: MAX_ANSWER_BYTES };
    let read = |reply: &Reply| match reply.status.as_u16() {
        200 => Ok((reply.json::<Answer>()?, has_next(reply))),
        _ => Err(SourceError::Credential("the app's installation lists no repositories".into())),
    };
    let (answer, has_more) = api.get(call, context, read).await?;
    let show = |item: Item| InstalledRepository {
        full_name: item.full_name,
        default_branch: item.default_branch,
        private: item.private,
        archived: item.archived,
    };
    let items = answer.repositories.into_iter().map(show).collect();
    Ok(InstalledPage { items, total: answer.total_count, has_more })
}
