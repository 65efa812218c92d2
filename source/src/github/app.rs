//! Tokens of an app's installation: asked for with a signed statement of who the app is, good for one hour.
//!
//! A token is kept while it lasts and shared by all syncs of this process that would ask for the same one. It is
//! replaced before it ends and when the host refuses it, so that a sync may take longer than a token lives. The host counts
//! these requests for the app, whatever the installation: they have leave of a budget of its own.

use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use entities::credentials::Credential;
use http::HeaderMap;
use octocrab::{EncodingKey, auth::create_jwt, models::AppId};
use reqwest::{
    Method, StatusCode,
    header::{ACCEPT, RETRY_AFTER},
};
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use super::{
    api::JSON,
    limits::{self, Limits},
    message::unreachable,
    telemetry,
    tokens::{Minted, TokenCache, is_fresh, is_usable},
    transport::USER_AGENT,
};
use crate::{
    Retry, SourceContext, SourceError,
    budget::{Account, Outcome, Resource, digest},
    guard::GuardedClient,
    retry::RetryPolicy,
    settings::{Secret, SourceSettings},
};

/// The largest answer that is read, in bytes.
const MAX_ANSWER_BYTES: usize = 256 << 10;

/// The longest that a token is believed to last, in minutes: GitHub gives an hour.
const MAX_LIFE_MINUTES: i64 = 60;

/// The answer: whatever else is in it is not needed.
#[derive(Deserialize)]
struct Answer {
    token: Secret,
    expires_at: Option<DateTime<Utc>>,
}

/// A refusal.
#[derive(Deserialize, Default)]
struct Refusal {
    #[serde(default)]
    message: String,
}

/// One installation of an app, and what is asked of it. Tokens are asked for when they are needed.
pub(crate) struct Installation {
    client: GuardedClient,
    url: Url,
    app: u64,
    /// The private key, to sign with.
    key: EncodingKey,
    /// What tokens are asked for.
    wanted: Value,
    /// Tells this place in the cache from all others.
    slot: [u8; 32],
    account: Account,
    /// The door to the host in the app's own name.
    limits: Limits,
    tokens: Arc<TokenCache>,
    policy: RetryPolicy,
}

impl Installation {
    /// The installation that `credential` names, on the server with this API base URL. Its tokens may read the content
    /// of `repository` and nothing else; without one they may list what the installation reaches, and read nothing.
    ///
    /// # Errors
    /// If the credential is none of an app, or its key cannot be read.
    pub(crate) fn new(
        api_url: &str,
        credential: &Credential,
        repository: Option<&str>,
        settings: &SourceSettings,
    ) -> Result<Self, SourceError> {
        let Credential::GithubApp { app_id, installation_id, private_key } = credential else {
            return Err(SourceError::Credential("it is no GitHub App".into()));
        };
        let url = Url::parse(&format!("{api_url}/app/installations/{installation_id}/access_tokens"))
            .map_err(|_| SourceError::Unsupported("the API URL: it is malformed".into()))?;
        // What the library says of a key that it cannot read is not passed on.
        let key = EncodingKey::from_rsa_pem(private_key.expose().as_bytes())
            .map_err(|_| SourceError::Credential("the app's private key is no RSA key in PEM".into()))?;
        let wanted = match repository {
            Some(name) => {
                json!({ "repositories": [name], "permissions": { "contents": "read", "metadata": "read" } })
            }
            None => json!({ "permissions": { "metadata": "read" } }),
        };
        // The private key is a part of it: to name an app and its installation is not to have the right to its tokens.
        let slot = digest(&[
            url.as_str().as_bytes(),
            &app_id.to_be_bytes(),
            private_key.expose().as_bytes(),
            wanted.to_string().as_bytes(),
        ]);
        let policy = settings.retry_policy();
        let own = Account::app(api_url, *app_id, private_key.expose());
        let limits = Limits::new(Arc::clone(&settings.shared.budget), own, policy.max_wait);
        Ok(Self {
            client: GuardedClient::new(settings, USER_AGENT)?,
            account: Account::installation(api_url, *app_id, *installation_id),
            url,
            app: *app_id,
            key,
            wanted,
            slot,
            limits,
            tokens: Arc::clone(&settings.shared.tokens),
            policy,
        })
    }

    /// Whom requests with its tokens are counted for.
    pub(crate) fn account(&self) -> Account {
        self.account.clone()
    }

