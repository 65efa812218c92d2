//! The bus between processes, in Redis.
//!
//! The events of each sync are a bounded log; a message on a channel tells each at once. The log is what counts: a message
//! that does not follow on the last one, a lost connection and a long silence all make the watcher read it.

mod ears;
mod watch;

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use entities::{ProjectId, SyncId};
use futures::stream::{self, BoxStream};
use redis::{RedisResult, Script};
use tokio::time::Instant;

use self::ears::{Ears, Listener};
use super::ProgressBus;
use crate::{
    EventKind, ProgressEvent, QueueError, QueueSettings,
    redis_link::{Patience, RedisLink},
};

/// A sync must not be held up because Redis is slow: its events are in the database.
const WRITER_PATIENCE: Patience = Patience {
    connect: Duration::from_millis(300),
    answer: Duration::from_millis(300),
    call: Duration::from_millis(500),
};

/// Watchers have time.
const READER_PATIENCE: Patience = Patience {
    connect: Duration::from_secs(2),
    answer: Duration::from_millis(2_500),
    call: Duration::from_millis(4_800),
};

/// How long nothing is passed on after Redis failed.
const PAUSE: Duration = Duration::from_secs(1);

/// How long the log of a sync is kept that does not end: longer than any is silent.
const UNENDED_LOG: Duration = Duration::from_secs(7 * 86_400);

/// By how much Redis may let a log outgrow its length: it drops whole nodes, of 100 events by default.
const LOG_SLACK: usize = 200;

/// The bus in Redis. Cheap to clone.
#[derive(Clone)]
pub struct RedisProgressBus {
    shared: Arc<Shared>,
}

struct Shared {
    writer: RedisLink,
    reader: Arc<RedisLink>,
    ears: Ears,
    publish: Script,
    announce: Script,
    log: Script,
    prefix: String,
    log_events: usize,
    log_seconds: u64,
    /// Nothing is passed on before this moment.
    paused_until: Mutex<Option<Instant>>,
}

impl RedisProgressBus {
    /// Connects to the Redis of the settings.
    ///
    /// # Errors
    /// If there is no URL, or it is none of Redis; or if Redis does not answer.
    pub async fn connect(settings: &QueueSettings) -> Result<Self, QueueError> {
        Self::open(settings, WRITER_PATIENCE).await
    }

    /// Connects as [`Self::connect`] does. Who tells of something waits for Redis up to `patience`: for one to whom it
    /// matters more that every event is passed on than that nobody is held up, on a machine that is busy elsewhere.
    ///
    /// # Errors
    /// Likewise.
    pub async fn connect_patiently(settings: &QueueSettings, patience: Duration) -> Result<Self, QueueError> {
        Self::open(settings, Patience { connect: patience, answer: patience, call: patience }).await
    }

    async fn open(settings: &QueueSettings, writer: Patience) -> Result<Self, QueueError> {
        let url = settings.redis_url.as_deref();
        let url = url.ok_or_else(|| QueueError("queue.redis_url is not set".to_owned()))?;
        let shared = Shared {
            writer: RedisLink::new(url, writer)?,
            reader: Arc::new(RedisLink::new(url, READER_PATIENCE)?),
            ears: Ears::new(),
            publish: Script::new(include_str!("redis/publish.lua")),
            announce: Script::new(include_str!("redis/announce.lua")),
            log: Script::new(include_str!("redis/log.lua")),
            prefix: format!("{{{}}}", settings.prefix),
            log_events: settings.log_events.max(1),
            log_seconds: settings.log_seconds.max(1),
            paused_until: Mutex::default(),
        };
        // Any sync will do.
        shared.read(SyncId::generate(), 0, 1).await?;
        Ok(Self { shared: Arc::new(shared) })
    }

