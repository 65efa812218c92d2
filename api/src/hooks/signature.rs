//! How hosts sign what they send.
//!
//! | Host | Header | What it holds |
//! | --- | --- | --- |
//! | GitHub | `X-Hub-Signature-256` | `sha256=` and the HMAC-SHA256 of the body in hexadecimal digits |
//! | Gitea, Forgejo | `X-Gitea-Signature`, `X-Forgejo-Signature` | the same without the word |
//! | GitLab, secret token | `X-Gitlab-Token` | the secret itself |
//! | GitLab, signing token (`whsec_…`) | `webhook-signature` | `v1,` and the HMAC-SHA256 of `id.timestamp.body` in base64 |

use axum::http::HeaderMap;
use base64::{Engine, prelude::BASE64_STANDARD};
use chrono::{DateTime, Utc};
use entities::{Secret, triggers::HookKind};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

/// What GitLab's signing tokens begin with.
const SIGNING_WORD: &str = "whsec_";

/// How far the time that GitLab signs may be from ours, in seconds.
const MAX_AGE_SECONDS: i64 = 300;

/// The most signatures of one hook that are looked at: while a host changes its secret it may send two.
const MAX_SIGNATURES: usize = 4;

/// What a signature is checked with while the body comes.
pub(super) struct Check {
    mac: Hmac<Sha256>,
    /// The signatures that were sent.
    given: Vec<Vec<u8>>,
    /// Where nothing is signed: whether the secret itself was sent.
    is_token: Option<bool>,
}

impl Check {
    /// One of what the headers say. `None` if the secret cannot be a key.
    pub(super) fn new(
        kind: HookKind,
        secret: &Secret,
        headers: &HeaderMap,
        now: DateTime<Utc>,
    ) -> Option<Self> {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let secret = secret.expose();
        let hexadecimal = |digits: Option<&str>| digits.and_then(|digits| hex::decode(digits).ok());
        let (key, given, is_token) = match kind {
            HookKind::Github => {
                let digits = text("x-hub-signature-256").and_then(|value| value.strip_prefix("sha256="));
                (secret.as_bytes().to_vec(), hexadecimal(digits).into_iter().collect(), None)
            }
            HookKind::Gitea => {
                let digits = text("x-gitea-signature").or_else(|| text("x-forgejo-signature"));
                (secret.as_bytes().to_vec(), hexadecimal(digits).into_iter().collect(), None)
            }
            HookKind::Gitlab => match secret.strip_prefix(SIGNING_WORD) {
                Some(key) => (BASE64_STANDARD.decode(key).ok()?, signatures(headers), None),
                None => {
                    let token = text("x-gitlab-token").unwrap_or_default();
                    (secret.as_bytes().to_vec(), Vec::new(), Some(is_same(secret, token)))
                }
            },
        };
        let mut check = Self { mac: <Hmac<Sha256> as KeyInit>::new_from_slice(&key).ok()?, given, is_token };
        if kind == HookKind::Gitlab && is_token.is_none() {
            let (id, at) =
                (text("webhook-id").unwrap_or_default(), text("webhook-timestamp").unwrap_or_default());
            let is_fresh =
                at.parse::<i64>().is_ok_and(|at| now.timestamp().abs_diff(at) <= MAX_AGE_SECONDS as u64);
            if !is_fresh {
                check.given.clear();
            }
            check.update(format!("{id}.{at}.").as_bytes());
        }
        Some(check)
    }

    /// The next part of the body.
    pub(super) fn update(&mut self, part: &[u8]) {
        self.mac.update(part);
    }

    /// Whether whoever sent all of it knows the secret. Takes a time that does not depend on what was guessed.
    pub(super) fn holds(self) -> bool {
        let Self { mac, given, is_token } = self;
        let signed =
            given.iter().fold(false, |signed, given| signed | mac.clone().verify_slice(given).is_ok());
        is_token.unwrap_or(signed)
    }
}

/// Whether a secret can be a key: a signing token is one in base64, everything else is one as it is.
pub(crate) fn is_key(kind: HookKind, secret: &Secret) -> bool {
    match secret.expose().strip_prefix(SIGNING_WORD) {
        Some(key) if kind == HookKind::Gitlab => BASE64_STANDARD.decode(key).is_ok_and(|key| !key.is_empty()),
        _ => true,
    }
}

