//! What hosts tell.

use axum::http::HeaderMap;
use entities::{ObjectId, SourceSpec, projects::MAX_BRANCH_NAME_BYTES, triggers::HookKind};
use serde::Deserialize;

/// What is before the name of a branch.
const HEADS: &str = "refs/heads/";

/// What a host tells.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Told {
    /// The host's path of the repository: `owner/name`.
    pub(super) repository: Option<String>,
    /// What happened.
    pub(super) what: What,
}

/// What happened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum What {
    /// A branch was pushed to a commit.
    Pushed { branch: String, commit: Option<ObjectId> },
    /// A branch was deleted.
    Deleted { branch: String },
    /// The host tries whether anybody answers.
    Ping,
    /// Something else.
    Other,
}

/// As much of the bodies of all hosts as is looked at.
#[derive(Deserialize)]
struct Body {
    r#ref: Option<String>,
    ref_type: Option<String>,
    after: Option<String>,
    #[serde(default)]
    deleted: bool,
    repository: Option<Repository>,
    /// GitLab's word for the repository.
    project: Option<Project>,
}

#[derive(Deserialize)]
struct Repository {
    full_name: Option<String>,
}

#[derive(Deserialize)]
struct Project {
    path_with_namespace: Option<String>,
}

/// The host's word for what happened.
pub(super) fn event(kind: HookKind, headers: &HeaderMap) -> &str {
    let names: &[&str] = match kind {
        HookKind::Github => &["x-github-event"],
        HookKind::Gitea => &["x-gitea-event", "x-forgejo-event"],
        HookKind::Gitlab => &["x-gitlab-event"],
    };
    names.iter().find_map(|name| headers.get(*name)?.to_str().ok()).unwrap_or_default()
}

/// What the host calls this delivery. The same for one that is sent again.
pub(super) fn delivery(kind: HookKind, headers: &HeaderMap) -> Option<&str> {
    let names: &[&str] = match kind {
        HookKind::Github => &["x-github-delivery"],
        HookKind::Gitea => &["x-gitea-delivery", "x-forgejo-delivery"],
        HookKind::Gitlab => &["idempotency-key", "webhook-id", "x-gitlab-event-uuid"],
    };
    names.iter().find_map(|name| headers.get(*name)?.to_str().ok()).filter(|id| !id.is_empty())
}

/// Reads what was signed. `None` if it cannot be read.
pub(super) fn read(event: &str, headers: &HeaderMap, bytes: &[u8]) -> Option<Told> {
    let other = |what| Some(Told { repository: None, what });
    let is_push = matches!(event, "push" | "Push Hook");
    match event {
        "ping" => return other(What::Ping),
        "push" | "Push Hook" | "delete" => {}
        _ => return other(What::Other),
    }
    let content_type = headers.get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let body: Body = match content_type.starts_with("application/x-www-form-urlencoded") {
        true => serde_json::from_slice(&field(bytes, b"payload")?).ok()?,
        false => serde_json::from_slice(bytes).ok()?,
    };
    let repository = body.repository.and_then(|repository| repository.full_name);
    let repository = repository.or_else(|| body.project.and_then(|project| project.path_with_namespace));
    let name = body.r#ref?;
    let branch = match is_push {
        true => name.strip_prefix(HEADS).map(str::to_owned),
        false => (body.ref_type.as_deref() == Some("branch"))
            .then(|| name.strip_prefix(HEADS).unwrap_or(&name).to_owned()),
    };
    let is_name = |name: &String| (1..=MAX_BRANCH_NAME_BYTES).contains(&name.len()) && !name.contains('\0');
    let after = body.after.unwrap_or_default();
    let is_deleted =
        !is_push || body.deleted || (!after.is_empty() && after.bytes().all(|digit| digit == b'0'));
    let what = match branch.filter(is_name) {
        None => What::Other,
        Some(branch) if is_deleted => What::Deleted { branch },
        Some(branch) => What::Pushed { branch, commit: after.parse().ok() },
    };
    Some(Told { repository, what })
}

/// Whether the host's path of a repository is that of a source. Hosts are called by many names, so only the path counts;
/// who sends it was shown by the signature.
pub(super) fn is_of(source: &SourceSpec, repository: Option<&str>) -> bool {
    let Some(told) = repository.map(|path| path.trim_matches('/').to_lowercase()) else { return false };
    let ours = match source {
        SourceSpec::GitHub { owner, name, .. } => format!("{owner}/{name}"),
        SourceSpec::Git { url } => {
            let path = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest);
            path.trim_end_matches('/').trim_end_matches(".git").trim_end_matches('/').to_owned()
        }
    };
    let ours = ours.to_lowercase();
    told.contains('/')
        && (ours == told || ours.strip_suffix(&told).is_some_and(|before| before.ends_with('/')))
}

