//! Listening to many channels of Redis over one connection.
//!
//! The channels that somebody listens to are the wish; one task makes the connection fit it, a batch at a time, and makes
//! the connection anew when it is lost. Of what a channel says only the newest is kept for those who listen.

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures::{StreamExt, future::BoxFuture};
use redis::{
    Msg, RedisResult, Value,
    aio::{PubSubSink, PubSubStream},
};
use tokio::{
    sync::{Notify, watch},
    time::{Instant, sleep, sleep_until, timeout},
};
use tokio_util::sync::CancellationToken;

use crate::{
    ProgressEvent,
    redis_link::{Patience, RedisLink, SILENCE, delay},
};

/// The most channels of one command.
const CHANNELS_AT_ONCE: usize = 500;

/// What was heard last on a channel.
#[derive(Clone, Default)]
pub(super) struct Heard {
    /// Whether Redis passes on what is said now.
    is_confirmed: bool,
    /// The event that the last message was; `None` if it was none, or messages may have been missed.
    pub(super) event: Option<Arc<ProgressEvent>>,
}

/// All that listens in this process. Dropping it ends the connection.
pub(super) struct Ears {
    wish: Arc<Wish>,
    end: CancellationToken,
}

/// What is to be listened to.
#[derive(Default)]
struct Wish {
    state: Mutex<State>,
    has_changed: Notify,
}

#[derive(Default)]
struct State {
    channels: HashMap<Arc<str>, Channel>,
    /// Channels that Redis has not been asked for.
    to_join: Vec<Arc<str>>,
    /// Channels that nobody listens to any more.
    to_leave: Vec<Arc<str>>,
    /// The task runs.
    is_started: bool,
    /// Redis could not be reached the last time.
    is_away: bool,
}

struct Channel {
    heard: watch::Sender<Heard>,
    listeners: usize,
}

/// Somebody who listens to a channel. Dropping the last one of a channel leaves it.
pub(super) struct Listener {
    wish: Arc<Wish>,
    channel: Arc<str>,
    /// Changes with what is heard.
    pub(super) heard: watch::Receiver<Heard>,
}

impl Ears {
    /// Nothing is listened to, and there is no connection before something is.
    pub(super) fn new() -> Self {
        Self { wish: Arc::default(), end: CancellationToken::new() }
    }

    /// Listens to a channel. Waits until everything that is said from then on is heard, but not for a Redis that is away:
    /// then the listener hears that it may have missed something when Redis is there again.
    pub(super) async fn listen(&self, link: &Arc<RedisLink>, channel: &str) -> Listener {
        let (mut listener, is_away, is_first) = self.wish.join(channel);
        if is_first {
            let (link, wish, end) = (Arc::clone(link), Arc::clone(&self.wish), self.end.clone());
            tokio::spawn(async move {
                tokio::select! {
                    () = end.cancelled() => {}
                    () = keep_listening(&link, &wish) => {}
                }
            });
        }
        if !is_away {
            // Anything it hears will do: that it is confirmed, or that Redis cannot be reached.
            let confirmed = async {
                if !listener.heard.borrow().is_confirmed {
                    let _ = listener.heard.changed().await;
                }
            };
            let _ = timeout(link.patience().connect, confirmed).await;
        }
        if !listener.heard.borrow_and_update().is_confirmed {
            // It may miss something before it is.
            listener.heard.mark_changed();
        }
        listener
    }
}

impl Drop for Ears {
    fn drop(&mut self) {
        self.end.cancel();
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.wish.leave(&self.channel);
    }
}

impl Wish {
    /// No code panics while it holds the lock.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a listener. Tells whether Redis is away, and whether the task is to be started.
    fn join(self: &Arc<Self>, name: &str) -> (Listener, bool, bool) {
        let mut state = self.state();
        let name: Arc<str> = Arc::from(name);
        let heard = match state.channels.entry(Arc::clone(&name)) {
            Entry::Occupied(mut channel) => {
                channel.get_mut().listeners += 1;
                channel.get().heard.subscribe()
            }
            Entry::Vacant(place) => {
                let (sender, receiver) = watch::channel(Heard::default());
                place.insert(Channel { heard: sender, listeners: 1 });
                state.to_join.push(Arc::clone(&name));
                self.has_changed.notify_one();
                receiver
            }
        };
        let is_first = !std::mem::replace(&mut state.is_started, true);
        (Listener { wish: Arc::clone(self), channel: name, heard }, state.is_away, is_first)
    }

    fn leave(&self, name: &Arc<str>) {
        let mut state = self.state();
        let Some(channel) = state.channels.get_mut(name) else { return };
        channel.listeners -= 1;
        if channel.listeners == 0 {
            state.channels.remove(name);
            state.to_leave.push(Arc::clone(name));
            self.has_changed.notify_one();
        }
    }

