//! Answers as GitHub documents them: bodies, error shapes, and the headers every answer carries.

use std::io::Write as _;

use axum::{
    body::Body,
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::Response,
};
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use flate2::{Compression, write::GzEncoder};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{
    repository::{CommitData, ListedEntry},
    state::{Quota, Repository},
};

/// An answer before the headers that every answer carries.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) content_type: &'static str,
    pub(super) headers: Vec<(HeaderName, String)>,
    pub(super) body: Bytes,
}

const JSON: &str = "application/json; charset=utf-8";

impl Answer {
    pub(super) fn json(value: &Value) -> Self {
        Self::status(200, value)
    }

    pub(super) fn status(status: u16, value: &Value) -> Self {
        Self { status, content_type: JSON, headers: Vec::new(), body: value.to_string().into() }
    }

    /// An error as the API words it.
    pub(super) fn error(status: u16, message: &str) -> Self {
        let body = json!({
            "message": message,
            "documentation_url": "https://docs.github.com/rest",
            "status": status.to_string(),
        });
        Self::status(status, &body)
    }

    pub(super) fn not_found() -> Self {
        Self::error(404, "Not Found")
    }

    pub(super) fn empty_repository() -> Self {
        Self::error(409, "Git Repository is empty.")
    }

    pub(super) fn moved(status: u16, location: String) -> Self {
        let body = json!({
            "message": "Moved Permanently",
            "url": location,
            "documentation_url": "https://docs.github.com/rest/guides/best-practices-for-using-the-rest-api#follow-redirects",
        });
        let mut answer = Self::status(status, &body);
        answer.headers.push((header::LOCATION, location));
        answer
    }

    pub(super) fn bytes(content_type: &'static str, body: Bytes) -> Self {
        Self { status: 200, content_type, headers: Vec::new(), body }
    }

    /// The answer of a limit: the primary one (`retry_after` absent, quota used up) or the secondary one.
    pub(super) fn limited(status: u16, retry_after: Option<u64>, primary: bool) -> Self {
        let message = if primary {
            "API rate limit exceeded for user ID 1."
        } else {
            "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
        };
        let mut answer = Self::error(status, message);
        if let Some(seconds) = retry_after {
            answer.headers.push((header::RETRY_AFTER, seconds.to_string()));
        }
        answer
    }

    /// An answer that a fault puts in the place of the true one.
    pub(super) fn faulty(status: u16) -> Self {
        match status {
            500.. => Self {
                status,
                content_type: "text/html; charset=utf-8",
                headers: Vec::new(),
                body: Bytes::from_static(b"<!DOCTYPE html>\n<title>Unicorn! &middot; GitHub</title>\n"),
            },
            401 => Self::error(status, "Bad credentials"),
            403 => Self::error(status, "Resource not accessible by personal access token"),
            404 => Self::not_found(),
            409 => Self::empty_repository(),
            422 => Self::error(status, "Validation Failed"),
            _ => Self::error(status, "Something went wrong"),
        }
    }

    /// What the answer is compared by.
    pub(super) fn etag(&self, token: Option<&str>) -> String {
        let mut digest = Sha256::new();
        digest.update(token.unwrap_or_default());
        digest.update(&self.body);
        format!("W/\"{}\"", hex::encode(digest.finalize()))
    }

    /// The response, and its body as the faults may spoil it.
    pub(super) fn finish(self, gzip: bool, etag: Option<String>, quota: Quota) -> (Response, Bytes) {
        let gzip = gzip && self.status == 200;
        let body = if gzip { compress(&self.body) } else { self.body };
        let mut response = Response::new(Body::from(body.clone()));
        *response.status_mut() = StatusCode::from_u16(self.status).expect("a status this file names");
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.content_type));
        if gzip {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        for (name, value) in self.headers {
            headers.insert(name, value.parse().expect("a header value of printable characters"));
        }
        if let Some(etag) = etag {
            headers.insert(header::ETAG, etag.parse().expect("an ETag is hexadecimal"));
        }
        for (name, value) in [
            ("x-ratelimit-limit", quota.limit),
            ("x-ratelimit-remaining", quota.remaining),
            ("x-ratelimit-used", quota.limit.saturating_sub(quota.remaining)),
            ("x-ratelimit-reset", quota.reset),
        ] {
            headers.insert(name, HeaderValue::from(value));
        }
        let now = DateTime::<Utc>::from(quota.now).format("%a, %d %b %Y %H:%M:%S GMT").to_string();
        headers.insert(header::DATE, now.parse().expect("a date is ASCII"));
        headers.insert("x-ratelimit-resource", HeaderValue::from_static("core"));
        (response, body)
    }
}

fn compress(body: &[u8]) -> Bytes {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(body).expect("writing to memory succeeds");
    encoder.finish().expect("writing to memory succeeds").into()
}

/// `GET /repos/{owner}/{repo}`, cut to what clients of this project could want.
pub(super) fn repository(base: &str, repository: &Repository) -> Value {
    let Repository { id, owner, name, options, .. } = repository;
    json!({
        "id": id,
        "node_id": node_id("R", &id.to_string()),
        "name": name,
        "full_name": format!("{owner}/{name}"),
        "owner": user(owner),
        "url": base,
        "private": options.private,
        "visibility": if options.private { "private" } else { "public" },
        "default_branch": options.default_branch,
        "fork": false,
        "archived": false,
        "disabled": false,
    })
}