/// A field of a form.
fn field(form: &[u8], name: &[u8]) -> Option<Vec<u8>> {
    let pairs = form.split(|byte| *byte == b'&');
    let value = pairs.filter_map(|pair| pair.strip_prefix(name)?.strip_prefix(b"=")).next()?;
    let mut decoded = Vec::with_capacity(value.len());
    let mut rest = value.iter().copied();
    while let Some(byte) = rest.next() {
        decoded.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digits = [rest.next()?, rest.next()?];
                *hex::decode(digits).ok()?.first()?
            }
            byte => byte,
        });
    }
    Some(decoded)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(event: &str, body: &str) -> Option<What> {
        read(event, &HeaderMap::new(), body.as_bytes()).map(|told| told.what)
    }

    #[test]
    fn pushes_and_deletions_are_understood() {
        let commit = "1481a2de7b2a7d02428ad93446ab166be7793fbb";
        let push = format!(
            r#"{{"ref":"refs/heads/feature/x","after":"{commit}","repository":{{"full_name":"o/n"}}}}"#
        );
        let pushed = What::Pushed { branch: "feature/x".into(), commit: commit.parse().ok() };
        assert_eq!(told("push", &push), Some(pushed.clone()));
        assert_eq!(told("Push Hook", &push), Some(pushed));
        let deleted = Some(What::Deleted { branch: "x".into() });
        let zeros = "0".repeat(40);
        assert_eq!(told("push", r#"{"ref":"refs/heads/x","deleted":true,"after":"1"}"#), deleted);
        assert_eq!(told("Push Hook", &format!(r#"{{"ref":"refs/heads/x","after":"{zeros}"}}"#)), deleted);
        assert_eq!(told("delete", r#"{"ref":"x","ref_type":"branch"}"#), deleted);
        assert_eq!(told("delete", r#"{"ref":"x","ref_type":"tag"}"#), Some(What::Other));
        assert_eq!(told("push", r#"{"ref":"refs/tags/v1","after":"1"}"#), Some(What::Other));
        assert_eq!(told("ping", "not read"), Some(What::Ping));
        assert_eq!(told("issues", "not read"), Some(What::Other));
        let sha256 = format!(r#"{{"ref":"refs/heads/x","after":"{}"}}"#, "a".repeat(64));
        assert_eq!(told("push", &sha256), Some(What::Pushed { branch: "x".into(), commit: None }));
        for broken in ["", "{", "[]", "{}", r#"{"ref":7}"#, r#"{"ref":"refs/heads/x","repository":"o/n"}"#] {
            assert_eq!(told("push", broken), None, "{broken}");
        }
    }

    #[test]
    fn forms_are_unpacked() {
        let mut headers = HeaderMap::new();
        let form = "application/x-www-form-urlencoded";
        headers.insert("content-type", form.parse().unwrap());
        let body = b"a=1&payload=%7B%22ref%22%3A%22refs%2Fheads%2Fa+b%22%2C%22deleted%22%3Atrue%7D";
        let told = read("push", &headers, body).unwrap();
        assert_eq!(told.what, What::Deleted { branch: "a b".into() });
        for broken in [&b"payload=%7"[..], b"payload=%zz", b"payloads=1", b""] {
            assert_eq!(read("push", &headers, broken), None);
        }
    }

    #[test]
    fn only_the_projects_own_repository_counts() {
        let github = SourceSpec::GitHub { owner: "Rust-Lang".into(), name: "log".into(), api_url: None };
        assert!(is_of(&github, Some("rust-lang/log")));
        for other in
            [None, Some("log"), Some(""), Some("lang/log"), Some("rust-lang/log2"), Some("x/rust-lang/log")]
        {
            assert!(!is_of(&github, other), "{other:?}");
        }
        for url in [
            "https://git.example/Group/Sub/name.git",
            "/srv/git/group/sub/name.git/",
            "http://10.0.0.1:81/git/group/sub/name",
        ] {
            let git = SourceSpec::Git { url: url.into() };
            assert!(is_of(&git, Some("group/sub/name")), "{url}");
            assert!(!is_of(&git, Some("up/name")) && !is_of(&git, Some("name")), "{url}");
        }
    }
}
