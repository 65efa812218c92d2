//! A database with webhooks, receivers, senders, and a clock that the test owns.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use entities::{
    DeliveryStatus, EventId, ProjectId, SourceSpec, TenantDb, Webhook, WebhookDelivery, WebhookId,
    keys::{KeyRing, KeyStore},
    projects,
    webhooks::{self, NewWebhook, Told},
};
use source::{
    guard::Reach,
    settings::{CredentialKeys, SourceSettings},
};
use testkit::database::{TestDatabase, local_tenant};
use tokio::{task::JoinHandle, time::timeout};
use tokio_util::sync::CancellationToken;
use worker::{
    clock::Clock,
    webhooks::{Sender, WebhookSettings, serve},
};

/// How long anything may take.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// How often the database is looked at.
const LOOK: Duration = Duration::from_millis(20);

/// The trace of every event.
pub const TRACE: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/// Settings under which nothing waits long but by the clock.
pub fn settings() -> WebhookSettings {
    WebhookSettings { poll_ms: 20, ..WebhookSettings::default() }
}

/// A sender that runs. Dropping it aborts it where it is.
pub struct Running {
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Running {
    /// Tells it to end, and does not wait.
    pub fn begin_to_stop(&self) {
        self.stop.cancel();
    }

    /// Lets it end in order.
    pub async fn stop(mut self) {
        self.stop.cancel();
        timeout(PATIENCE, &mut self.task).await.expect("the sender stops").unwrap();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The stage.
pub struct Scene {
    pub db: TenantDb,
    pub project: ProjectId,
    pub keys: Arc<KeyStore>,
    seconds: Arc<AtomicI64>,
    /// For looking behind the scenes. Dropped last.
    _database: Option<TestDatabase>,
}

impl Scene {
    pub async fn new(database: TestDatabase) -> Self {
        let db = local_tenant(database.database()).await;
        let source = SourceSpec::Git { url: "/nowhere".to_owned() };
        let project = projects::create(&db, "p", &source, Utc::now()).await.unwrap().project.id;
        let keys = Arc::new(KeyStore::from_text(&KeyRing::new_line().unwrap()).unwrap());
        let seconds = Arc::new(AtomicI64::new(1_700_000_000));
        Self { db, project, keys, seconds, _database: Some(database) }
    }

    /// The same for another tenant of the same database. To be dropped before this one.
    pub async fn of_another_tenant(&self) -> Self {
        let tenant =
            projects::ensure_tenant(&self.db.database().system(), "other", self.now()).await.unwrap();
        let db = self.db.database().tenant(tenant);
        let source = SourceSpec::Git { url: "/nowhere".to_owned() };
        let project = projects::create(&db, "p", &source, self.now()).await.unwrap().project.id;
        let (keys, seconds) = (Arc::clone(&self.keys), Arc::clone(&self.seconds));
        Self { db, project, keys, seconds, _database: None }
    }

    pub fn now(&self) -> DateTime<Utc> {
        at(&self.seconds)
    }

    /// Lets time pass.
    pub fn advance(&self, seconds: i64) {
        self.seconds.fetch_add(seconds, Ordering::SeqCst);
    }

    /// Makes a webhook; its secret.
    pub async fn webhook(&self, url: &str) -> (WebhookId, String) {
        let new = NewWebhook { url: url.to_owned(), project: None, kinds: Vec::new() };
        let (secret, row) = webhooks::create(&self.db, &self.keys, new, self.now()).await.unwrap();
        (row.id, secret.to_text().expose().to_owned())
    }

    /// Tells all webhooks something, as the end of a sync does.
    pub async fn tell(&self) -> EventId {
        let event = EventId::generate();
        let told = Told {
            event,
            project: self.project,
            kind: "project_sync.completed".to_owned(),
            body: format!("{{\"id\":\"{event}\",\"text\":\"ü\"}}"),
            trace_parent: Some(TRACE.to_owned()),
        };
        let transaction = self.db.begin_write().await.unwrap();
        webhooks::notify(&transaction, &told, self.now()).await.unwrap();
        transaction.commit().await.unwrap();
        bus::integration::tell_written();
        event
    }

    /// A sender under these settings; it may reach this machine.
    pub fn send(&self, settings: WebhookSettings) -> Running {
        let reach = settings.reach(&SourceSettings::default());
        self.send_within(settings, reach)
    }

    pub fn send_within(&self, settings: WebhookSettings, reach: Reach) -> Running {
        let seconds = Arc::clone(&self.seconds);
        let clock = Clock::new(move || at(&seconds));
        let keys = CredentialKeys::new(Arc::clone(&self.keys));
        let sender = Sender::new(self.db.database(), settings, reach, keys, clock).unwrap();
        let stop = CancellationToken::new();
        Running { stop: stop.clone(), task: tokio::spawn(serve(sender, stop)) }
    }

    pub async fn row(&self, id: WebhookId) -> Webhook {
        webhooks::get(&self.db, id).await.unwrap().unwrap()
    }

    /// The log of a webhook, the latest first.
    pub async fn log(&self, id: WebhookId) -> Vec<WebhookDelivery> {
        webhooks::deliveries(&self.db, id, None, None, 1_000).await.unwrap()
    }

    /// Waits until the log of a webhook is as it should be, and gives it.
    pub async fn until(
        &self,
        id: WebhookId,
        is_so: impl Fn(&[WebhookDelivery]) -> bool,
    ) -> Vec<WebhookDelivery> {
        let looking = async {
            loop {
                let log = self.log(id).await;
                if is_so(&log) {
                    return log;
                }
                tokio::time::sleep(LOOK).await;
            }
        };
        match timeout(PATIENCE, looking).await {
            Ok(log) => log,
            Err(_) => panic!("it does not get there: {:?}", self.log(id).await),
        }
    }

    /// Waits until something is so.
    pub async fn until_so(&self, is_so: impl AsyncFn() -> bool) {
        let looking = async {
            while !is_so().await {
                tokio::time::sleep(LOOK).await;
            }
        };
        assert!(timeout(PATIENCE, looking).await.is_ok(), "it does not get there");
    }

    /// Waits until all that is in the log of a webhook was tried so often, and nothing is on its way.
    pub async fn until_tried(&self, id: WebhookId, attempts: i32) -> Vec<WebhookDelivery> {
        let is_noted = |row: &WebhookDelivery| row.status != DeliveryStatus::Pending || row.error.is_some();
        self.until(id, |log| {
            !log.is_empty()
                && log.iter().all(|row| row.attempts >= attempts && row.took_ms.is_some() && is_noted(row))
        })
        .await
    }

    pub async fn until_delivered(&self, id: WebhookId) -> Vec<WebhookDelivery> {
        self.until(id, |log| !log.is_empty() && log.iter().all(|row| row.status == DeliveryStatus::Delivered))
            .await
    }
}

fn at(seconds: &AtomicI64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds.load(Ordering::SeqCst))
}
