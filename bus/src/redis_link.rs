//! A connection to Redis that is made anew when it is lost, and ears on a channel.
//!
//! The redis crate's own manager keeps a connection whose answers time out, which a cut network leaves behind; this one
//! gives it up.

use std::{future::Future, time::Duration};

use futures::StreamExt;
use redis::{
    AsyncConnectionConfig, Client, FromRedisValue, IntoConnectionInfo, Msg, RedisError, RedisResult,
    ScriptInvocation, Value,
    aio::{MultiplexedConnection, PubSubSink, PubSubStream},
    io::tcp::TcpSettings,
};
use tokio::{
    sync::Mutex,
    time::{Instant, sleep, timeout},
};

/// The wait before a connection is tried for the second time; doubles from there, jittered.
const FIRST_DELAY: Duration = Duration::from_millis(50);

/// The longest wait between two tries to connect.
const MAX_DELAY: Duration = Duration::from_secs(1);

/// How long a channel may be silent before we ask whether Redis is still there.
pub(crate) const SILENCE: Duration = Duration::from_secs(5);

/// How long things may take.
#[derive(Clone, Copy)]
pub(crate) struct Patience {
    /// Making a connection.
    pub(crate) connect: Duration,
    /// The answer to one command.
    pub(crate) answer: Duration,
    /// A whole call, with a connection made anew and a repetition.
    pub(crate) call: Duration,
}

/// A connection that any number of calls share.
pub(crate) struct RedisLink {
    client: Client,
    patience: Patience,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    connection: Option<MultiplexedConnection>,
    /// Which connection that is, so that nobody gives up a newer one than it used.
    generation: u64,
    /// How often connecting failed in a row, and with what the last time.
    failures: u32,
    error: Option<RedisError>,
    /// Calls fail at once before this moment.
    not_before: Option<Instant>,
}

impl RedisLink {
    /// Remembers where Redis is; connects when it is first used.
    ///
    /// # Errors
    /// If the URL is none of Redis. Does not repeat it.
    pub(crate) fn new(url: &str, patience: Patience) -> RedisResult<Self> {
        if !url.starts_with("redis://") && !url.starts_with("rediss://") {
            let kind = redis::ErrorKind::InvalidClientConfig;
            return Err((kind, "the URL of Redis must begin with redis:// or rediss://").into());
        }
        // Small commands must not wait for the answers to earlier ones.
        let tcp = TcpSettings::default().set_nodelay(true);
        let client = Client::open(url.into_connection_info()?.set_tcp_settings(tcp))?;
        Ok(Self { client, patience, state: Mutex::default() })
    }

    /// Runs a script, again on a new connection if this one is lost: so it must do no harm twice.
    ///
    /// # Errors
    /// If Redis is away, or the script fails.
    pub(crate) async fn call<T: FromRedisValue>(&self, script: &ScriptInvocation<'_>) -> RedisResult<T> {
        within(self.patience.call, async {
            let (generation, mut connection) = self.connection().await?;
            match script.invoke_async(&mut connection).await {
                Err(error) if is_lost(&error) => {
                    self.give_up(generation).await;
                    if error.is_timeout() {
                        return Err(error);
                    }
                }
                answer => return answer,
            }
            let (generation, mut connection) = self.connection().await?;
            let answer = script.invoke_async(&mut connection).await;
            if answer.as_ref().is_err_and(is_lost) {
                self.give_up(generation).await;
            }
            answer
        })
        .await
    }

    /// How long things may take.
    pub(crate) fn patience(&self) -> Patience {
        self.patience
    }

    /// Makes a connection for listening, of the caller's own.
    ///
    /// # Errors
    /// If Redis is away.
    pub(crate) async fn pubsub(&self) -> RedisResult<(PubSubSink, PubSubStream)> {
        within(self.patience.connect, async { Ok(self.client.get_async_pubsub().await?.split()) }).await
    }

    /// Listens on a channel; everything told after this returns is heard.
    ///
    /// # Errors
    /// If Redis is away.
    pub(crate) async fn listen(&self, channel: &str) -> RedisResult<Ears> {
        within(self.patience.connect, async {
            let (mut sink, stream) = self.client.get_async_pubsub().await?.split();
            sink.subscribe(channel).await?;
            Ok(Ears { sink, stream, patience: self.patience.answer })
        })
        .await
    }

    /// Listens on a channel as soon as Redis is there again.
    pub(crate) async fn listen_again(&self, channel: &str) -> Ears {
        let mut failures = 0;
        loop {
            // Not all at once when Redis is back.
            sleep(delay(failures)).await;
            match self.listen(channel).await {
                Ok(ears) => return ears,
                Err(error) => tracing::debug!(%error, failures, "cannot listen to redis"),
            }
            failures += 1;
        }
    }

    async fn connection(&self) -> RedisResult<(u64, MultiplexedConnection)> {
        let mut state = self.state.lock().await;
        if let Some(connection) = &state.connection {
            return Ok((state.generation, connection.clone()));
        }
        if let Some(error) = &state.error
            && state.not_before.is_some_and(|moment| Instant::now() < moment)
        {
            return Err(error.clone());
        }
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(self.patience.connect))
            .set_response_timeout(Some(self.patience.answer));
        match self.client.get_multiplexed_async_connection_with_config(&config).await {
            Ok(connection) => {
                let generation = state.generation + 1;
                *state = State { connection: Some(connection.clone()), generation, ..State::default() };
                Ok((generation, connection))
            }
            Err(error) => {
                state.not_before = Some(Instant::now() + delay(state.failures));
                state.failures += 1;
                state.error = Some(error.clone());
                Err(error)
            }
        }
    }

    async fn give_up(&self, generation: u64) {
        let mut state = self.state.lock().await;
        if state.generation == generation {
            state.connection = None;
        }
    }
}

/// A channel that is listened to.
pub(crate) struct Ears {
    sink: PubSubSink,
    stream: PubSubStream,
    patience: Duration,
}

impl Ears {
    /// The next message. `None` if the connection is lost.
    pub(crate) async fn hear(&mut self) -> Option<Msg> {
        loop {
            match timeout(SILENCE, self.stream.next()).await {
                Ok(message) => return message,
                Err(_) => match timeout(self.patience, self.sink.ping::<Value>()).await {
                    Ok(Ok(_)) => {}
                    Ok(Err(_)) | Err(_) => return None,
                },
            }
        }
    }
}

/// Whether the connection is of no use any more.
fn is_lost(error: &RedisError) -> bool {
    error.is_io_error() || error.is_unrecoverable_error()
}

async fn within<T>(time: Duration, call: impl Future<Output = RedisResult<T>>) -> RedisResult<T> {
    match timeout(time, call).await {
        Ok(answer) => answer,
        Err(_) => {
            Err(std::io::Error::new(std::io::ErrorKind::TimedOut, "redis did not answer in time").into())
        }
    }
}

/// How long to wait after this many failures.
pub(crate) fn delay(failures: u32) -> Duration {
    let longest = FIRST_DELAY.saturating_mul(1 << failures.min(16)).min(MAX_DELAY);
    longest.mul_f64(rand::random_range(0.5..=1.0))
}
