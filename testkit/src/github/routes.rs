//! From a request to its answer, through one of three doors: the REST API, git's own protocol, the host of archives.

use std::sync::Arc;

use axum::{
    extract::{ConnectInfo, Request, State as Extracted},
    http::{HeaderName, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use bytes::Bytes;

use super::{
    answer::Answer,
    app,
    connection::Connection,
    fault::{self, Fault},
    repository, rest,
    state::{Access, LoggedRequest, Origin, Repository, Shared, Verdict},
};

/// What a link to an archive of a private repository carries in the place of the token.
pub(super) const ARCHIVE_TICKET: &str = "token=ONE-TIME-TICKET";

/// Answers one request to either origin.
pub(super) async fn answer(
    Extracted((shared, origin)): Extracted<(Arc<Shared>, Origin)>,
    ConnectInfo(connection): ConnectInfo<Connection>,
    request: Request,
) -> Response {
    let is_git = origin == Origin::Api && request.uri().path().contains(".git/");
    let origin = if is_git { Origin::Git } else { origin };
    let path = request.uri().path_and_query().map(ToString::to_string).unwrap_or_default();
    let index = log(&shared, origin, &path, &request);
    let fault = shared.state().take_fault(&path);
    let response = match fault {
        Some(Fault::Stall) => std::future::pending().await,
        Some(Fault::Reset) => fault::reset(&connection),
        fault => match origin {
            Origin::Git => git(&shared, fault.as_ref(), request).await,
            Origin::Api => api(&shared, fault.as_ref(), &connection, request).await,
            Origin::Codeload => codeload(&shared, fault.as_ref(), &connection, &path).await,
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
    let moved = shared.state().find_by_old_name(owner, name).map(|it| it.name.clone());
    if let (Some(new), Some(target)) = (moved, request.uri().path_and_query()) {
        let rest = target.as_str().split_once(".git/").map_or("", |(_, rest)| rest);
        let location = format!("{}/{owner}/{new}.git/{rest}", shared.api_url);
        return (StatusCode::MOVED_PERMANENTLY, [(header::LOCATION, location)]).into_response();
    }
    let found = shared.state().find(owner, name).cloned();
    if let Some(token) = &token {
        shared.state().use_token(token);
    }
    let Ok(allowed) = visible(shared, found.as_ref(), token.as_deref()) else {
        let challenge = [(header::WWW_AUTHENTICATE, "Basic realm=\"GitHub\"")];
        return (StatusCode::UNAUTHORIZED, challenge, "Invalid username or token.\n").into_response();
    };
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
pub(super) fn visible<'a>(
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

async fn api(shared: &Shared, fault: Option<&Fault>, connection: &Connection, request: Request) -> Response {
    if request.uri().path().ends_with("/access_tokens") {
        let answer = match faulty_or_limited(shared, fault, None) {
            Some(answer) => answer,
            None => app::mint(shared, request).await,
        };
        let quota = shared.state().charge(None, false);
        return answer.finish(false, None, quota).0;
    }
    let (request, _) = request.into_parts();
    let headers = request.headers.clone();
    let token = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .map(|value| value.trim_start_matches("Bearer ").trim_start_matches("token ").to_owned());
    if let Some(token) = &token {
        shared.state().use_token(token);
    }
    let is_suspended = token.as_deref().is_some_and(|token| shared.state().is_suspended(token));
    let answer = match faulty_or_limited(shared, fault, token.as_deref()) {
        Some(answer) => answer,
        None if is_suspended => app::suspended(),
        None => match visible(shared, None, token.as_deref()) {
            Err(refused) => refused,
            Ok(_) => rest::route(shared, &request, token.as_deref()).await,
        },
    };
    let etag = (answer.status == 200).then(|| answer.etag(token.as_deref()));
    let known = headers.get(header::IF_NONE_MATCH).and_then(|it| it.to_str().ok());
    let unchanged = etag.is_some() && etag.as_deref() == known;
    let answer = if unchanged { Answer { status: 304, body: Bytes::new(), ..answer } } else { answer };
    let free = unchanged || request.uri.path().ends_with("/rate_limit");
    let (quota, compress) = {
        let mut state = shared.state();
        (state.charge(token.as_deref(), free), state.compress)
    };
    let accepts = headers.get(header::ACCEPT_ENCODING).and_then(|it| it.to_str().ok());
    let gzip = compress && accepts.is_some_and(|it| it.contains("gzip"));
    let (response, body) = answer.finish(gzip, etag, quota);
    match fault {
        Some(fault) if fault.is_for_body() => fault.spoil(response, body, connection),
        _ => response,
    }
}

fn faulty_or_limited(shared: &Shared, fault: Option<&Fault>, token: Option<&str>) -> Option<Answer> {
    let mut state = shared.state();
    if let Some(Fault::SecondaryLimit { status, retry_after }) = fault {
        state.limit_secondarily(*status, *retry_after);
        return Some(Answer::limited(*status, *retry_after, false));
    }
    if let Some(Fault::Status(status)) = fault {
        return Some(Answer::faulty(*status));
    }
    match state.check_limits(token) {
        Verdict::Pass => None,
        Verdict::Primary => Some(Answer::limited(403, None, true)),
        Verdict::Secondary { status, retry_after } => Some(Answer::limited(status, retry_after, false)),
    }
}

/// The host of archives, which knows nothing of tokens: a private archive opens by the ticket in its link.
async fn codeload(shared: &Shared, fault: Option<&Fault>, connection: &Connection, path: &str) -> Response {
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
        Some(fault) if fault.is_for_body() => fault.spoil(response, body, connection),
        _ => response,
    }
}
