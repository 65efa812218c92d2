//! Repositories on GitHub, GitHub Enterprise, and servers that speak its API.
//!
//! Branches and their heads come from the REST API through octocrab. Content comes by git's own protocol, which is
//! exact and costs no quota; where the host refuses it, it comes over REST, with every id recomputed.

mod answers;
mod api;
pub(crate) mod app;
mod archive;
#[cfg(feature = "fuzzing")]
pub(crate) mod fuzzing;
mod installed;
mod limits;
mod listing;
mod message;
mod snapshot;
pub mod telemetry;
pub(crate) mod tokens;
mod transport;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use entities::{ObjectId, credentials::Credential, source_spec::GITHUB_API_URL};

use super::{
    BranchHead, CommitInfo, Haves, Head, KnownHead, MAX_BRANCHES, Notice, Snapshot, Source, SourceContext,
    SourceError, git::remote::SmartHttp, near::near,
};
use crate::{
    access::Access,
    settings::{SourceSettings, Transfer},
};
use answers::{BranchAnswer, BranchItem, GitCommitAnswer, RepositoryAnswer};
use api::{Api, Call, JSON, Reply};
use app::Installation;
use snapshot::RestSnapshot;

pub use installed::{InstalledPage, InstalledRepository, installed_repositories};

/// Branches of a page: the most that GitHub gives.
const PAGE: usize = 100;

/// The most pages of branches that are looked through for a name like an unknown one.
const MAX_NEAR_PAGES: usize = 10;

/// The largest answer about a repository, a branch or a page of branches, in bytes.
const MAX_ANSWER_BYTES: u64 = 8 << 20;

/// Opens `owner/name` on the server with this API base URL (the public GitHub if `None`).
pub(crate) fn open(
    owner: &str,
    name: &str,
    api_url: Option<&str>,
    access: Access,
    settings: &SourceSettings,
) -> Result<Arc<dyn Source>, SourceError> {
    let api_url = api_url.unwrap_or(GITHUB_API_URL).trim_end_matches('/');
    let api = Arc::new(Api::new(api_url, access.clone(), settings)?);
    Ok(Arc::new(GitHubSource {
        api,
        full_name: format!("{owner}/{name}"),
        path: format!("/repos/{}/{}", percent_encode(owner), percent_encode(name)),
        git: SmartHttp::with_access(&git_url(api_url, owner, name), access, settings)?,
        settings: settings.clone(),
        seen: Mutex::default(),
    }))
}

/// Opens a repository by an installation of an app that reaches it. Nothing is sent yet.
pub(crate) fn open_installed(
    owner: &str,
    name: &str,
    api_url: Option<&str>,
    credential: &Credential,
    settings: &SourceSettings,
) -> Result<Arc<dyn Source>, SourceError> {
    let base = api_url.unwrap_or(GITHUB_API_URL).trim_end_matches('/');
    let installation = Installation::new(base, credential, Some(name), settings)?;
    let settings = SourceSettings { token: None, ..settings.clone() };
    open(owner, name, api_url, Access::App(Arc::new(installation)), &settings)
}

/// Where git's own protocol is spoken for a repository of the API at `api_url`.
fn git_url(api_url: &str, owner: &str, name: &str) -> String {
    let host = match api_url {
        GITHUB_API_URL => "https://github.com",
        other => other.strip_suffix("/api/v3").unwrap_or(other),
    };
    format!("{host}/{owner}/{name}.git")
}

struct GitHubSource {
    api: Arc<Api>,
    full_name: String,
    /// `/repos/{owner}/{repo}`
    path: String,
    git: SmartHttp,
    settings: SourceSettings,
    /// The commit that the last head was at, so that opening it needs no request of its own.
    seen: Mutex<Option<CommitInfo>>,
}

