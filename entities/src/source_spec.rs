//! Where a repository is, as a user names it and as a row keeps it.

use std::{fmt, path::Path};

use serde::{Deserialize, Serialize};

/// The public GitHub's API.
pub const GITHUB_API_URL: &str = "https://api.github.com";

/// The longest source text that is accepted, in bytes.
pub const MAX_SOURCE_BYTES: usize = 4_096;

/// Where a repository is. Holds no secret: credentials in a URL are refused.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase", deny_unknown_fields)]
pub enum SourceSpec {
    /// Any git repository: a path on this machine or an `http(s)` URL.
    Git {
        /// An absolute path or a URL.
        url: String,
    },
    /// A repository on GitHub, GitHub Enterprise, or a server that speaks its API.
    #[serde(rename = "github")]
    GitHub {
        /// The user or organisation.
        owner: String,
        /// The repository's name.
        name: String,
        /// The API's base URL without a trailing slash; the public GitHub if absent.
        #[serde(default, rename = "apiUrl", skip_serializing_if = "Option::is_none")]
        api_url: Option<String>,
    },
}

/// Why a source text was refused.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SourceSpecError {
    /// Nothing was given.
    #[error("source: is empty")]
    Empty,
    /// Longer than [`MAX_SOURCE_BYTES`].
    #[error("source: is longer than {MAX_SOURCE_BYTES} bytes")]
    TooLong,
    /// A transport that is not read.
    #[error(
        "source: {0}: only paths, http:// and https:// URLs and owner/name are read; for ssh use the https URL with a token"
    )]
    Transport(String),
    /// `https://user:secret@host/…`.
    #[error("source: the URL holds credentials; pass a token with --token-file or GITHUB_TOKEN instead")]
    Credentials,
    /// Neither a path that exists, nor a URL, nor `owner/name`.
    #[error("source: '{0}' is neither a path that exists, nor a URL, nor owner/name")]
    Unknown(String),
}

impl SourceSpec {
    /// Reads what a user typed: a URL, a path that exists, or `owner/name` on GitHub, in this order.
    ///
    /// A relative path is made absolute against the current directory. `api_url` applies to GitHub only.
    pub fn parse(text: &str, api_url: Option<&str>) -> Result<Self, SourceSpecError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(SourceSpecError::Empty);
        }
        if text.len() > MAX_SOURCE_BYTES {
            return Err(SourceSpecError::TooLong);
        }
        if let Some((scheme, rest)) = text.split_once("://") {
            return Self::parse_url(text, scheme, rest);
        }
        if let Ok(path) = Path::new(text).canonicalize() {
            return match path.to_str() {
                Some(path) => Ok(Self::Git { url: path.to_owned() }),
                None => Err(SourceSpecError::Unknown(text.to_owned())),
            };
        }
        if text.contains('@') && text.contains(':') {
            return Err(SourceSpecError::Transport(text.to_owned()));
        }
        match text.split_once('/') {
            Some((owner, name)) if is_github_name(owner) && is_github_name(name) => Ok(Self::GitHub {
                owner: owner.to_owned(),
                name: name.strip_suffix(".git").unwrap_or(name).to_owned(),
                api_url: api_url
                    .map(|url| url.trim_end_matches('/').to_owned())
                    .filter(|url| url != GITHUB_API_URL),
            }),
            _ => Err(SourceSpecError::Unknown(text.to_owned())),
        }
    }

    fn parse_url(text: &str, scheme: &str, rest: &str) -> Result<Self, SourceSpecError> {
        match scheme {
            "http" | "https" => {
                let authority = rest.split('/').next().unwrap_or_default();
                if authority.is_empty() {
                    return Err(SourceSpecError::Unknown(text.to_owned()));
                }
                if authority.contains('@') {
                    return Err(SourceSpecError::Credentials);
                }
                Ok(Self::Git { url: text.trim_end_matches('/').to_owned() })
            }
            "file" => Self::parse(rest, None),
            _ => Err(SourceSpecError::Transport(text.to_owned())),
        }
    }

    /// A short name for a project made from this source: the last part of its path, without `.git`.
    pub fn suggested_name(&self) -> String {
        match self {
            Self::GitHub { owner, name, .. } => format!("{owner}/{name}"),
            Self::Git { url } => {
                let path = url.trim_end_matches('/').trim_end_matches("/.git");
                let last = path.rsplit('/').next().unwrap_or(path);
                let name = last.strip_suffix(".git").unwrap_or(last);
                if name.is_empty() { "repository".to_owned() } else { name.to_owned() }
            }
        }
    }
}

impl fmt::Display for SourceSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Git { url } => f.write_str(url),
            Self::GitHub { owner, name, api_url: None } => write!(f, "{owner}/{name}"),
            Self::GitHub { owner, name, api_url: Some(api) } => write!(f, "{owner}/{name} at {api}"),
        }
    }
}

/// Whether a text can be a GitHub owner or repository name.
fn is_github_name(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 100
        && text != "."
        && text != ".."
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_users_type() {
        let github = |api_url: Option<&str>| SourceSpec::GitHub {
            owner: "rust-lang".into(),
            name: "log".into(),
            api_url: api_url.map(Into::into),
        };
        assert_eq!(SourceSpec::parse("rust-lang/log", None), Ok(github(None)));
        assert_eq!(SourceSpec::parse("rust-lang/log", Some(GITHUB_API_URL)), Ok(github(None)));
        assert_eq!(
            SourceSpec::parse("rust-lang/log", Some("http://localhost:1/")),
            Ok(github(Some("http://localhost:1")))
        );
        assert_eq!(
            SourceSpec::parse("https://host/o/n.git", None),
            Ok(SourceSpec::Git { url: "https://host/o/n.git".into() })
        );
        assert!(matches!(SourceSpec::parse(".", None), Ok(SourceSpec::Git { url }) if url.starts_with('/')));
    }

    #[test]
    fn refuses_what_it_cannot_read() {
        for (text, error) in [
            ("", SourceSpecError::Empty),
            ("https://u:p@host/x", SourceSpecError::Credentials),
            ("ssh://host/x", SourceSpecError::Transport("ssh://host/x".into())),
            ("git@host:o/n", SourceSpecError::Transport("git@host:o/n".into())),
            ("no/such/path", SourceSpecError::Unknown("no/such/path".into())),
            ("nothing", SourceSpecError::Unknown("nothing".into())),
        ] {
            assert_eq!(SourceSpec::parse(text, None), Err(error), "{text:?}");
        }
    }

    #[test]
    fn suggests_a_project_name() {
        let name = |url: &str| SourceSpec::Git { url: url.into() }.suggested_name();
        assert_eq!(name("/srv/app/.git"), "app");
        assert_eq!(name("https://host/o/n.git"), "n");
        assert_eq!(name("/"), "repository");
    }
}