    /// A token that lasts for a while: the one that is there, or a new one. Of all who need a new one, one asks for it.
    ///
    /// # Errors
    /// If there is none to be had.
    pub(crate) async fn token(&self, context: &SourceContext) -> Result<Secret, SourceError> {
        let slot = self.tokens.slot(&self.slot);
        let mut held = tokio::select! {
            held = slot.lock() => held,
            () = context.cancel().cancelled() => return Err(SourceError::Cancelled),
        };
        if let Some(minted) = held.as_ref().filter(|_| is_fresh(&held, self.tokens.now())) {
            return Ok(minted.token.clone());
        }
        match self.mint(context).await {
            Ok(minted) => {
                telemetry::tell_token("minted");
                let token = minted.token.clone();
                *held = Some(minted);
                Ok(token)
            }
            Err(error) => {
                let is_final = error.retry() == Retry::Never;
                telemetry::tell_token(if is_final { "refused" } else { "failed" });
                // What may pass by itself need not stop a sync whose token still opens something.
                match held.as_ref().filter(|_| !is_final && is_usable(&held, self.tokens.now())) {
                    Some(minted) => Ok(minted.token.clone()),
                    None => Err(error),
                }
            }
        }
    }

    /// Uses a token no more, unless another one has taken its place.
    pub(crate) async fn forget(&self, token: &Secret) {
        let slot = self.tokens.slot(&self.slot);
        let mut held = slot.lock().await;
        if held.as_ref().is_some_and(|minted| minted.token == *token) {
            *held = None;
        }
    }

    async fn mint(&self, context: &SourceContext) -> Result<Minted, SourceError> {
        let mut attempt = 1;
        loop {
            match self.send(context).await {
                Ok(minted) => return Ok(minted),
                Err(error) => self.policy.pause_after(error, &mut attempt, context).await?,
            }
        }
    }

    /// Sends the request when the app may: no sooner than its host allows to any of those who ask in its name.
    async fn send(&self, context: &SourceContext) -> Result<Minted, SourceError> {
        context.check()?;
        let admission = tokio::select! {
            admission = self.limits.admit(self.host(), Resource::Core, context.priority()) => admission?,
            () = context.cancel().cancelled() => return Err(SourceError::Cancelled),
        };
        // If there is no answer, the admission is dropped, and the request counts as lost.
        let (status, headers, body) = self.ask(context).await?;
        let quota = limits::quota(&headers, Resource::Core);
        if status == StatusCode::CREATED {
            admission.settle(Outcome::Answered { quota, pause: None }).await;
            return self.minted(&headers, &body);
        }
        let refused = self.refused(status, &headers, &body);
        admission.settle(limits::refused(quota, headers.contains_key(RETRY_AFTER), &refused)).await;
        Err(refused)
    }

    /// Asks once. The request is signed anew each time: from a minute ago for nine minutes, so that clocks may differ.
    async fn ask(&self, context: &SourceContext) -> Result<(StatusCode, HeaderMap, Bytes), SourceError> {
        let signed = create_jwt(AppId(self.app), &self.key)
            .map_err(|_| SourceError::Credential("the app's private key does not sign".into()))?;
        let request = self.client.request(Method::POST, self.url.clone())?;
        let request = request.bearer_auth(signed).header(ACCEPT, JSON).body(self.wanted.to_string());
        context.traffic().add_request();
        let answer = async {
            let response = request.send().await.map_err(|error| self.broken(&error))?;
            let (status, headers) = (response.status(), response.headers().clone());
            Ok::<_, SourceError>((status, headers, self.read(response, context).await?))
        };
        tokio::select! {
            answer = answer => answer,
            () = context.cancel().cancelled() => Err(SourceError::Cancelled),
        }
    }

    fn minted(&self, headers: &HeaderMap, body: &[u8]) -> Result<Minted, SourceError> {
        // Nothing of an answer that holds a token goes into an error.
        let answer: Answer = serde_json::from_slice(body)
            .map_err(|_| SourceError::Corrupt("the answer to the request for an app's token".into()))?;
        // By the server's clock, as far as it shows it: ours may differ.
        let server_now = limits::server_now(headers).unwrap_or_else(Utc::now);
        let longest = TimeDelta::minutes(MAX_LIFE_MINUTES);
        let life = answer.expires_at.map_or(longest, |end| (end - server_now).min(longest));
        Ok(Minted { token: answer.token, expires_at: self.tokens.now() + life })
    }

    /// Why there is no token. Only what the server may get over by itself is worth trying again.
    fn refused(&self, status: StatusCode, headers: &HeaderMap, body: &[u8]) -> SourceError {
        let message = serde_json::from_slice::<Refusal>(body).unwrap_or_default().message;
        if let Some(pause) = limits::pause(status, headers, &message) {
            return limits::limited(self.host(), pause);
        }
        let why = match status {
            StatusCode::UNAUTHORIZED => "the host does not know the app, or its private key is another",
            StatusCode::FORBIDDEN if message.contains("suspended") => {
                "the app's installation is suspended; lift that in the settings of the account at the host"
            }
            StatusCode::FORBIDDEN => "the app's installation does not allow to read content",
            StatusCode::NOT_FOUND => "the app has no such installation",
            StatusCode::UNPROCESSABLE_ENTITY => {
                "the app's installation does not reach the repository, or lacks the permission to read its content"
            }
            status => {
                let reason = status.canonical_reason().unwrap_or("an error").to_owned();
                return SourceError::Server { host: self.host().to_owned(), status: status.as_u16(), reason };
            }
        };
        SourceError::Credential(why.into())
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
