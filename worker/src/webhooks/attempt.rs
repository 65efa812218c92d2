//! One attempt, from the row to the row.

use std::time::Duration;

use chrono::{DateTime, Utc};
use entities::{
    DeliveryStatus, TenantDb, Webhook, WebhookDelivery,
    webhooks::{self, Claimed, Outcome, Sent, Settled},
};
use http::{HeaderMap, HeaderName, HeaderValue, header::CONTENT_TYPE};
use metrics::{counter, histogram};
use sea_orm::DbErr;
use tokio::time::Instant;
use url::Url;

use super::{
    HELD_BACK, Sender,
    judge::{Answer, judge},
    telemetry,
};

/// The headers of Standard Webhooks.
const ID: HeaderName = HeaderName::from_static("webhook-id");
const TIMESTAMP: HeaderName = HeaderName::from_static("webhook-timestamp");
const SIGNATURE: HeaderName = HeaderName::from_static("webhook-signature");
/// The header of W3C's trace context.
const TRACE_PARENT: HeaderName = HeaderName::from_static("traceparent");

/// The structured mode of CloudEvents.
const MEDIA_TYPE: HeaderValue = HeaderValue::from_static("application/cloudevents+json; charset=utf-8");

/// How much of an answer's body is read, in bytes. None of it is kept: what somebody's server says is not ours to show.
const MAX_READ_BYTES: usize = 16 << 10;

/// How often noting what came of an attempt is tried, and the pause in between. What is not noted is sent again.
const NOTE_TRIES: u32 = 5;
const NOTE_PAUSE: Duration = Duration::from_millis(500);

/// What is to be sent.
struct Message {
    url: Url,
    headers: HeaderMap,
    body: String,
}

/// What came of looking at what is to be sent.
enum Prepared {
    Message(Message),
    /// It cannot be sent now; this is why.
    Failed(String),
    /// Its webhook is switched off.
    SwitchedOff,
    /// It was tried as often as it may be, and each time its sender did not come back.
    UsedUp,
    /// It is there no more, or has ended.
    Nothing,
}

impl Sender {
    /// Sends what was taken, and notes what came of it.
    pub(super) async fn deliver(&self, claimed: &Claimed) {
        let db = self.db.tenant(claimed.tenant_id);
        let sent = match self.try_once(&db, claimed).await {
            Ok(Some(sent)) => sent,
            Ok(None) => return,
            Err(error) => {
                tracing::warn!(%error, delivery = %claimed.id, "a delivery waits for the database");
                return;
            }
        };
        let mut tries = 1;
        loop {
            match self.note(&db, claimed, &sent).await {
                Ok(settled) => return self.tell(claimed, &sent, settled),
                Err(error) if tries < NOTE_TRIES => {
                    tracing::debug!(%error, delivery = %claimed.id, "not noted yet");
                    tries += 1;
                    tokio::time::sleep(NOTE_PAUSE).await;
                }
                Err(error) => {
                    tracing::warn!(%error, delivery = %claimed.id, "what came of a delivery is not noted");
                    return;
                }
            }
        }
    }

    /// What came of one attempt; none if there was nothing to be tried.
    async fn try_once(&self, db: &TenantDb, claimed: &Claimed) -> Result<Option<Sent>, DbErr> {
        let now = self.clock.now();
        let message = match self.prepare(db, claimed, now).await? {
            Prepared::Message(message) => message,
            Prepared::Nothing => return Ok(None),
            Prepared::Failed(what) => return Ok(Some(self.judged(claimed, &Err(what), Duration::ZERO))),
            Prepared::SwitchedOff => return Ok(Some(given_up("the webhook is switched off", 0))),
            Prepared::UsedUp => {
                let most = self.settings.disable_after;
                return Ok(Some(given_up("nobody came back to say what became of it", most)));
            }
        };
        let host = message.url.host_str().unwrap_or_default();
        let Some(_place) = self.hosts.take(host, self.settings.host_concurrency) else {
            webhooks::put_back(&self.db.system(), claimed, now + HELD_BACK).await?;
            return Ok(None);
        };
        let Message { url, headers, body } = message;
        let began = Instant::now();
        let post = self.outbound.post(url, headers, body, MAX_READ_BYTES);
        let answer: Answer = match tokio::time::timeout(self.settings.timeout(), post).await {
            Ok(answer) => answer.map_err(|error| error.to_string()),
            Err(_) => Err(format!("it did not answer within {} seconds", self.settings.timeout_seconds)),
        };
        histogram!(telemetry::DELIVERY_SECONDS).record(began.elapsed());
        Ok(Some(self.judged(claimed, &answer, began.elapsed())))
    }

