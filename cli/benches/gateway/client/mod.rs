//! The clients: a process of its own, so that its processor time is not a server's, with one thread that reads bare
//! sockets. It is told what to do in lines of JSON, and answers each with one.

mod stream;
mod swarm;

use std::{
    env,
    io::{self, BufRead, Write},
    net::SocketAddr,
    process::Stdio,
    sync::mpsc,
    thread,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    process::{ChildStdin, ChildStdout},
    time::sleep,
};

use crate::{
    CLIENT_ROLE,
    server::{Running, Server},
};
use swarm::Swarm;

/// How long a new subscription may take to reach all processes of a server.
const SETTLE: Duration = Duration::from_millis(500);

/// What the clients are told.
#[derive(Serialize, Deserialize, Debug)]
pub enum Order {
    /// Open streams.
    Connect(Connect),
    /// Forget what was counted. The next event of each stream must have this number.
    Begin(i64),
    /// Wait until every stream has so many events, but not longer; then tell what was counted.
    Collect { events: u64, within: Duration },
}

/// Which streams to open.
#[derive(Serialize, Deserialize, Debug)]
pub struct Connect {
    pub address: SocketAddr,
    pub paths: Vec<String>,
    /// Streams of each path.
    pub each: usize,
    /// How many of the last ones are read a byte a second.
    pub slow: usize,
    /// Whether a stream is not ready before its first event.
    pub has_snapshots: bool,
}

/// How opening went.
#[derive(Serialize, Deserialize, Debug)]
pub struct Connected {
    pub ready: usize,
    /// Why others are not.
    pub failure: Option<String>,
}

/// What was counted since the beginning, but for slow streams. Durations are in nanoseconds.
#[derive(Clone, Serialize, Deserialize, Default, Debug)]
pub struct Counted {
    /// Events that came in their turn.
    pub deliveries: u64,
    /// Events that were left out by a later one, and that had come already.
    pub skipped: u64,
    pub doubled: u64,
    /// Streams that have all events, each once and in order.
    pub complete: usize,
    /// Streams that the server ended.
    pub closed: usize,
    pub slow_closed: usize,
    pub p50: u64,
    pub p99: u64,
    pub highest: u64,
    /// When the last event came, as [`now`] tells it.
    pub last_at: u64,
}

/// Nanoseconds by the clock that the processes share.
pub fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos() as u64
}

/// The process as its users see it. Dropping it ends it.
pub struct Clients {
    process: Running,
    orders: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
}

impl Clients {
    /// Starts the process.
    pub fn start() -> Result<Self, String> {
        let mut command =
            tokio::process::Command::new(env::current_exe().map_err(|error| error.to_string())?);
        command.arg(CLIENT_ROLE).stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().map_err(|error| format!("the clients: {error}"))?;
        let (orders, answers) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        Ok(Self { process: Running::new(child), orders, answers: BufReader::new(answers).lines() })
    }

    /// Opens streams of all of a server's topics. Those that cannot be opened are an error.
    pub async fn connect(&mut self, server: &Server, each: usize, slow: usize) -> Result<(), String> {
        let (paths, has_snapshots) = (server.paths.clone(), server.has_snapshots);
        let wanted = paths.len() * each;
        let order = Order::Connect(Connect { address: server.address, paths, each, slow, has_snapshots });
        let Connected { ready, failure } = self.ask(&order).await?;
        sleep(SETTLE).await;
        match failure {
            None if ready == wanted => Ok(()),
            why => Err(format!("{ready} of {wanted} connected: {}", why.unwrap_or_default())),
        }
    }

    /// Forgets what was counted: the next event has this number.
    pub async fn begin(&mut self, number: i64) -> Result<(), String> {
        self.ask(&Order::Begin(number)).await
    }

    /// Waits for so many events in every stream, but not longer.
    pub async fn collect(&mut self, events: u64, within: Duration) -> Result<Counted, String> {
        self.ask(&Order::Collect { events, within }).await
    }

    /// Processor time until now.
    pub fn processor_time(&self) -> Duration {
        self.process.processor_time()
    }

    async fn ask<T: DeserializeOwned>(&mut self, order: &Order) -> Result<T, String> {
        let line = serde_json::to_string(order).unwrap() + "\n";
        self.orders.write_all(line.as_bytes()).await.map_err(|error| format!("the clients: {error}"))?;
        let answer = self.answers.next_line().await.map_err(|error| format!("the clients: {error}"))?;
        let answer = answer.ok_or("the clients ended")?;
        serde_json::from_str(&answer).map_err(|error| format!("the clients: {error}: {answer}"))
    }
}

/// The process itself: ends when nobody orders any more.
pub fn run() {
    let mut swarm = Swarm::new().unwrap();
    let (send, orders) = mpsc::channel();
    let waker = swarm.waker();
    thread::spawn(move || {
        for line in io::stdin().lock().lines() {
            let Ok(line) = line else { break };
            send.send(serde_json::from_str::<Order>(&line).unwrap()).unwrap();
            waker.wake().unwrap();
        }
        std::process::exit(0);
    });
    loop {
        swarm.turn(None).unwrap();
        while let Ok(order) = orders.try_recv() {
            let answer = match order {
                Order::Connect(connect) => serde_json::to_string(&swarm.connect(&connect)),
                Order::Begin(number) => serde_json::to_string(&swarm.begin(number)),
                Order::Collect { events, within } => serde_json::to_string(&swarm.collect(events, within)),
            };
            println!("{}", answer.unwrap());
            io::stdout().flush().unwrap();
        }
    }
}
