//! The connection to Redis of a budget: lost, it is left alone for a while, because the budget can do without.

use std::{
    future::Future,
    time::{Duration, Instant},
};

use redis::{
    AsyncConnectionConfig, Client, FromRedisValue, IntoConnectionInfo, RedisResult, ScriptInvocation,
    aio::MultiplexedConnection, io::tcp::TcpSettings,
};
use tokio::{sync::Mutex, time::timeout};

/// How long things may take.
#[derive(Clone, Copy)]
struct Patience {
    /// Making a connection.
    connect: Duration,
    /// An answer. A request to GitHub waits for it.
    answer: Duration,
    /// All of it.
    call: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        let milliseconds = Duration::from_millis;
        Self { connect: milliseconds(1_000), answer: milliseconds(500), call: milliseconds(1_500) }
    }
}

/// How long Redis is left alone after it failed.
const LEFT_ALONE: Duration = Duration::from_secs(2);

pub(super) struct Link {
    client: Client,
    patience: Patience,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    connection: Option<MultiplexedConnection>,
    not_before: Option<Instant>,
    /// Whether it was told that Redis is away.
    is_told: bool,
}

impl Link {
    /// Remembers where Redis is; connects when it is first used. `None` if the URL is none of Redis.
    pub(super) fn new(url: &str) -> Option<Self> {
        if !url.starts_with("redis://") && !url.starts_with("rediss://") {
            return None;
        }
        // Small commands must not wait for the answers to earlier ones.
        let tcp = TcpSettings::default().set_nodelay(true);
        let client = Client::open(url.into_connection_info().ok()?.set_tcp_settings(tcp)).ok()?;
        Some(Self { client, patience: Patience::default(), state: Mutex::default() })
    }

    /// The same with so much time for whatever Redis is asked.
    pub(super) fn with_patience(self, patience: Duration) -> Self {
        let patience = Patience { connect: patience, answer: patience, call: patience };
        Self { patience, ..self }
    }

    /// Runs a script once. `None` if Redis is away: then nobody knows whether it ran.
    pub(super) async fn call<T: FromRedisValue>(&self, script: &ScriptInvocation<'_>) -> Option<T> {
        let mut connection = self.connection().await?;
        match within(self.patience.call, script.invoke_async(&mut connection)).await {
            Ok(answer) => Some(answer),
            Err(error) => {
                self.failed(&error).await;
                None
            }
        }
    }

    async fn connection(&self) -> Option<MultiplexedConnection> {
        let mut state = self.state.lock().await;
        if let Some(connection) = &state.connection {
            return Some(connection.clone());
        }
        if state.not_before.is_some_and(|moment| Instant::now() < moment) {
            return None;
        }
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(self.patience.connect))
            .set_response_timeout(Some(self.patience.answer));
        let connecting = self.client.get_multiplexed_async_connection_with_config(&config);
        match within(self.patience.call, connecting).await {
            Ok(connection) => {
                if state.is_told {
                    tracing::info!("redis is there again: the budget of GitHub is shared");
                }
                *state = State { connection: Some(connection.clone()), ..State::default() };
                Some(connection)
            }
            Err(error) => {
                state.leave_alone(&error);
                None
            }
        }
    }

    async fn failed(&self, error: &redis::RedisError) {
        self.state.lock().await.leave_alone(error);
    }
}

impl State {
    fn leave_alone(&mut self, error: &redis::RedisError) {
        self.connection = None;
        self.not_before = Some(Instant::now() + LEFT_ALONE);
        if !self.is_told {
            tracing::warn!(%error, "redis is away: the budget of GitHub is counted in this process alone");
            self.is_told = true;
        }
    }
}

async fn within<T>(time: Duration, call: impl Future<Output = RedisResult<T>>) -> RedisResult<T> {
    match timeout(time, call).await {
        Ok(answer) => answer,
        Err(_) => {
            Err(std::io::Error::new(std::io::ErrorKind::TimedOut, "redis did not answer in time").into())
        }
    }
}
