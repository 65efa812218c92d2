//! A gateway with what it streams from: a database, a bus, and somebody who tells events.

use std::{future::Future, net::IpAddr, pin::Pin, sync::Arc, time::Duration};

use axum::Router;
use bus::{
    Dispatcher, Event, LocalProgressBus, LocalQueue, ProgressBus, ProgressEvent, QueueSettings,
    RedisProgressBus,
};
use chrono::Utc;
use entities::{Branch, ProjectSync, SourceSpec, SyncId, SyncTrigger, TenantDb, TenantId, projects, syncs};
use http::{HeaderMap, Uri};
use project_sync_gateway::{Door, Gateway, Settings, serve};
use sea_orm::DbBackend;
use testkit::database::TestDatabase;
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};

pub struct Stage {
    pub database: TestDatabase,
    pub dispatcher: Dispatcher,
    pub tenant: TenantId,
    pub project: projects::ConnectedProject,
    pub address: String,
    stop: Option<oneshot::Sender<()>>,
    serving: JoinHandle<()>,
}

/// Lets everybody in.
struct Open;

#[async_trait::async_trait]
impl Door for Open {
    async fn admit(&self, _peer: IpAddr, _uri: &Uri, _headers: &HeaderMap) -> Option<HeaderMap> {
        Some(HeaderMap::new())
    }

    async fn may_stay(&self, _peer: IpAddr, _uri: &Uri, _headers: &HeaderMap) -> bool {
        true
    }
}

async fn bus_for(database: &TestDatabase) -> Arc<dyn ProgressBus> {
    if database.backend() == DbBackend::Sqlite {
        return Arc::new(LocalProgressBus::default());
    }
    let settings = QueueSettings {
        redis_url: Some(testkit::redis::test_redis_url()),
        prefix: format!("test-{}", SyncId::generate()),
        ..Default::default()
    };
    Arc::new(RedisProgressBus::connect(&settings).await.unwrap())
}

impl Stage {
    pub async fn new(database: TestDatabase, settings: Settings) -> Self {
        let database_handle = database.database().clone();
        let progress = bus_for(&database).await;
        let queue = Arc::new(LocalQueue::new(Duration::from_secs(60)));
        let dispatcher = Dispatcher { db: database_handle.clone(), queue, progress: progress.clone() };
        let tenant = projects::ensure_tenant(&database_handle.system(), projects::LOCAL_TENANT, Utc::now())
            .await
            .unwrap();
        let db = database_handle.tenant(tenant);
        let source = SourceSpec::Git { url: "/nowhere".to_owned() };
        let project = projects::create(&db, "streamed", &source, Utc::now()).await.unwrap();
        let gateway = Gateway::start(database_handle, progress, settings).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let (stop, stopped) = oneshot::channel::<()>();
        let stopped: Pin<Box<dyn Future<Output = ()> + Send>> = Box::pin(async { drop(stopped.await) });
        let router = Router::new().merge(gateway.router());
        let serving =
            tokio::spawn(
                async move { serve(listener, gateway, router, Arc::new(Open), stopped).await.unwrap() },
            );
        Self { database, dispatcher, tenant, project, address, stop: Some(stop), serving }
    }

    /// Ends the gateway in order.
    pub async fn stop(mut self) {
        self.stop.take();
        (&mut self.serving).await.unwrap();
    }

    /// Begins to end the gateway.
    pub fn begin_to_stop(&mut self) {
        self.stop.take();
    }

    pub fn db(&self) -> TenantDb {
        self.database.database().tenant(self.tenant)
    }

    pub async fn branch(&self, name: &str) -> Branch {
        projects::ensure_branch(&self.db(), &self.project.repository, name, Utc::now()).await.unwrap()
    }

    /// Asks for a sync.
    pub async fn ask(&self, branch: &Branch) -> ProjectSync {
        let new = syncs::NewSync {
            trigger: SyncTrigger::Api,
            forced: false,
            restore_seq: None,
            trace_parent: None,
        };
        let requested = self.dispatcher.request(branch, new, false, Utc::now()).await.unwrap();
        assert!(requested.is_new);
        requested.sync
    }

    /// Ends a sync that nobody began, and tells it.
    pub async fn cancel(&self, sync: SyncId, seq: i64) {
        let event = ProgressEvent { sync_id: sync, seq, at: Utc::now(), event: Event::Cancelled {} };
        let transaction = self.db().begin_write().await.unwrap();
        assert!(syncs::cancel_pending(&transaction, sync, Utc::now()).await.unwrap());
        syncs::append_event(&transaction, event.to_row(self.tenant).unwrap()).await.unwrap();
        transaction.commit().await.unwrap();
        self.dispatcher.progress.publish(&event).await;
    }

    pub fn sync_url(&self, sync: SyncId) -> String {
        format!("{}/api/v1/events/project-sync/{sync}", self.address)
    }

    pub fn project_url(&self) -> String {
        format!("{}/api/v1/events/projects/{}", self.address, self.project.project.id)
    }

    /// Keeps an event without telling anybody.
    pub async fn keep(&self, sync: SyncId, seq: i64, event: Event) -> ProgressEvent {
        let event = ProgressEvent { sync_id: sync, seq, at: Utc::now(), event };
        syncs::append_event(&self.db(), event.to_row(self.tenant).unwrap()).await.unwrap();
        event
    }

    /// Keeps an event and tells it.
    pub async fn tell(&self, sync: SyncId, seq: i64, event: Event) {
        let event = self.keep(sync, seq, event).await;
        self.dispatcher.progress.publish(&event).await;
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// An event on the way.
pub fn warning(message: impl Into<String>) -> Event {
    Event::Warning { phase: "scan".to_owned(), code: "test".to_owned(), message: message.into() }
}
