//! The REST endpoints.

use axum::http::{HeaderMap, header, request::Parts};
use serde_json::json;

use super::{
    answer::{self, Answer},
    repository,
    routes::{ARCHIVE_TICKET, visible},
    state::{Access, Repository, Shared},
};

/// The most items of a page, as GitHub has it.
const MAX_PER_PAGE: usize = 100;

/// An API request that is neither limited nor badly authenticated.
struct Call<'a> {
    shared: &'a Shared,
    repository: Repository,
    /// The repository's own URL.
    base: String,
    query: String,
    headers: &'a HeaderMap,
}

pub(super) async fn route(shared: &Shared, request: &Parts, token: Option<&str>) -> Answer {
    let path = request.uri.path();
    let segments: Vec<String> = path
        .strip_prefix("/api/v3")
        .unwrap_or(path)
        .trim_start_matches('/')
        .split('/')
        .map(percent_decode)
        .collect();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let api_url = match path.starts_with("/api/v3/") {
        true => format!("{}/api/v3", shared.api_url),
        false => shared.api_url.clone(),
    };
    let (found, rest) = match segments.as_slice() {
        ["rate_limit"] => return rate_limit(shared, token),
        ["installation", "repositories"] => return installed(shared, request, &api_url, token),
        ["repos", owner, name, rest @ ..] => {
            let state = shared.state();
            if let Some(moved) = state.find_by_old_name(owner, name) {
                let prefix = path.find(name).map_or(0, |at| at + name.len());
                let suffix = request.uri.path_and_query().map_or("", |it| &it.as_str()[prefix..]);
                return Answer::moved(301, format!("{api_url}/repositories/{}{suffix}", moved.id));
            }
            (state.find(owner, name).cloned(), rest)
        }
        ["repositories", id, rest @ ..] => {
            let id = id.parse().unwrap_or_default();
            (shared.state().find_by_id(id).cloned(), rest)
        }
        _ => return Answer::not_found(),
    };
    let repository = match visible(shared, found.as_ref(), token) {
        Ok(Some(repository)) => repository.clone(),
        Ok(None) => return Answer::not_found(),
        Err(refused) => return refused,
    };
    let base = format!("{api_url}/repos/{}/{}", repository.owner, repository.name);
    let query = request.uri.query().unwrap_or_default().to_owned();
    let call = Call { shared, repository, base, query, headers: &request.headers };
    call.answer(rest).await
}

/// `GET /installation/repositories`: what the token reaches.
fn installed(shared: &Shared, request: &Parts, api_url: &str, token: Option<&str>) -> Answer {
    let state = shared.state();
    let Some(Access::Only(names)) = token.and_then(|token| state.tokens.get(token)) else {
        return Answer::error(403, "You must authenticate with an installation access token");
    };
    let query = request.uri.query().unwrap_or_default();
    let number = |name| parameter(query, name).and_then(|value| value.parse::<usize>().ok());
    let per_page = number("per_page").unwrap_or(30).clamp(1, MAX_PER_PAGE);
    let page = number("page").unwrap_or(1).max(1);
    let shown = names.iter().skip((page - 1) * per_page).take(per_page).map(|full| {
        let (owner, name) = full.split_once('/').unwrap_or(("", full));
        match state.find(owner, name) {
            Some(found) => answer::repository(&format!("{api_url}/repos/{full}"), found),
            None => json!({ "full_name": full, "name": name, "private": true, "default_branch": "main" }),
        }
    });
    let shown: Vec<_> = shown.collect();
    let mut answer = Answer::json(&json!({ "total_count": names.len(), "repositories": shown }));
    if page * per_page < names.len() {
        let next = format!("{api_url}/installation/repositories?per_page={per_page}&page={}", page + 1);
        answer.headers.push((header::LINK, format!("<{next}>; rel=\"next\"")));
    }
    answer
}

fn parameter<'a>(query: &'a str, name: &str) -> Option<&'a str> {
    let pairs = query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    pairs.into_iter().find(|(key, _)| *key == name).map(|(_, value)| value)
}

fn rate_limit(shared: &Shared, token: Option<&str>) -> Answer {
    let quota = shared.state().charge(token, true);
    let core = json!({
        "limit": quota.limit,
        "remaining": quota.remaining,
        "used": quota.limit.saturating_sub(quota.remaining),
        "reset": quota.reset,
    });
    Answer::json(&json!({ "resources": { "core": core, "search": core }, "rate": core }))
}

