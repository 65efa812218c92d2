//! From a request to its answer.

use std::sync::Arc;

use axum::{
    extract::{ConnectInfo, Request, State as Extracted},
    http::{HeaderMap, HeaderName, StatusCode, header, request::Parts},
    response::{IntoResponse as _, Response},
};
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use bytes::Bytes;
use serde_json::json;

use super::{
    answer::{self, Answer},
    connection::KillSwitch,
    fault::{self, Fault},
    repository,
    state::{Access, LoggedRequest, Origin, Repository, Shared, Verdict},
};

/// The most items of a page, as GitHub has it.
const MAX_PER_PAGE: usize = 100;

/// What a link to an archive of a private repository carries in the place of the token.
const ARCHIVE_TICKET: &str = "token=ONE-TIME-TICKET";

/// Answers one request to either origin.
pub(super) async fn answer(
    Extracted((shared, origin)): Extracted<(Arc<Shared>, Origin)>,
    ConnectInfo(switch): ConnectInfo<KillSwitch>,
    request: Request,
) -> Response {
    let is_git = origin == Origin::Api && request.uri().path().contains(".git/");
    let origin = if is_git { Origin::Git } else { origin };
    let path = request.uri().path_and_query().map(ToString::to_string).unwrap_or_default();
    let index = log(&shared, origin, &path, &request);
    let fault = shared.state().take_fault(&path);
    let response = match fault {
        Some(Fault::Stall) => std::future::pending().await,
        Some(Fault::Reset) => fault::reset(&switch),
        fault => match origin {
            Origin::Git => git(&shared, fault.as_ref(), request).await,
            Origin::Api => api(&shared, fault.as_ref(), &switch, request).await,
            Origin::Codeload => codeload(&shared, fault.as_ref(), &switch, &path).await,
        },
    };
    if let Some(logged) = shared.state().log.get_mut(index) {
        logged.status = Some(response.status().as_u16());
    }
    response
}

fn log(shared: &Shared, origin: Origin, path: &str, request: &Request) -> usize {
    let header = |name: &HeaderName| {
        let value = request.headers().get(name)?;
        Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    let mut state = shared.state();
    state.log.push(LoggedRequest {
        origin,
        method: request.method().to_string(),
        path: path.to_owned(),
        authorization: header(&header::AUTHORIZATION),
        if_none_match: header(&header::IF_NONE_MATCH),
        accept: header(&header::ACCEPT),
        api_version: header(&HeaderName::from_static("x-github-api-version")),
        user_agent: header(&header::USER_AGENT),
        status: None,
    });
    state.log.len() - 1
}

/// Git's own protocol, with Basic credentials whose password is the token.
async fn git(shared: &Shared, fault: Option<&Fault>, request: Request) -> Response {
    if let Some(Fault::Status(status)) = fault {
        return StatusCode::from_u16(*status).unwrap_or(StatusCode::BAD_GATEWAY).into_response();
    }
    let token = request
        .headers()
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok()?.strip_prefix("Basic "))
        .and_then(|encoded| BASE64.decode(encoded).ok())
        .and_then(|pair| String::from_utf8(pair).ok()?.split_once(':').map(|(_, token)| token.to_owned()));
    let path = request.uri().path().trim_start_matches("/api/v3").trim_start_matches('/').to_owned();
    let named = path.split_once(".git/").and_then(|(names, _)| names.split_once('/'));
    let Some((owner, name)) = named else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let found = shared.state().find(owner, name).cloned();
    let allowed = visible(shared, found.as_ref(), token.as_deref()).unwrap_or_default();
    match allowed {
        Some(repository) if repository.options.git_over_http => {
            crate::git_http::serve_git(repository.path.clone(), request).await
        }
        Some(_) => (StatusCode::FORBIDDEN, "Git over HTTP is not allowed here\n").into_response(),
        None if token.is_none() => {
            let challenge = [(header::WWW_AUTHENTICATE, "Basic realm=\"GitHub\"")];
            (StatusCode::UNAUTHORIZED, challenge, "Repository not found.\n").into_response()
        }
        None => (StatusCode::NOT_FOUND, "Repository not found.\n").into_response(),
    }
}

/// The repository if this token (or none) may see it; an error if the token itself is refused.
fn visible<'a>(
    shared: &Shared,
    repository: Option<&'a Repository>,
    token: Option<&str>,
) -> Result<Option<&'a Repository>, Answer> {
    let access = match token {
        None => None,
        Some(token) => match shared.state().tokens.get(token) {
            None | Some(Access::Revoked) => return Err(Answer::error(401, "Bad credentials")),
            Some(access) => Some(access.clone()),
        },
    };
    let Some(repository) = repository else { return Ok(None) };
    let full_name = format!("{}/{}", repository.owner, repository.name);
    let open = match access {
        Some(Access::Everything) => true,
        Some(Access::Only(names)) => names.contains(&full_name) || !repository.options.private,
        _ => !repository.options.private,
    };
    Ok(open.then_some(repository))
}