fn user(login: &str) -> Value {
    let api = format!("https://api.github.com/users/{login}");
    let mut user = json!({
        "login": login,
        "id": 1,
        "node_id": node_id("U", login),
        "avatar_url": "https://avatars.githubusercontent.com/u/1",
        "gravatar_id": "",
        "url": api,
        "html_url": format!("https://github.com/{login}"),
        "type": "User",
        "site_admin": false,
    });
    for what in [
        "followers",
        "following",
        "gists",
        "starred",
        "subscriptions",
        "organizations",
        "repos",
        "events",
        "received_events",
    ] {
        let key = if what == "organizations" { "orgs" } else { what };
        user[format!("{what}_url")] = format!("{api}/{key}").into();
    }
    user
}

fn node_id(kind: &str, what: &str) -> String {
    format!("{kind}_{}", BASE64.encode(what))
}

/// An item of `GET /repos/{owner}/{repo}/branches`.
pub(super) fn branch_item(base: &str, name: &str, sha: &str) -> Value {
    json!({
        "name": name,
        "commit": { "sha": sha, "url": format!("{base}/commits/{sha}") },
        "protected": false,
    })
}

/// `GET /repos/{owner}/{repo}/commits/{ref}`, also the `commit` of a branch.
pub(super) fn commit(base: &str, commit: &CommitData) -> Value {
    let parents: Vec<Value> = commit.parents.iter().map(|sha| json!({ "sha": sha })).collect();
    json!({
        "sha": commit.sha,
        "node_id": node_id("C", &commit.sha),
        "url": format!("{base}/commits/{}", commit.sha),
        "html_url": format!("{base}/commit/{}", commit.sha),
        "comments_url": format!("{base}/commits/{}/comments", commit.sha),
        "commit": {
            "author": person(&commit.author),
            "committer": person(&commit.committer),
            "message": commit.message,
            "tree": { "sha": commit.tree, "url": format!("{base}/git/trees/{}", commit.tree) },
            "url": format!("{base}/git/commits/{}", commit.sha),
            "comment_count": 0,
        },
        "author": null,
        "committer": null,
        "parents": parents,
    })
}

/// `GET /repos/{owner}/{repo}/git/commits/{sha}`.
pub(super) fn git_commit(base: &str, commit: &CommitData) -> Value {
    let parents: Vec<Value> = commit.parents.iter().map(|sha| json!({ "sha": sha })).collect();
    json!({
        "sha": commit.sha,
        "node_id": node_id("C", &commit.sha),
        "url": format!("{base}/git/commits/{}", commit.sha),
        "author": person(&commit.author),
        "committer": person(&commit.committer),
        "message": commit.message,
        "tree": { "sha": commit.tree, "url": format!("{base}/git/trees/{}", commit.tree) },
        "parents": parents,
    })
}

/// `GET /repos/{owner}/{repo}/git/ref/heads/{branch}`.
pub(super) fn git_ref(base: &str, name: &str, sha: &str) -> Value {
    let full_name = format!("refs/heads/{name}");
    json!({
        "ref": full_name,
        "node_id": node_id("REF", &full_name),
        "url": format!("{base}/git/{full_name}"),
        "object": { "type": "commit", "sha": sha, "url": format!("{base}/git/commits/{sha}") },
    })
}

fn person([name, email, date]: &[String; 3]) -> Value {
    json!({ "name": name, "email": email, "date": date })
}

/// `GET /repos/{owner}/{repo}/git/trees/{sha}`. Names that are not UTF-8 lose what JSON cannot carry.
pub(super) fn tree(base: &str, sha: &str, entries: &[ListedEntry], truncate_at: usize) -> Value {
    let shown: Vec<Value> = entries.iter().take(truncate_at).map(|entry| tree_item(base, entry)).collect();
    json!({
        "sha": sha,
        "url": format!("{base}/git/trees/{sha}"),
        "tree": shown,
        "truncated": entries.len() > truncate_at,
    })
}

fn tree_item(base: &str, entry: &ListedEntry) -> Value {
    let mut item = json!({
        "path": String::from_utf8_lossy(&entry.path),
        "mode": entry.mode,
        "type": entry.kind,
        "sha": entry.sha,
    });
    if let Some(size) = entry.size {
        item["size"] = size.into();
    }
    if entry.kind != "commit" {
        item["url"] = format!("{base}/git/{}s/{}", entry.kind, entry.sha).into();
    }
    item
}

/// `GET /repos/{owner}/{repo}/git/blobs/{sha}`: base64 in lines of 60 characters.
pub(super) fn blob(base: &str, sha: &str, bytes: &[u8]) -> Value {
    let encoded = BASE64.encode(bytes);
    let mut content = String::with_capacity(encoded.len() + encoded.len() / 60 + 1);
    for (index, letter) in encoded.chars().enumerate() {
        if index > 0 && index % 60 == 0 {
            content.push('\n');
        }
        content.push(letter);
    }
    content.push('\n');
    json!({
        "sha": sha,
        "node_id": node_id("B", sha),
        "size": bytes.len(),
        "url": format!("{base}/git/blobs/{sha}"),
        "content": content,
        "encoding": "base64",
    })
}
