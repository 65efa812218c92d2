//! Tokens of an app's installation: asked for with a signed statement of who the app is, good for one hour.

use bytes::Bytes;
use entities::{SourceSpec, credentials::Credential, source_spec::GITHUB_API_URL};
use octocrab::{EncodingKey, auth::create_jwt, models::AppId};
use reqwest::{Method, StatusCode, header::ACCEPT};
use serde::Deserialize;
use serde_json::json;
use url::Url;

use super::{api::JSON, api::unreachable, transport::USER_AGENT};
use crate::{
    SourceContext, SourceError,
    guard::GuardedClient,
    settings::{Secret, SourceSettings},
};

/// The largest answer that is read, in bytes.
const MAX_ANSWER_BYTES: usize = 256 << 10;

/// The answer: whatever else is in it is not needed.
#[derive(Deserialize)]
struct Minted {
    token: Secret,
}

/// Asks for a token of the installation that `credential` names: it may read the content of this one repository and
/// nothing else.
pub(crate) async fn installation_token(
    spec: &SourceSpec,
    credential: &Credential,
    settings: &SourceSettings,
    context: &SourceContext,
) -> Result<Secret, SourceError> {
    let (
        SourceSpec::GitHub { name, api_url, .. },
        Credential::GithubApp { app_id, installation_id, private_key },
    ) = (spec, credential)
    else {
        return Err(SourceError::Credential("a GitHub App opens repositories on GitHub only".into()));
    };
    let base = api_url.as_deref().unwrap_or(GITHUB_API_URL).trim_end_matches('/');
    let url = Url::parse(&format!("{base}/app/installations/{installation_id}/access_tokens"))
        .map_err(|_| SourceError::Unsupported("the API URL: it is malformed".into()))?;
    // What the library says of a key that it cannot read is not passed on.
    let key = EncodingKey::from_rsa_pem(private_key.expose().as_bytes())
        .map_err(|_| SourceError::Credential("the app's private key is no RSA key in PEM".into()))?;
    let asked =
        Asked { client: GuardedClient::new(settings, USER_AGENT)?, url, app: *app_id, key, repository: name };
    let policy = settings.retry_policy();
    let mut attempt = 1;
    loop {
        match asked.send(context).await {
            Ok(token) => return Ok(token),
            Err(error) => policy.pause_after(error, &mut attempt, context).await?,
        }
    }
}

/// The request, which is signed anew each time.
struct Asked<'a> {
    client: GuardedClient,
    url: Url,
    app: u64,
    key: EncodingKey,
    repository: &'a str,
}

impl Asked<'_> {
    async fn send(&self, context: &SourceContext) -> Result<Secret, SourceError> {
        context.check()?;
        let signed = create_jwt(AppId(self.app), &self.key)
            .map_err(|_| SourceError::Credential("the app's private key does not sign".into()))?;
        let body = json!({ "repositories": [self.repository], "permissions": { "contents": "read", "metadata": "read" } });
        let request = self.client.request(Method::POST, self.url.clone())?;
        let request = request.bearer_auth(signed).header(ACCEPT, JSON).body(body.to_string());
        context.traffic().add_request();
        let answer = async {
            let response = request.send().await.map_err(|error| self.broken(&error))?;
            let status = response.status();
            Ok::<_, SourceError>((status, self.read(response, context).await?))
        };
        let (status, body) = tokio::select! {
            answer = answer => answer?,
            () = context.cancel().cancelled() => return Err(SourceError::Cancelled),
        };
        self.token(status, &body)
    }

    fn token(&self, status: StatusCode, body: &[u8]) -> Result<Secret, SourceError> {
        match status {
            // Nothing of an answer that holds a token goes into an error.
            StatusCode::CREATED => serde_json::from_slice::<Minted>(body)
                .map(|minted| minted.token)
                .map_err(|_| SourceError::Corrupt("the answer to the request for an app's token".into())),
            StatusCode::UNAUTHORIZED => Err(SourceError::Credential(
                "the host does not know the app, or its private key is another".into(),
            )),
            StatusCode::FORBIDDEN | StatusCode::NOT_FOUND => {
                Err(SourceError::Credential("the app has no such installation, or it is suspended".into()))
            }
            StatusCode::UNPROCESSABLE_ENTITY => {
                Err(SourceError::Credential("the app's installation does not reach the repository".into()))
            }
            status => {
                let reason = status.canonical_reason().unwrap_or("an error").to_owned();
                Err(SourceError::Server { host: self.host().to_owned(), status: status.as_u16(), reason })
            }
        }
    }

    async fn read(
        &self,
        mut response: reqwest::Response,
        context: &SourceContext,
    ) -> Result<Bytes, SourceError> {
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.broken(&error))? {
            context.traffic().add_bytes(chunk.len() as u64);
            if body.len() + chunk.len() > MAX_ANSWER_BYTES {
                return Err(SourceError::too_large("an answer of the API", MAX_ANSWER_BYTES as u64));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body.into())
    }

    fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }

    fn broken(&self, error: &reqwest::Error) -> SourceError {
        unreachable(self.host(), error)
    }
}