    /// What the log has of a sync after a number (0: from the beginning), in order. The earliest events may be gone
    /// from it; the database has them.
    ///
    /// # Errors
    /// If Redis is away.
    pub async fn read_log(&self, sync: SyncId, after: i64) -> Result<Vec<ProgressEvent>, QueueError> {
        let entries = self.shared.read(sync, after, self.shared.log_events + LOG_SLACK).await?;
        Ok(entries.into_iter().filter_map(|(_, event)| event).collect())
    }
}

#[async_trait]
impl ProgressBus for RedisProgressBus {
    /// Waits half a second at most, and not at all for a second after Redis failed: what is not passed on then, watchers
    /// find in the database.
    async fn publish(&self, event: &ProgressEvent) {
        let shared = &self.shared;
        if !shared.pass_on(shared.publish(event)).await {
            metrics::counter!(crate::telemetry::PROGRESS_DROPPED).increment(1);
        }
    }

    /// Begins with what the log has.
    async fn subscribe(&self, sync: SyncId, after: i64) -> BoxStream<'static, ProgressEvent> {
        watch::watch(self.shared.clone(), sync, after).await
    }

    /// Waits no longer than for an event.
    async fn announce(&self, project: ProjectId) {
        let shared = &self.shared;
        let mut script = shared.announce.prepare_invoke();
        script.key(shared.asked_channel_of(project));
        shared.pass_on(shared.writer.call(&script)).await;
    }

    async fn announcements(&self, project: ProjectId) -> BoxStream<'static, ()> {
        let shared = self.shared.clone();
        let listener = shared.listen(&shared.asked_channel_of(project)).await;
        Box::pin(stream::unfold((shared, listener), |(shared, mut listener)| async move {
            listener.heard.changed().await.ok()?;
            Some(((), (shared, listener)))
        }))
    }
}

impl Shared {
    /// Whether something could be passed on. Not even tried for a while after Redis failed.
    async fn pass_on(&self, passing: impl Future<Output = RedisResult<()>> + Send) -> bool {
        if self.is_paused() {
            return false;
        }
        let result = passing.await;
        if let Err(error) = &result {
            tracing::warn!(%error, "events are not passed on now");
            self.pause();
        }
        result.is_ok()
    }

    async fn listen(&self, channel: &str) -> Listener {
        self.ears.listen(&self.reader, channel).await
    }

    async fn publish(&self, event: &ProgressEvent) -> RedisResult<()> {
        let kept = match event.event.kind() {
            EventKind::Terminal => self.log_seconds,
            EventKind::Passing => UNENDED_LOG.as_secs().max(self.log_seconds),
        };
        // Strings and numbers only: there is nothing that could fail.
        let json = serde_json::to_string(event).unwrap_or_default();
        let mut script = self.publish.key(self.log_of(event.sync_id));
        script.key(self.channel_of(event.sync_id));
        script.arg(event.seq).arg(json).arg(self.log_events).arg(kept);
        self.writer.call(&script).await
    }

    /// Up to `max` numbers and events after a number; none for an event of a kind that this program does not know.
    async fn read(
        &self,
        sync: SyncId,
        after: i64,
        max: usize,
    ) -> RedisResult<Vec<(i64, Option<ProgressEvent>)>> {
        let mut script = self.log.key(self.log_of(sync));
        script.arg(after).arg(max);
        let entries: Vec<(i64, Vec<u8>)> = self.reader.call(&script).await?;
        Ok(entries.into_iter().map(|(seq, json)| (seq, serde_json::from_slice(&json).ok())).collect())
    }

    fn log_of(&self, sync: SyncId) -> String {
        format!("{}:events:{sync}", self.prefix)
    }

    fn asked_channel_of(&self, project: ProjectId) -> String {
        format!("{}:asked:{project}", self.prefix)
    }

    fn channel_of(&self, sync: SyncId) -> String {
        format!("{}:progress:{sync}", self.prefix)
    }

    fn is_paused(&self) -> bool {
        let until = *self.paused_until.lock().unwrap_or_else(PoisonError::into_inner);
        until.is_some_and(|moment| Instant::now() < moment)
    }

    fn pause(&self) {
        *self.paused_until.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now() + PAUSE);
    }
}