impl GitHubSource {
    fn call<'a>(&self, path: &'a str) -> Call<'a> {
        Call { path, accept: JSON, if_none_match: None, max_bytes: MAX_ANSWER_BYTES }
    }

    fn not_found(&self) -> SourceError {
        SourceError::RepositoryNotFound {
            repository: self.full_name.clone(),
            has_token: self.api.has_token(),
        }
    }

    /// An error as the user should see it: without a token, "credentials needed" and "not found" are the same.
    fn told(&self, error: SourceError) -> SourceError {
        match error {
            SourceError::Server { status: 401, .. } if !self.api.has_token() => self.not_found(),
            other => other,
        }
    }

    async fn default_branch(&self, context: &SourceContext) -> Result<String, SourceError> {
        let read = |reply: &Reply| match reply.status.as_u16() {
            200 => reply.json::<RepositoryAnswer>(),
            _ => Err(self.not_found()),
        };
        Ok(self.api.get(self.call(&self.path), context, read).await?.default_branch)
    }

    /// The branches of at most `max_pages` pages, by name.
    async fn list_branches(
        &self,
        max_pages: usize,
        context: &SourceContext,
    ) -> Result<BTreeMap<String, ObjectId>, SourceError> {
        let mut branches = BTreeMap::new();
        for page in 1..=max_pages {
            let path = format!("{}/branches?per_page={PAGE}&page={page}", self.path);
            let read = |reply: &Reply| match reply.status.as_u16() {
                200 => Ok((reply.json::<Vec<BranchItem>>()?, has_next(reply))),
                409 => Ok((Vec::new(), false)),
                _ => Err(self.not_found()),
            };
            let (items, more) = self.api.get(self.call(&path), context, read).await?;
            branches.extend(items.into_iter().map(|item| (item.name, item.commit.sha)));
            if !more {
                break;
            }
        }
        Ok(branches)
    }

    /// Why a branch was not found: the second request of the error path tells.
    async fn why_not_found(&self, branch: &str, context: &SourceContext) -> SourceError {
        match self.list_branches(MAX_NEAR_PAGES, context).await {
            Ok(branches) if branches.is_empty() => SourceError::EmptyRepository,
            Ok(branches) => SourceError::BranchNotFound {
                branch: branch.to_owned(),
                near: near(branch, branches.keys().map(String::as_str)),
            },
            Err(error) => error,
        }
    }

    async fn find_head(
        &self,
        branch: &str,
        known: Option<&KnownHead>,
        context: &SourceContext,
    ) -> Result<Head, SourceError> {
        // What no branch can be called could lead to another endpoint ("..").
        if gix::refs::FullName::try_from(format!("refs/heads/{branch}")).is_err() {
            return Err(self.why_not_found(branch, context).await);
        }
        let path = format!("{}/branches/{}", self.path, percent_encode(branch));
        let validator = known.and_then(|known| known.validator.as_deref());
        let call = Call { if_none_match: validator, ..self.call(&path) };
        let read = |reply: &Reply| match reply.status.as_u16() {
            200 => Ok(Found::Now(reply.json()?, etag(reply))),
            304 => Ok(Found::Unchanged),
            _ => Ok(Found::Nothing),
        };
        match (self.api.get(call, context, read).await?, known) {
            (Found::Unchanged, Some(known)) => Ok(Head {
                branch: branch.to_owned(),
                commit: known.commit,
                tree: Some(known.tree),
                validator: known.validator.clone(),
            }),
            (Found::Now(answer, _), _) if answer.name != branch => {
                // The host redirects a renamed branch; following it would move a project to another branch unasked.
                Err(SourceError::BranchNotFound { branch: branch.to_owned(), near: vec![answer.name] })
            }
            (Found::Now(answer, validator), _) => {
                let info = answer.commit.info();
                let head = Head { branch: answer.name, commit: info.id, tree: Some(info.tree), validator };
                *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(info);
                Ok(head)
            }
            (Found::Unchanged | Found::Nothing, _) => Err(self.why_not_found(branch, context).await),
        }
    }

    async fn commit_info(&self, head: &Head, context: &SourceContext) -> Result<CommitInfo, SourceError> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(info) = seen.filter(|info| info.id == head.commit) {
            return Ok(info);
        }
        let path = format!("{}/git/commits/{}", self.path, head.commit);
        let read = |reply: &Reply| match reply.status.as_u16() {
            200 => Ok(reply.json::<GitCommitAnswer>()?.info()),
            _ => Err(SourceError::CommitGone(head.commit)),
        };
        let info = self.api.get(self.call(&path), context, read).await?;
        if info.id != head.commit {
            return Err(SourceError::Corrupt("the answer is about another commit".into()));
        }
        Ok(info)
    }

    async fn open_rest(
        &self,
        head: &Head,
        context: &SourceContext,
    ) -> Result<Box<dyn Snapshot>, SourceError> {
        let commit = self.commit_info(head, context).await.map_err(|error| self.told(error))?;
        let api = Arc::clone(&self.api);
        Ok(Box::new(RestSnapshot::new(api, self.path.clone(), commit, &self.settings, context)))
    }
}

