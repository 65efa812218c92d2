//! Clients that mean harm: slow ones, greedy ones and liars, at the listener of the real program.
//!
//! What is shown each time is a bound: the connection ends, or the request is refused, and others are served meanwhile.

mod bodies;
mod heads;
mod http2;
mod paths;
mod slow;

use std::{net::SocketAddr, time::Duration};

use reqwest::Method;
use tempfile::TempDir;
use testkit::service::{Launcher, ServiceProcess};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

/// How long an answer that is not kept waiting may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// The service, as it runs on somebody's own machine.
pub(crate) struct Victim {
    pub(crate) service: ServiceProcess,
    _folder: TempDir,
}

impl Victim {
    pub(crate) async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let launcher = Launcher::new(env!("CARGO_BIN_EXE_project-sync"), folder.path());
        Self { service: launcher.embedded(&folder.path().join("data")).await, _folder: folder }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.service.address().parse().unwrap()
    }

    pub(crate) async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address()).await.unwrap()
    }

    /// Somebody who behaves is served.
    pub(crate) async fn must_serve(&self) {
        self.service.client().must(Method::GET, "/api/v1/projects", None, &[200]).await;
    }

    /// Sends bytes on a connection of their own, and nothing after them; gives all that comes back until the server ends
    /// the connection, which it must.
    pub(crate) async fn say(&self, bytes: &[u8]) -> String {
        let mut connection = self.connect().await;
        // The server may have heard enough.
        let _ = connection.write_all(bytes).await;
        let mut answer = Vec::new();
        let reading = async {
            let mut piece = [0; 16 << 10];
            while let Ok(count @ 1..) = connection.read(&mut piece).await {
                answer.extend_from_slice(&piece[..count]);
            }
        };
        timeout(PATIENCE, reading).await.expect("the server does not end the connection");
        String::from_utf8_lossy(&answer).into_owned()
    }
}

/// The status of each answer in what came back.
pub(crate) fn statuses(answer: &str) -> Vec<u16> {
    let lines = answer.lines().filter_map(|line| line.split("HTTP/1.1 ").nth(1));
    lines.filter_map(|rest| rest.get(..3)?.parse().ok()).collect()
}