async fn api(shared: &Shared, fault: Option<&Fault>, switch: &KillSwitch, request: Request) -> Response {
    let (request, _) = request.into_parts();
    let headers = request.headers.clone();
    let token = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .map(|value| value.trim_start_matches("Bearer ").trim_start_matches("token ").to_owned());
    let answer = match faulty_or_limited(shared, fault) {
        Some(answer) => answer,
        None => match visible(shared, None, token.as_deref()) {
            Err(refused) => refused,
            Ok(_) => route(shared, &request, token.as_deref()).await,
        },
    };
    let etag = (answer.status == 200).then(|| answer.etag(token.as_deref()));
    let known = headers.get(header::IF_NONE_MATCH).and_then(|it| it.to_str().ok());
    let unchanged = etag.is_some() && etag.as_deref() == known;
    let answer = if unchanged { Answer { status: 304, body: Bytes::new(), ..answer } } else { answer };
    let free = unchanged || request.uri.path().ends_with("/rate_limit");
    let (quota, compress) = {
        let mut state = shared.state();
        (state.charge(free), state.compress)
    };
    let accepts = headers.get(header::ACCEPT_ENCODING).and_then(|it| it.to_str().ok());
    let gzip = compress && accepts.is_some_and(|it| it.contains("gzip"));
    let (response, body) = answer.finish(gzip, etag, quota);
    match fault {
        Some(fault) if fault.is_for_body() => fault.spoil(response, body, switch),
        _ => response,
    }
}

fn faulty_or_limited(shared: &Shared, fault: Option<&Fault>) -> Option<Answer> {
    let mut state = shared.state();
    if let Some(Fault::SecondaryLimit { status, retry_after }) = fault {
        state.limit_secondarily(*status, *retry_after);
        return Some(Answer::limited(*status, *retry_after, false));
    }
    if let Some(Fault::Status(status)) = fault {
        return Some(Answer::faulty(*status));
    }
    match state.check_limits() {
        Verdict::Pass => None,
        Verdict::Primary => Some(Answer::limited(403, None, true)),
        Verdict::Secondary { status, retry_after } => Some(Answer::limited(status, retry_after, false)),
    }
}

/// An API request that is neither limited nor badly authenticated.
struct Call<'a> {
    shared: &'a Shared,
    repository: Repository,
    /// The repository's own URL.
    base: String,
    query: String,
    headers: &'a HeaderMap,
}

async fn route(shared: &Shared, request: &Parts, token: Option<&str>) -> Answer {
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
        ["rate_limit"] => return rate_limit(shared),
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

fn rate_limit(shared: &Shared) -> Answer {
    let quota = shared.state().charge(true);
    let core = json!({
        "limit": quota.limit,
        "remaining": quota.remaining,
        "used": quota.limit.saturating_sub(quota.remaining),
        "reset": quota.reset,
    });
    Answer::json(&json!({ "resources": { "core": core }, "rate": core }))
}

impl Call<'_> {
    async fn answer(&self, rest: &[&str]) -> Answer {
        match rest {
            [] => {
                let Repository { id, owner, name, options, .. } = &self.repository;
                Answer::json(&answer::repository(*id, owner, name, options.private, &options.default_branch))
            }
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
        let pairs = self.query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        pairs.into_iter().find(|(key, _)| *key == name).map(|(_, value)| value)
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
            Some(sha) => Answer::json(&json!({
                "ref": format!("refs/heads/{name}"),
                "object": { "type": "commit", "sha": sha, "url": format!("{}/git/commits/{sha}", self.base) },
            })),
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

/// The host of archives, which knows nothing of tokens: a private archive opens by the ticket in its link.
async fn codeload(shared: &Shared, fault: Option<&Fault>, switch: &KillSwitch, path: &str) -> Response {
    if let Some(Fault::Status(status)) = fault {
        return StatusCode::from_u16(*status).unwrap_or(StatusCode::BAD_GATEWAY).into_response();
    }
    let (path, ticket) = path.split_once('?').unwrap_or((path, ""));
    let segments: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    let [owner, name, "legacy.tar.gz", id] = segments.as_slice() else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let found = shared.state().find(owner, name).cloned();
    let Some(repository) = found.filter(|it| !it.options.private || ticket == ARCHIVE_TICKET) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let prefix = format!("{owner}-{name}-{}", &id[..id.len().min(7)]);
    let Some(body) = repository::archive(&repository.path, id, &prefix).await else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let response = ([(header::CONTENT_TYPE, "application/x-gzip")], body.clone()).into_response();
    match fault {
        Some(fault) if fault.is_for_body() => fault.spoil(response, body, switch),
        _ => response,
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