    fn judged(&self, claimed: &Claimed, answer: &Answer, took: Duration) -> Sent {
        let attempt = claimed.attempts.unsigned_abs();
        let (outcome, error) = judge(&self.settings, attempt, answer, self.clock.now());
        let response_status = answer.as_ref().ok().map(|(status, _)| status.as_u16());
        Sent { outcome, response_status, error, took }
    }

    async fn prepare(&self, db: &TenantDb, claimed: &Claimed, now: DateTime<Utc>) -> Result<Prepared, DbErr> {
        let reading = db.begin().await?;
        let delivery = webhooks::delivery(&reading, claimed.webhook_id, claimed.id).await?;
        let webhook = webhooks::get(&reading, claimed.webhook_id).await?;
        reading.commit().await?;
        let Some(delivery) = delivery.filter(|row| row.status == DeliveryStatus::Pending) else {
            return Ok(Prepared::Nothing);
        };
        let Some(webhook) = webhook else {
            return Ok(Prepared::Nothing);
        };
        if !webhook.enabled {
            return Ok(Prepared::SwitchedOff);
        }
        if claimed.attempts.unsigned_abs() > self.settings.attempts {
            return Ok(Prepared::UsedUp);
        }
        Ok(self.message(&webhook, delivery, now).map_or_else(Prepared::Failed, Prepared::Message))
    }

    fn message(
        &self,
        webhook: &Webhook,
        delivery: WebhookDelivery,
        now: DateTime<Utc>,
    ) -> Result<Message, String> {
        // Why is for the log of the process: it may name a file.
        let sealed = |error: &dyn std::fmt::Display| {
            tracing::error!(%error, webhook = %webhook.id, "the secret of a webhook does not open");
            "its secret does not open".to_owned()
        };
        let ring = self.keys.store().ring().map_err(|error| sealed(&error))?;
        let secrets = webhooks::open(ring, webhook).map_err(|error| sealed(&error))?;
        let url = self.outbound.parse(&webhook.url).map_err(|error| error.to_string())?;
        let id = delivery.event_id.to_string();
        let signature = secrets.sign(&id, &delivery.body, now);
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, MEDIA_TYPE);
        headers.insert(TIMESTAMP, HeaderValue::from(now.timestamp()));
        for (name, value) in
            [(ID, Some(id)), (SIGNATURE, Some(signature)), (TRACE_PARENT, delivery.trace_parent)]
        {
            if let Some(value) = value.and_then(|text| HeaderValue::from_str(&text).ok()) {
                headers.insert(name, value);
            }
        }
        Ok(Message { url, headers, body: delivery.body })
    }

    async fn note(&self, db: &TenantDb, claimed: &Claimed, sent: &Sent) -> Result<Settled, DbErr> {
        let transaction = db.begin_write().await?;
        let settled = webhooks::settle(&transaction, claimed, sent, self.clock.now()).await?;
        match settled {
            Settled::NotOurs => transaction.rollback().await?,
            Settled::Noted | Settled::SwitchedOff => transaction.commit().await?,
        }
        Ok(settled)
    }

    fn tell(&self, claimed: &Claimed, sent: &Sent, settled: Settled) {
        let outcome = match (&sent.outcome, settled) {
            (_, Settled::NotOurs) => return,
            (_, Settled::SwitchedOff) => "switched-off",
            (Outcome::Delivered, _) => "delivered",
            (Outcome::Retry { .. }, _) => "retried",
            (Outcome::Failed { .. } | Outcome::SwitchOff { .. }, _) => "failed",
        };
        counter!(telemetry::DELIVERIES, "outcome" => outcome).increment(1);
        let (delivery, webhook, error) = (claimed.id, claimed.webhook_id, sent.error.as_deref());
        match settled {
            Settled::SwitchedOff => tracing::warn!(%webhook, %delivery, error, "a webhook is switched off"),
            _ => tracing::debug!(%webhook, %delivery, attempt = claimed.attempts, outcome, error, "sent"),
        }
    }
}

fn given_up(error: &str, disable_after: u32) -> Sent {
    Sent {
        outcome: Outcome::Failed { disable_after },
        response_status: None,
        error: Some(error.to_owned()),
        took: Duration::ZERO,
    }
}