enum Found {
    Now(BranchAnswer, Option<String>),
    Unchanged,
    Nothing,
}

#[async_trait]
impl Source for GitHubSource {
    async fn branches(&self, context: &SourceContext) -> Result<Vec<BranchHead>, SourceError> {
        let listed = async {
            let default = self.default_branch(context).await?;
            Ok((default, self.list_branches(MAX_BRANCHES / PAGE, context).await?))
        };
        let (default, branches) = listed.await.map_err(|error| self.told(error))?;
        let head =
            |(name, commit): (String, ObjectId)| BranchHead { is_default: name == default, name, commit };
        let mut heads: Vec<BranchHead> = branches.into_iter().map(head).collect();
        // Stable: the rest stays by name.
        heads.sort_by_key(|head| !head.is_default);
        Ok(heads)
    }

    async fn head(
        &self,
        branch: Option<&str>,
        known: Option<&KnownHead>,
        context: &SourceContext,
    ) -> Result<Head, SourceError> {
        let found = async {
            match branch {
                Some(branch) => self.find_head(branch, known, context).await,
                None => self.find_head(&self.default_branch(context).await?, known, context).await,
            }
        };
        found.await.map_err(|error| self.told(error))
    }

    async fn open(
        &self,
        head: &Head,
        haves: &Haves,
        context: &SourceContext,
    ) -> Result<Box<dyn Snapshot>, SourceError> {
        match self.settings.transfer {
            Transfer::Git => return self.git.fetch(head.commit, haves, context).await,
            Transfer::Rest => return self.open_rest(head, context).await,
            Transfer::Auto => {}
        }
        match self.git.fetch(head.commit, haves, context).await {
            Err(error) if is_refusal(&error) => {
                let reason = format!("git's own protocol is refused ({error}); reading over the REST API");
                context.notify(Notice::Fallback { reason });
                self.open_rest(head, context).await
            }
            opened => opened,
        }
    }
}

/// Whether an error of git's own protocol says that the host does not speak it (here, or to us).
fn is_refusal(error: &SourceError) -> bool {
    matches!(
        error,
        SourceError::TokenRefused { .. }
            | SourceError::RepositoryNotFound { .. }
            | SourceError::Server { .. }
    )
}

fn etag(reply: &Reply) -> Option<String> {
    let etag = reply.headers.get(http::header::ETAG)?;
    etag.to_str().ok().map(str::to_owned)
}

/// Whether the answer links to a page after it.
fn has_next(reply: &Reply) -> bool {
    let links = reply.headers.get(http::header::LINK).and_then(|links| links.to_str().ok());
    links.is_some_and(|links| links.contains("rel=\"next\""))
}

/// Encodes a text as one segment of a path. Slashes too: `…/branches/x/protection` is another endpoint.
fn percent_encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                encoded.push(char::from(byte));
            }
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_git_url_follows_from_the_api_url() {
        for (api, git) in [
            (GITHUB_API_URL, "https://github.com/o/n.git"),
            ("https://host/api/v3", "https://host/o/n.git"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080/o/n.git"),
        ] {
            assert_eq!(git_url(api, "o", "n"), git);
        }
    }

    #[test]
    fn branch_names_are_one_segment() {
        assert_eq!(percent_encode("a/b %#ü"), "a%2Fb%20%25%23%C3%BC");
    }
}