/// The signatures of the Standard Webhooks: `v1,BASE64`, parted by spaces.
fn signatures(headers: &HeaderMap) -> Vec<Vec<u8>> {
    let sent = headers.get("webhook-signature").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let sent = sent.split(' ').filter_map(|one| one.strip_prefix("v1,"));
    sent.filter_map(|one| BASE64_STANDARD.decode(one).ok()).take(MAX_SIGNATURES).collect()
}

/// Whether two secrets are the same. Digests are compared, in a time that does not depend on what was guessed.
fn is_same(ours: &str, given: &str) -> bool {
    let (given, wanted) = (Sha256::digest(given), Sha256::digest(ours));
    given.iter().zip(wanted.iter()).fold(0, |differing, (a, b)| differing | (a ^ b)) == 0
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    fn holds(kind: HookKind, secret: &str, sent: &[(&str, &str)], body: &str, now: i64) -> bool {
        let mut headers = HeaderMap::new();
        for (name, value) in sent {
            headers.append(name.parse::<HeaderName>().unwrap(), HeaderValue::from_str(value).unwrap());
        }
        let now = DateTime::from_timestamp(now, 0).unwrap();
        let mut check = Check::new(kind, &Secret::new(secret), &headers, now).unwrap();
        for part in body.as_bytes().chunks(3) {
            check.update(part);
        }
        check.holds()
    }

    /// The example of GitHub's documentation.
    #[test]
    fn github_signs_as_it_documents() {
        let (secret, body) = ("It's a Secret to Everybody", "Hello, World!");
        let right = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
        let check = |header: &str, value: &str, body: &str| {
            holds(HookKind::Github, secret, &[(header, value)], body, 0)
        };
        assert!(check("x-hub-signature-256", right, body));
        assert!(!check("x-hub-signature-256", right, "Hello, World?"));
        assert!(!check("x-hub-signature-256", right.trim_start_matches("sha256="), body));
        assert!(!check("x-hub-signature-256", &right[..right.len() - 2], body), "a part of it is not enough");
        assert!(!check("x-hub-signature-256", "sha256=", body));
        assert!(!check("x-hub-signature", right, body), "the old one, of SHA-1, does not count");
        assert!(!check("x-gitea-signature", &right[7..], body));
    }

    #[test]
    fn gitea_signs_without_a_word() {
        let digits = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
        let secret = "It's a Secret to Everybody";
        for header in ["x-gitea-signature", "x-forgejo-signature"] {
            assert!(holds(HookKind::Gitea, secret, &[(header, digits)], "Hello, World!", 0));
            assert!(!holds(HookKind::Gitea, "another secret", &[(header, digits)], "Hello, World!", 0));
        }
        let both = [("x-gitea-signature", "00"), ("x-forgejo-signature", digits)];
        assert!(!holds(HookKind::Gitea, secret, &both, "Hello, World!", 0));
    }

    #[test]
    fn gitlab_sends_its_token_or_signs() {
        let token =
            |sent: &str| holds(HookKind::Gitlab, "a long secret token", &[("x-gitlab-token", sent)], "{}", 0);
        assert!(token("a long secret token"));
        assert!(!token("a long secret toke") && !token(""));

        // The example of the Standard Webhooks, which GitLab's signatures follow.
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        let (at, body) = (1_614_265_330, r#"{"test": 2432232314}"#);
        let signature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
        let check = |signature: &str, at: &str, now: i64| {
            let sent = [
                ("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"),
                ("webhook-timestamp", at),
                ("webhook-signature", signature),
                ("x-gitlab-token", secret),
            ];
            holds(HookKind::Gitlab, secret, &sent, body, now)
        };
        assert!(check(signature, "1614265330", at));
        assert!(check(&format!("v1,AAAA v2,xxxx {signature}"), "1614265330", at + 299));
        assert!(!check(signature, "1614265330", at + 301), "it is too old");
        assert!(!check(signature, "1614265331", at), "the time is signed, too");
        assert!(!check("v1,AAAA", "1614265330", at), "a token does not stand in for a signature");
    }
}
