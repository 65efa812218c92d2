//! A server under measurement.

use std::{fmt, net::SocketAddr, time::Duration};

use chrono::Utc;
use entities::SyncId;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    process::Child,
};

use bus::{Event, ProgressBus, ProgressEvent, RedisProgressBus, Unit};

use crate::{client::now, process};

/// Whose server.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Side {
    /// The gateway.
    Ours,
    /// nchan with so many worker processes.
    Nchan(usize),
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ours => f.write_str("ours"),
            Self::Nchan(1) => f.write_str("nchan, 1 worker"),
            Self::Nchan(workers) => write!(f, "nchan, {workers} workers"),
        }
    }
}

/// A running server with topics that nothing was published on yet. Dropping it ends it.
pub struct Server {
    /// Ends with the value: `kill_on_drop`, or a term signal where workers must follow.
    pub process: Running,
    /// Where it listens.
    pub address: SocketAddr,
    /// What to ask for to follow each topic.
    pub paths: Vec<String>,
    /// The topics.
    pub topics: Vec<SyncId>,
    /// Whether a stream begins with a snapshot.
    pub has_snapshots: bool,
    /// How events get there.
    pub publisher: Publisher,
    /// A process that works for this server, whose time is told apart.
    pub helper: Option<u32>,
}

/// A process and those that it started.
pub struct Running {
    pub child: Child,
    pub id: u32,
}

impl Running {
    pub fn new(child: Child) -> Self {
        let id = child.id().unwrap_or_default();
        Self { child, id }
    }

    /// Memory that is resident, in bytes.
    pub fn memory(&self) -> f64 {
        process::family(self.id).into_iter().map(process::memory).sum()
    }

    /// Processor time until now.
    pub fn processor_time(&self) -> Duration {
        process::family(self.id).into_iter().map(process::processor_time).sum()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // A master that is killed leaves its workers behind.
        for id in process::family(self.id).into_iter().rev() {
            testkit::server::signal(id, "KILL");
        }
        let _ = self.child.start_kill();
    }
}

/// How events get to a server.
pub enum Publisher {
    /// As the service does it.
    Bus(RedisProgressBus),
    /// POST requests over one connection, each after the answer to the one before.
    Posts(BufReader<TcpStream>),
}

impl Publisher {
    /// Publishes the event of this number, with the time. `padding` bytes make it longer.
    pub async fn publish(&mut self, topic: SyncId, number: i64, padding: usize) -> Result<(), String> {
        let event = Event::PhaseProgress {
            phase: format!("import{}", "x".repeat(padding)),
            done: 3,
            total: Some(10_000),
            unit: Unit::Blobs,
            bytes: now(),
            requests: 3,
        };
        let event = ProgressEvent { sync_id: topic, seq: number, at: Utc::now(), event };
        match self {
            Self::Bus(bus) => bus.publish(&event).await,
            Self::Posts(connection) => {
                let posted = post(connection, &event).await;
                posted.map_err(|error| format!("publishing: {error}"))?;
            }
        }
        Ok(())
    }
}

/// Sends the event and reads the answer.
async fn post(connection: &mut BufReader<TcpStream>, event: &ProgressEvent) -> std::io::Result<()> {
    let json = serde_json::to_string(event)?;
    let head = format!(
        "POST /pub/{} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        event.sync_id,
        json.len()
    );
    connection.get_mut().write_all((head + &json).as_bytes()).await?;
    let (mut line, mut length, mut status) = (String::new(), 0, String::new());
    loop {
        line.clear();
        connection.read_line(&mut line).await?;
        if status.is_empty() {
            status.push_str(line.trim());
        }
        match line.to_ascii_lowercase().strip_prefix("content-length:") {
            Some(text) => length = text.trim().parse().unwrap_or(0),
            None if line.trim().is_empty() => break,
            None => {}
        }
    }
    let mut body = vec![0; length];
    connection.read_exact(&mut body).await?;
    match status.starts_with("HTTP/1.1 20") {
        true => Ok(()),
        false => Err(std::io::Error::other(status)),
    }
}
