//! What deliveries are signed with: Standard Webhooks (<https://www.standardwebhooks.com>), version 1, symmetric.

use std::fmt;

use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{DateTime, TimeDelta, Utc, serde::ts_seconds};
use hmac::{Hmac, KeyInit, Mac};
use sea_orm::DbErr;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::WebhookError;
use crate::{
    ids::{TenantId, WebhookId},
    keys::{KeyRing, OpenError, Sealed},
    scope::OfTenant,
    sealed::{self, Columns, Rotated},
    secret::Secret,
    tables::webhook::{Column, Entity, Model},
};

/// What the text of a secret begins with.
pub const SECRET_PREFIX: &str = "whsec_";

/// How many random bytes are in a secret.
pub const SECRET_BYTES: usize = 32;

/// How long what a secret replaced signs beside it, so that receivers can be told the new one in peace.
pub const OVERLAP: TimeDelta = TimeDelta::hours(24);

/// The bytes that sign. Wiped when they go.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookSecret(#[serde(with = "wiped")] Zeroizing<Vec<u8>>);

/// Bytes that are wiped, as bytes.
mod wiped {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use zeroize::Zeroizing;

    pub(super) fn serialize<S: Serializer>(
        bytes: &Zeroizing<Vec<u8>>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        bytes.as_slice().serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Zeroizing<Vec<u8>>, D::Error> {
        Vec::deserialize(from).map(Zeroizing::new)
    }
}

impl WebhookSecret {
    /// A new one.
    ///
    /// # Errors
    /// If the operating system gives no random bytes.
    pub fn generate() -> Result<Self, WebhookError> {
        let mut bytes = Zeroizing::new(vec![0; SECRET_BYTES]);
        getrandom::fill(&mut bytes).map_err(|_| WebhookError::Random)?;
        Ok(Self(bytes))
    }

    /// Reads what [`Self::to_text`] wrote. `None` if it is no such text.
    pub fn from_text(text: &str) -> Option<Self> {
        let bytes = STANDARD.decode(text.strip_prefix(SECRET_PREFIX)?).ok()?;
        (!bytes.is_empty()).then(|| Self(Zeroizing::new(bytes)))
    }

    /// The secret as receivers are given it: `whsec_` and base64.
    pub fn to_text(&self) -> Secret {
        Secret::from(format!("{SECRET_PREFIX}{}", STANDARD.encode(self.0.as_slice())))
    }

    /// The signature of a message: `v1,` and the base64 of an HMAC-SHA-256.
    pub fn sign(&self, id: &str, timestamp: i64, body: &str) -> String {
        // HMAC takes keys of any length.
        let Ok(mut mac) = <Hmac<Sha256> as KeyInit>::new_from_slice(&self.0) else { return String::new() };
        mac.update(format!("{id}.{timestamp}.").as_bytes());
        mac.update(body.as_bytes());
        format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
    }
}

impl fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookSecret(…)")
    }
}

/// The secrets of a webhook: its own, and for a while the one before. This is what is sealed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SigningSecrets {
    /// Its own.
    current: WebhookSecret,
    /// The one before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    previous: Option<Previous>,
}

/// A secret that was replaced.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct Previous {
    secret: WebhookSecret,
    /// When it ends to sign.
    #[serde(with = "ts_seconds")]
    until: DateTime<Utc>,
}

impl SigningSecrets {
    /// Just this one.
    pub fn new(current: WebhookSecret) -> Self {
        Self { current, previous: None }
    }

    /// `new` in the place of the present one, which signs beside it for [`OVERLAP`].
    #[must_use]
    pub fn followed_by(self, new: WebhookSecret, now: DateTime<Utc>) -> Self {
        Self { current: new, previous: Some(Previous { secret: self.current, until: now + OVERLAP }) }
    }

    /// The value of the header `webhook-signature`: a signature by each secret that is good at `now`, parted by spaces.
    pub fn sign(&self, id: &str, body: &str, now: DateTime<Utc>) -> String {
        let previous = self.previous.iter().filter(|previous| now < previous.until);
        let secrets = std::iter::once(&self.current).chain(previous.map(|previous| &previous.secret));
        let signatures: Vec<_> = secrets.map(|secret| secret.sign(id, now.timestamp(), body)).collect();
        signatures.join(" ")
    }

    /// Seals them for a webhook.
    pub(super) fn seal(
        &self,
        keys: &KeyRing,
        tenant: TenantId,
        webhook: WebhookId,
    ) -> Result<Sealed, WebhookError> {
        let plain = serde_json::to_vec(self).map(Zeroizing::new);
        let plain = plain.map_err(|error| DbErr::Json(error.to_string()))?;
        Ok(keys.seal(&context(tenant, webhook), &plain)?)
    }
}

impl fmt::Debug for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhook")
            .field("id", &self.id)
            .field("enabled", &self.enabled)
            .finish_non_exhaustive()
    }
}

