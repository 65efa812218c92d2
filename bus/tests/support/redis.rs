//! The Redis server of a test run, and a network towards it.

use std::{
    env,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
};

use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::watch,
};

/// Where tests find the URL of a Redis server.
pub const REDIS_VARIABLE: &str = "PROJECT_SYNC_TEST_REDIS";

/// The Redis server of this run.
pub fn redis_url() -> String {
    env::var(REDIS_VARIABLE).unwrap_or_else(|_| {
        panic!("{REDIS_VARIABLE} is not set: run the tests by ./test, which starts a private Redis server")
    })
}

/// A command of a test to Redis itself.
pub async fn redis_command<T: redis::FromRedisValue>(url: &str, words: &[&str]) -> T {
    let client = redis::Client::open(url).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let mut command = redis::cmd(words[0]);
    for word in &words[1..] {
        command.arg(word);
    }
    command.query_async(&mut connection).await.unwrap()
}

/// They work.
pub const OPEN: u8 = 0;
/// They are ended.
pub const SHUT: u8 = 1;
/// They stay, and nothing comes through.
pub const SILENT: u8 = 2;

/// A network towards Redis that can be cut.
pub struct Network {
    pub url: String,
    state: Arc<AtomicU8>,
    cuts: watch::Sender<u8>,
}

impl Network {
    pub async fn new() -> Self {
        let server = redis_url();
        let target = server.trim_start_matches("redis://").split('/').next().unwrap().to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("redis://{}", listener.local_addr().unwrap());
        let (state, cuts) = (Arc::new(AtomicU8::new(OPEN)), watch::Sender::new(OPEN));
        let network = Self { url, state: state.clone(), cuts: cuts.clone() };
        tokio::spawn(async move {
            loop {
                let (mut near, _) = listener.accept().await.unwrap();
                let mut cut = cuts.subscribe();
                let state = state.clone();
                let target = target.clone();
                tokio::spawn(async move {
                    match state.load(Ordering::SeqCst) {
                        OPEN => {
                            let mut far = TcpStream::connect(target).await.unwrap();
                            tokio::select! {
                                _ = copy_bidirectional(&mut near, &mut far) => return,
                                _ = cut.changed() => {}
                            }
                            // As it was cut, though it may be open again by now.
                            if *cut.borrow() == SILENT {
                                std::future::pending::<()>().await;
                            }
                        }
                        SILENT => std::future::pending().await,
                        _ => {}
                    }
                });
            }
        });
        network
    }

    /// Ends all connections, by a word or silently; new ones fare likewise until it is open.
    pub fn cut(&self, state: u8) {
        self.state.store(state, Ordering::SeqCst);
        self.cuts.send_replace(state);
    }

    pub fn open(&self) {
        self.state.store(OPEN, Ordering::SeqCst);
    }
}