impl Call<'_> {
    async fn answer(&self, rest: &[&str]) -> Answer {
        match rest {
            [] => Answer::json(&answer::repository(&self.base, &self.repository)),
            ["branches"] => self.branches().await,
            ["branches", name @ ..] => self.branch(&name.join("/")).await,
            ["git", "ref", "heads", name @ ..] => self.git_ref(&name.join("/")).await,
            ["commits", name @ ..] => self.commit(&name.join("/"), answer::commit).await,
            ["git", "commits", sha] => self.commit(sha, answer::git_commit).await,
            ["git", "trees", sha] => self.tree(sha).await,
            ["git", "blobs", sha] => self.blob(sha).await,
            ["tarball", name @ ..] => self.tarball(&name.join("/")).await,
            _ => Answer::not_found(),
        }
    }

    fn parameter(&self, name: &str) -> Option<&str> {
        parameter(&self.query, name)
    }

    async fn branches(&self) -> Answer {
        let number = |name| self.parameter(name).and_then(|value| value.parse::<usize>().ok());
        let per_page = number("per_page").unwrap_or(30).clamp(1, MAX_PER_PAGE);
        let page = number("page").unwrap_or(1).max(1);
        let branches = repository::branches(&self.repository.path).await;
        let shown = branches.iter().skip((page - 1) * per_page).take(per_page);
        let items: Vec<_> = shown.map(|(name, sha)| answer::branch_item(&self.base, name, sha)).collect();
        let mut answer = Answer::json(&items.into());
        let last = branches.len().div_ceil(per_page).max(1);
        if last > 1 {
            let link = |page: usize, relation: &str| {
                let url = format!("{}/branches?per_page={per_page}&page={page}", self.base);
                format!("<{url}>; rel=\"{relation}\"")
            };
            let mut links = Vec::new();
            if page > 1 {
                links.extend([link(page - 1, "prev"), link(1, "first")]);
            }
            if page < last {
                links.extend([link(page + 1, "next"), link(last, "last")]);
            }
            answer.headers.push((header::LINK, links.join(", ")));
        }
        answer
    }

    async fn branch(&self, name: &str) -> Answer {
        if let Some(new) = self.repository.renamed_branches.get(name) {
            return Answer::moved(301, format!("{}/branches/{}", self.base, percent_encode(new)));
        }
        let Some(id) = repository::branch_commit(&self.repository.path, name).await else {
            return Answer::error(404, "Branch not found");
        };
        let Some(commit) = repository::commit(&self.repository.path, &id).await else {
            return Answer::error(404, "Branch not found");
        };
        Answer::json(&json!({
            "name": name,
            "commit": answer::commit(&self.base, &commit),
            "_links": { "self": format!("{}/branches/{}", self.base, percent_encode(name)) },
            "protected": false,
        }))
    }

    async fn git_ref(&self, name: &str) -> Answer {
        match repository::branch_commit(&self.repository.path, name).await {
            Some(sha) => Answer::json(&answer::git_ref(&self.base, name, &sha)),
            None => self.missing().await,
        }
    }

    async fn commit(
        &self,
        name: &str,
        show: fn(&str, &repository::CommitData) -> serde_json::Value,
    ) -> Answer {
        match repository::commit(&self.repository.path, name).await {
            Some(commit) => Answer::json(&show(&self.base, &commit)),
            None => self.missing().await,
        }
    }

    async fn tree(&self, sha: &str) -> Answer {
        let path = &self.repository.path;
        let recursive = self.parameter("recursive").is_some();
        let Some(id) = repository::resolve(path, &format!("{sha}^{{tree}}")).await else {
            return self.missing().await;
        };
        let truncate_at = self.shared.state().truncate_trees_at;
        let canonical = self.repository.options.canonical_modes;
        match repository::tree(path, &id, recursive, canonical).await {
            Some(entries) => Answer::json(&answer::tree(&self.base, &id, &entries, truncate_at)),
            None => self.missing().await,
        }
    }

    async fn blob(&self, sha: &str) -> Answer {
        let Some(bytes) = repository::blob(&self.repository.path, sha).await else {
            return self.missing().await;
        };
        let accept = self.headers.get(header::ACCEPT).and_then(|it| it.to_str().ok());
        if accept.is_some_and(|it| it.contains("raw")) {
            return Answer::bytes("application/vnd.github.raw+json; charset=utf-8", bytes);
        }
        Answer::json(&answer::blob(&self.base, sha, &bytes))
    }

    async fn tarball(&self, name: &str) -> Answer {
        let Some(id) = repository::resolve(&self.repository.path, &format!("{name}^{{commit}}")).await else {
            return self.missing().await;
        };
        let Repository { owner, name, options, .. } = &self.repository;
        let ticket = if options.private { format!("?{ARCHIVE_TICKET}") } else { String::new() };
        let codeload = &self.shared.codeload_url;
        Answer::moved(302, format!("{codeload}/{owner}/{name}/legacy.tar.gz/{id}{ticket}"))
    }

    async fn missing(&self) -> Answer {
        match repository::is_empty(&self.repository.path).await {
            true => Answer::empty_repository(),
            false => Answer::not_found(),
        }
    }
}

fn percent_decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let digits = after.get(..2).and_then(|pair| std::str::from_utf8(pair).ok());
        match digits.and_then(|pair| u8::from_str_radix(pair, 16).ok()) {
            Some(byte) if first == b'%' => {
                bytes.push(byte);
                rest = &after[2..];
            }
            _ => {
                bytes.push(first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn percent_encode(text: &str) -> String {
    let encode = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(encode).collect()
}
