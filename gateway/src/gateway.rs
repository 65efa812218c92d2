//! What opens streams, whatever they are written by.

use std::{
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
};

use bus::ProgressBus;
use entities::Database;
use http::{HeaderMap, HeaderName, Uri};
use sea_orm::DbErr;
use tokio::{sync::watch, task::AbortHandle};
use tracing::Instrument;

use crate::{
    feed::{Joined, Subscription, replay::Replay},
    frame::Frame,
    heart::{self, Beat, Heart},
    hub::Hub,
    limits::{self, Limits, Permit},
    refusal::Refusal,
    settings::{Settings, SettingsError},
    target::{Target, last_event_id},
    telemetry,
};

/// How many connections there may be besides streams.
const SPARE_CONNECTIONS: usize = 1_000;

/// How many connections one client may have besides streams.
const SPARE_PER_CLIENT: usize = 100;

/// Streams the progress of syncs. Cheap to clone; its tasks end with the last clone.
#[derive(Clone)]
pub struct Gateway {
    shared: Arc<Shared>,
}

struct Shared {
    hub: Hub,
    heart: Arc<Heart>,
    limits: Arc<Limits>,
    settings: Settings,
    client_header: Option<HeaderName>,
    beating: AbortHandle,
    deliveries: metrics::Counter,
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.beating.abort();
    }
}

/// What a request comes to.
pub(crate) enum Opened {
    /// A stream.
    Stream(Box<Stream>),
    /// The client has seen everything.
    Over,
}

/// A stream that is to be written.
pub(crate) struct Stream {
    pub(crate) subscription: Subscription,
    pub(crate) beat: watch::Receiver<Beat>,
    pub(crate) permit: Permit,
}

impl Gateway {
    /// Begins to work. To be called within a runtime.
    ///
    /// # Errors
    /// If the settings cannot be worked with.
    pub fn start(
        db: Database,
        progress: Arc<dyn ProgressBus>,
        settings: Settings,
    ) -> Result<Self, SettingsError> {
        settings.check()?;
        let heart = Arc::new(Heart::default());
        let period = settings.heartbeat();
        let beating = Arc::clone(&heart);
        let shared = Shared {
            hub: Hub::start(db, progress, settings.replay_events),
            limits: Limits::new(
                settings.max_streams,
                settings.streams_per_client,
                metrics::gauge!(telemetry::STREAMS),
            ),
            client_header: settings.client_header()?,
            beating: tokio::spawn(async move { beating.beat(period).await }).abort_handle(),
            heart,
            settings,
            deliveries: metrics::counter!(telemetry::DELIVERIES),
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    pub(crate) fn hub(&self) -> &Hub {
        &self.shared.hub
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.shared.settings
    }

    /// The next page of what a client missed, when it is its turn.
    ///
    /// # Errors
    /// If the database is away.
    pub(crate) async fn page(&self, missed: &mut Replay) -> Result<Option<Vec<Frame>>, DbErr> {
        let _turn = self.hub().turn().await;
        let page = missed.next_page().await;
        if let Err(error) = &page {
            tracing::warn!(%error, "what a client missed cannot be read");
        }
        page
    }

    /// Counts events that were sent to a client.
    pub(crate) fn count_deliveries(&self, events: usize) {
        self.shared.deliveries.increment(events as u64);
    }

    /// How many connections there may be: more than streams, and of one client that is connected itself no more than it
    /// may have streams and a few for requests.
    pub(crate) fn connections(&self) -> Arc<Limits> {
        let settings = self.settings();
        let per_client = match self.shared.client_header {
            // All of them are the proxy's.
            Some(_) => usize::MAX,
            None => settings.streams_per_client.saturating_add(SPARE_PER_CLIENT),
        };
        let total = settings.max_streams.saturating_add(SPARE_CONNECTIONS);
        Limits::new(total, per_client, metrics::gauge!(telemetry::CONNECTIONS))
    }

    /// How many streams there are.
    pub(crate) fn streams(&self) -> usize {
        self.shared.limits.count()
    }

    /// Tells all clients to come again elsewhere.
    pub(crate) fn drain(&self) {
        self.shared.heart.drain();
    }

    /// Opens what a request asks for.
    pub(crate) async fn open(&self, peer: IpAddr, uri: &Uri, headers: &HeaderMap) -> Result<Opened, Refusal> {
        let Some(target) = Target::of(uri.path()) else {
            let is_project = uri.path().contains("/projects/");
            return Err(if is_project { Refusal::ProjectNotFound } else { Refusal::SyncNotFound });
        };
        let client = limits::client(peer, self.shared.client_header.as_ref(), headers);
        let permit = self.shared.limits.admit(client)?;
        let span = telemetry::opening_span(target, headers);
        let last = last_event_id(uri, headers);
        let opened = self.open_target(target, permit, last.as_deref()).instrument(span.clone()).await;
        if let Err(refusal) = &opened {
            telemetry::note_refusal(&span, *refusal);
        }
        opened
    }

    /// Opens a stream for somebody within this process, who counts as a client of this machine.
    pub(crate) async fn open_here(
        &self,
        target: Target,
        last_event_id: Option<&str>,
    ) -> Result<Opened, Refusal> {
        let permit = self.shared.limits.admit(Ipv4Addr::LOCALHOST.into())?;
        self.open_target(target, permit, last_event_id).await
    }

    async fn open_target(
        &self,
        target: Target,
        permit: Permit,
        last_event_id: Option<&str>,
    ) -> Result<Opened, Refusal> {
        let beat = self.shared.heart.listen();
        match self.hub().join(target, last_event_id).await {
            Ok(Joined::Over) => Ok(Opened::Over),
            Ok(Joined::Stream(mut subscription)) => {
                let retry = heart::retry(self.settings().retry_milliseconds);
                subscription.first.insert(0, Frame::retry(retry));
                Ok(Opened::Stream(Box::new(Stream { subscription, beat, permit })))
            }
            Err(error) => Err(Refusal::of(Some(target), &error)),
        }
    }

    /// What a client is told when the process ends: to come again, later the more of them there are.
    pub(crate) fn farewell(&self) -> Frame {
        Frame::retry(heart::time_away(self.streams(), self.settings().retry_milliseconds))
    }

    /// When a client is sent away, after the beginning of the end.
    pub(crate) fn time_to_go(&self) -> std::time::Duration {
        heart::time_to_go(self.streams(), self.settings().drain())
    }
}