    /// The connection is new, or lost: nothing is asked for.
    fn begin_anew(&self, is_away: bool) {
        let mut state = self.state();
        let state = &mut *state;
        let was_away = std::mem::replace(&mut state.is_away, is_away);
        state.to_leave.clear();
        state.to_join = state.channels.keys().cloned().collect();
        if is_away && !was_away {
            for channel in state.channels.values() {
                channel.heard.send_replace(Heard::default());
            }
        }
    }

    /// What to ask Redis for next.
    fn next_batch(&self) -> Option<Batch> {
        let mut state = self.state();
        let state = &mut *state;
        // A channel that somebody came back to stays; it is joined once more, which does no harm.
        let channels = &state.channels;
        state.to_leave.retain(|name| !channels.contains_key(name));
        state.to_join.retain(|name| channels.contains_key(name));
        let (names, is_joining) = match state.to_leave.is_empty() {
            false => (&mut state.to_leave, false),
            true => (&mut state.to_join, true),
        };
        let names: Vec<_> = names.drain(..names.len().min(CHANNELS_AT_ONCE)).collect();
        (!names.is_empty()).then_some(Batch { names, is_joining })
    }

    fn confirm(&self, names: &[Arc<str>]) {
        let state = self.state();
        for channel in names.iter().filter_map(|name| state.channels.get(name)) {
            // What was said before was not heard.
            channel.heard.send_replace(Heard { is_confirmed: true, event: None });
        }
    }

    fn hear(&self, message: &Msg) {
        let event = serde_json::from_slice(message.get_payload_bytes()).ok().map(Arc::new);
        if let Some(channel) = self.state().channels.get(message.get_channel_name()) {
            channel.heard.send_modify(|heard| heard.event = event);
        }
    }
}

/// Channels that Redis is asked for, or told to forget.
struct Batch {
    names: Vec<Arc<str>>,
    is_joining: bool,
}

/// Has a connection for as long as the future is polled.
async fn keep_listening(link: &RedisLink, wish: &Wish) {
    let mut failures = 0;
    loop {
        match link.pubsub().await {
            Ok((sink, stream)) => {
                wish.begin_anew(false);
                if listen(sink, stream, link.patience(), wish).await {
                    failures = 0;
                }
                tracing::debug!("redis does not pass events on to us any more; connecting again");
            }
            Err(error) => {
                tracing::debug!(%error, failures, "cannot listen to redis");
                wish.begin_anew(true);
            }
        }
        // Not all at once when Redis is back.
        sleep(delay(failures)).await;
        failures += 1;
    }
}

/// What Redis is asked, one thing at a time.
enum Asked {
    Batch(Batch),
    Ping,
}

type Answer = BoxFuture<'static, (Asked, RedisResult<()>)>;

/// Listens until the connection is lost. Tells whether it ever was of use.
async fn listen(sink: PubSubSink, mut stream: PubSubStream, patience: Patience, wish: &Wish) -> bool {
    let mut was_of_use = false;
    let mut answer: Option<Answer> = None;
    let mut silent_since = Instant::now();
    loop {
        // Everything that came together while Redis was asked goes into one batch.
        if answer.is_none() {
            answer = wish.next_batch().map(|batch| ask(&sink, Asked::Batch(batch), patience.answer));
        }
        let is_asking = answer.is_some();
        tokio::select! {
            message = stream.next() => match message {
                Some(message) => wish.hear(&message),
                None => return was_of_use,
            },
            (asked, result) = answered(&mut answer) => {
                answer = None;
                match (asked, result) {
                    (_, Err(error)) => {
                        tracing::debug!(%error, "redis does not answer");
                        return was_of_use;
                    }
                    (Asked::Batch(batch), Ok(())) if batch.is_joining => wish.confirm(&batch.names),
                    _ => {}
                }
                was_of_use = true;
            }
            () = wish.has_changed.notified(), if !is_asking => {}
            () = sleep_until(silent_since + SILENCE), if !is_asking => {
                answer = Some(ask(&sink, Asked::Ping, patience.answer));
            }
        }
        silent_since = Instant::now();
    }
}

/// The answer to what was asked; never comes if nothing was.
async fn answered(answer: &mut Option<Answer>) -> (Asked, RedisResult<()>) {
    match answer {
        Some(answer) => answer.await,
        None => std::future::pending().await,
    }
}

fn ask(sink: &PubSubSink, asked: Asked, patience: Duration) -> Answer {
    let mut sink = sink.clone();
    Box::pin(async move {
        let call = async {
            match &asked {
                Asked::Batch(Batch { names, is_joining }) => {
                    let names: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
                    match is_joining {
                        true => sink.subscribe(names).await,
                        false => sink.unsubscribe(names).await,
                    }
                }
                Asked::Ping => sink.ping::<Value>().await.map(|_| ()),
            }
        };
        let result = match timeout(patience, call).await {
            Ok(result) => result,
            Err(_) => Err(std::io::Error::from(std::io::ErrorKind::TimedOut).into()),
        };
        (asked, result)
    })
}