/// What the seal of a webhook's secrets is bound to.
fn context(tenant: TenantId, webhook: WebhookId) -> Vec<u8> {
    let mut context = b"webhook secret ".to_vec();
    context.extend_from_slice(tenant.0.as_bytes());
    context.extend_from_slice(webhook.0.as_bytes());
    context
}

/// Opens the secrets of a webhook.
///
/// # Errors
/// If none of the keys opens them.
pub fn open(keys: &KeyRing, webhook: &Model) -> Result<SigningSecrets, OpenError> {
    let sealed = Sealed { key_id: webhook.key_id.clone(), bytes: webhook.sealed.clone() };
    let plain = keys.open(&context(webhook.tenant_id, webhook.id), &sealed)?;
    // The parser's message would quote what it could not read.
    serde_json::from_slice(&plain).map_err(|_| OpenError::Altered)
}

fn columns() -> Columns<Column> {
    Columns { tenant: Column::TenantId, id: Column::Id, key_id: Column::KeyId, sealed: Column::Sealed }
}

/// Seals secrets of a tenant with the first key of the ring, as [`crate::credentials::rotate`] does credentials.
///
/// # Errors
/// If the database is away, or the cryptographic library fails.
pub async fn rotate(
    db: &impl OfTenant,
    keys: &KeyRing,
    after: Option<WebhookId>,
) -> Result<Rotated<WebhookId>, WebhookError> {
    sealed::rotate::<Entity, _, _>(
        db,
        keys,
        columns(),
        after,
        |row| (row.id, &row.sealed),
        |row| {
            let Ok(secrets) = open(keys, row) else { return Ok(None) };
            Ok(Some(secrets.seal(keys, row.tenant_id, row.id)?))
        },
    )
    .await
}

/// How many secrets of a tenant are sealed with each key, by the key's name.
///
/// # Errors
/// If the database is away.
pub async fn by_key(db: &impl OfTenant) -> Result<Vec<(String, u64)>, DbErr> {
    sealed::by_key::<Entity>(db, columns()).await
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    const BODY: &str = r#"{"test": 2432232314}"#;
    const SIGNATURE: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

    /// The vector that the standard's own libraries are tested with.
    #[test]
    fn signatures_are_the_standards() {
        let secret = WebhookSecret::from_text(TEXT).unwrap();
        assert_eq!(secret.sign(ID, 1_614_265_330, BODY), SIGNATURE);
        assert_eq!(secret.to_text().expose(), TEXT);
        assert_ne!(secret.sign(ID, 1_614_265_331, BODY), SIGNATURE);
        assert_ne!(secret.sign("msg_other", 1_614_265_330, BODY), SIGNATURE);
        assert_ne!(secret.sign(ID, 1_614_265_330, "{}"), SIGNATURE);
        for no in ["", "whsec_", "whsec_!", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"] {
            assert!(WebhookSecret::from_text(no).is_none(), "{no}");
        }
    }

    #[test]
    fn a_replaced_secret_signs_for_a_while() {
        let now = DateTime::from_timestamp(1_614_265_330, 0).unwrap();
        let old = WebhookSecret::from_text(TEXT).unwrap();
        let new = WebhookSecret::generate().unwrap();
        let both = SigningSecrets::new(old).followed_by(new.clone(), now - OVERLAP + TimeDelta::seconds(1));
        let own = new.sign(ID, now.timestamp(), BODY);
        assert_eq!(both.sign(ID, BODY, now), format!("{own} {SIGNATURE}"));
        let later = now + TimeDelta::seconds(1);
        assert_eq!(both.sign(ID, BODY, later), new.sign(ID, later.timestamp(), BODY));
        assert!(!format!("{both:?}").contains("MfKQ"), "{both:?}");
    }

    #[test]
    fn secrets_open_where_they_belong_only() {
        let keys = KeyRing::parse(&KeyRing::new_line().unwrap()).unwrap();
        let (tenant, id) = (TenantId::generate(), WebhookId::generate());
        let secrets = SigningSecrets::new(WebhookSecret::generate().unwrap());
        let sealed = secrets.seal(&keys, tenant, id).unwrap();
        let row = Model {
            id,
            tenant_id: tenant,
            project_id: None,
            url: String::new(),
            kinds: serde_json::json!([]),
            key_id: sealed.key_id,
            sealed: sealed.bytes,
            enabled: true,
            failures: 0,
            disabled_reason: None,
            created_at: Utc::now(),
            updated_at: Utc::now(),
        };
        assert_eq!(open(&keys, &row).unwrap(), secrets);
        for other in [
            Model { id: WebhookId::generate(), ..row.clone() },
            Model { tenant_id: TenantId::generate(), ..row },
        ] {
            assert_eq!(open(&keys, &other), Err(OpenError::Altered));
        }
    }
}
