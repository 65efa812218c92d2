//! GitHub Apps: keys, and tokens for their installations.

use aws_lc_rs::{
    encoding::AsDer,
    rsa::{KeyPair, KeySize},
    signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey},
};
use axum::{
    body::to_bytes,
    extract::Request,
    http::{Method, header},
};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD as BASE64, URL_SAFE_NO_PAD},
};
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

use super::{
    answer::Answer,
    state::{Access, InstalledApp, Shared},
};

/// The largest request that is read, in bytes.
const MAX_BODY_BYTES: usize = 64 << 10;

/// The longest that a statement of an app may hold, in seconds: ten minutes, as GitHub has it.
const MAX_LIFE_SECONDS: u64 = 600;

/// The key of an app.
pub struct AppKey(KeyPair);

impl AppKey {
    /// A new key. Panics where the system gives no random bytes.
    pub fn generate() -> Self {
        Self(KeyPair::generate(KeySize::Rsa2048).expect("a new RSA key"))
    }

    /// The private key in PEM, as GitHub hands it out once.
    pub fn private_pem(&self) -> String {
        let der = self.0.as_der().expect("a key in DER");
        let text = BASE64.encode(der.as_ref());
        let lines: Vec<&str> =
            text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap_or_default()).collect();
        format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", lines.join("\n"))
    }

    pub(super) fn public_key(&self) -> Vec<u8> {
        self.0.public_key().as_ref().to_vec()
    }
}

/// The token that an installation gets as its `number`th.
pub(super) fn token(installation_id: u64, number: u64) -> String {
    format!("ghs_installation{installation_id}number{number:020}")
}

/// `POST /app/installations/{id}/access_tokens`
pub(super) async fn mint(shared: &Shared, request: Request) -> Answer {
    let path = request.uri().path().trim_start_matches("/api/v3").to_owned();
    let installation = path
        .strip_prefix("/app/installations/")
        .and_then(|rest| rest.strip_suffix("/access_tokens"))
        .and_then(|id| id.parse::<u64>().ok());
    let (Some(installation), &Method::POST) = (installation, request.method()) else {
        return Answer::not_found();
    };
    let bearer = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let signed = bearer.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default().to_owned();
    let body = to_bytes(request.into_body(), MAX_BODY_BYTES).await.unwrap_or_default();
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let mut state = shared.state();
    let is_by = |app: &InstalledApp| is_signed_by(&signed, app.app_id, &app.public_key);
    if !state.apps.iter().any(is_by) {
        return Answer::error(401, "A JSON web token could not be decoded");
    }
    let Some(app) = state.apps.iter_mut().find(|app| app.installation_id == installation && is_by(app))
    else {
        return Answer::not_found();
    };
    if app.suspended {
        return suspended();
    }
    let reached = app.repositories.clone();
    let wanted = body["repositories"].as_array().cloned().unwrap_or_default();
    let wanted = wanted.iter().filter_map(Value::as_str);
    let mut granted = Vec::new();
    for name in wanted {
        match reached.iter().find(|full| full.rsplit('/').next() == Some(name)) {
            Some(full) => granted.push(full.clone()),
            None => return Answer::error(422, "There is at least one repository that does not exist"),
        }
    }
    let granted = if granted.is_empty() { reached } else { granted };
    app.minted += 1;
    let token = token(installation, app.minted);
    let end = DateTime::<Utc>::from(state.give_out(&token, Access::Only(granted)));
    let end = end.to_rfc3339_opts(SecondsFormat::Secs, true);
    Answer::status(201, &json!({ "token": token, "expires_at": end }))
}

/// The answer for an installation that is out of force.
pub(super) fn suspended() -> Answer {
    Answer::error(403, "This installation has been suspended")
}

/// Whether a JSON Web Token is this app's own, in time and signed by its key.
fn is_signed_by(token: &str, app_id: u64, public_key: &[u8]) -> bool {
    let Some((message, signature)) = token.rsplit_once('.') else { return false };
    let Some((head, claims)) = message.split_once('.') else { return false };
    let json =
        |part: &str| -> Option<Value> { serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok() };
    let (Some(head), Some(claims)) = (json(head), json(claims)) else { return false };
    let now =
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default().as_secs();
    let is_in_time = claims["iat"].as_u64().is_some_and(|issued| issued <= now)
        && claims["exp"].as_u64().is_some_and(|end| end > now && end <= now + MAX_LIFE_SECONDS);
    let is_by = claims["iss"].as_u64() == Some(app_id);
    let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, public_key);
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap_or_default();
    head["alg"] == "RS256" && is_in_time && is_by && key.verify(message.as_bytes(), &signature).is_ok()
}
