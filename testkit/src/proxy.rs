//! A TCP proxy whose network fails on demand: connections that are reset, or a black hole.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{ReadHalf, WriteHalf},
    },
    sync::{Semaphore, watch},
    task::JoinHandle,
};

/// The most connections at once; more wait to be accepted.
const MAX_CONNECTIONS: usize = 256;

/// The most bytes that a connection holds in each direction.
const BUFFER_BYTES: usize = 16 << 10;

/// How the network is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum Weather {
    #[default]
    Fair,
    Cut,
    Stalled,
}

/// What connections follow.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct State {
    weather: Weather,
    /// Counts cuts: a connection that slept through one is cut all the same.
    cuts: u64,
    /// Counts connections that were accepted.
    accepted: u64,
}

/// A proxy in front of a server. It stops when it is dropped, and resets its connections.
pub struct CuttableProxy {
    address: SocketAddr,
    state: Arc<watch::Sender<State>>,
    listener: JoinHandle<()>,
}

impl CuttableProxy {
    /// Passes everything on to `target`, from a free port of the loopback address. Runs in the runtime that it is
    /// started in.
    ///
    /// # Errors
    /// If there is no free port.
    pub async fn start(target: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let state = Arc::new(watch::Sender::new(State::default()));
        let listener = tokio::spawn(accept(listener, target, Arc::clone(&state)));
        Ok(Self { address, state, listener })
    }

    /// Where the proxy listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Resets all connections, and new ones as they come.
    pub fn cut(&self) {
        self.state.send_modify(|state| {
            state.weather = Weather::Cut;
            state.cuts += 1;
        });
    }

    /// Lets nothing pass: connections are accepted and hold, their bytes stay where they are until the network heals, as
    /// those of a cable that is unplugged for a while.
    pub fn stall(&self) {
        self.state.send_modify(|state| state.weather = Weather::Stalled);
    }

    /// Lets everything pass again; what was held back arrives now.
    pub fn heal(&self) {
        self.state.send_modify(|state| state.weather = Weather::Fair);
    }

    /// How many connections have come so far, also those that were reset at once.
    pub fn accepted(&self) -> u64 {
        self.state.borrow().accepted
    }

    /// Waits until more than `count` connections have come.
    pub async fn wait_for_more_than(&self, count: u64) {
        // The sender lives as long as we do.
        let _ = self.state.subscribe().wait_for(|state| state.accepted > count).await;
    }
}

impl Drop for CuttableProxy {
    fn drop(&mut self) {
        self.listener.abort();
        self.cut();
    }
}

async fn accept(listener: TcpListener, target: SocketAddr, state: Arc<watch::Sender<State>>) {
    let slots = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    loop {
        let Ok(slot) = Arc::clone(&slots).acquire_owned().await else { return };
        // An error is that of one connection, which is gone.
        let Ok((client, _)) = listener.accept().await else { continue };
        state.send_modify(|state| state.accepted += 1);
        let network = Network { cuts: state.borrow().cuts, state: state.subscribe() };
        tokio::spawn(async move {
            carry(client, target, network).await;
            drop(slot);
        });
    }
}

/// The network as one connection finds it.
#[derive(Clone)]
struct Network {
    state: watch::Receiver<State>,
    /// How many cuts there had been when the connection came.
    cuts: u64,
}

impl Network {
    /// Waits until bytes may pass.
    async fn fair(&mut self) {
        let _ = self.state.wait_for(|state| state.weather == Weather::Fair).await;
    }

    /// Waits until the connection is cut.
    async fn cut(&mut self) {
        let cuts = self.cuts;
        // The proxy is gone if this fails, which cuts as well.
        let _ = self.state.wait_for(|state| state.weather == Weather::Cut || state.cuts > cuts).await;
    }
}

/// Carries one connection to its end.
async fn carry(mut client: TcpStream, target: SocketAddr, mut network: Network) {
    let mut server = None;
    let mut cut = network.clone();
    let is_whole = tokio::select! {
        biased;
        () = cut.cut() => false,
        result = carry_on(&mut client, &mut server, target, &mut network) => result.is_ok(),
    };
    if !is_whole {
        for stream in [Some(client), server].into_iter().flatten() {
            // A socket that lingers for no time is reset when it is closed. One that is gone needs no reset.
            let _ = stream.set_zero_linger();
        }
    }
}

async fn carry_on(
    client: &mut TcpStream,
    server: &mut Option<TcpStream>,
    target: SocketAddr,
    network: &mut Network,
) -> io::Result<()> {
    network.fair().await;
    let server = server.insert(TcpStream::connect(target).await?);
    // The two ends decide what is sent at once.
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let ((from_client, to_client), (from_server, to_server)) = (client.split(), server.split());
    let (up, down) =
        (pass(from_client, to_server, network.clone()), pass(from_server, to_client, network.clone()));
    tokio::try_join!(up, down)?;
    Ok(())
}

/// Passes bytes on in one direction until it ends.
async fn pass(mut from: ReadHalf<'_>, mut to: WriteHalf<'_>, mut network: Network) -> io::Result<()> {
    let mut buffer = vec![0; BUFFER_BYTES];
    loop {
        let count = from.read(&mut buffer).await?;
        network.fair().await;
        if count == 0 {
            return to.shutdown().await;
        }
        to.write_all(&buffer[..count]).await?;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;

    /// Long enough for bytes on this machine to arrive, if they may.
    const A_WHILE: Duration = Duration::from_millis(100);

    /// A server that says everything twice, behind a proxy.
    async fn echo() -> CuttableProxy {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let proxy = CuttableProxy::start(listener.local_addr().unwrap()).await.unwrap();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let (mut read, mut write) = stream.split();
                    tokio::io::copy(&mut read, &mut write).await
                });
            }
        });
        proxy
    }

    async fn say(stream: &mut TcpStream, word: &[u8]) -> io::Result<Vec<u8>> {
        stream.write_all(word).await?;
        let mut answer = vec![0; word.len()];
        stream.read_exact(&mut answer).await?;
        Ok(answer)
    }

    #[tokio::test]
    async fn cut_connections_are_reset_and_new_ones_refused_until_it_heals() {
        let proxy = echo().await;
        let mut first = TcpStream::connect(proxy.address()).await.unwrap();
        assert_eq!(say(&mut first, b"one").await.unwrap(), b"one");
        proxy.cut();
        let reset = first.read(&mut [0]).await.unwrap_err();
        assert_eq!(reset.kind(), io::ErrorKind::ConnectionReset);
        let second = async { say(&mut TcpStream::connect(proxy.address()).await?, b"two").await };
        assert!(second.await.is_err());
        proxy.heal();
        let mut third = TcpStream::connect(proxy.address()).await.unwrap();
        assert_eq!(say(&mut third, b"three").await.unwrap(), b"three");
        assert_eq!(proxy.accepted(), 3);
        // A cut that is healed before anybody looked is one all the same.
        proxy.cut();
        proxy.heal();
        assert!(third.read(&mut [0]).await.is_err());
    }

    #[tokio::test]
    async fn a_stalled_network_keeps_what_was_sent_until_it_heals() {
        let proxy = echo().await;
        let mut before = TcpStream::connect(proxy.address()).await.unwrap();
        assert_eq!(say(&mut before, b"one").await.unwrap(), b"one");
        proxy.stall();
        let mut during = TcpStream::connect(proxy.address()).await.unwrap();
        for stream in [&mut before, &mut during] {
            stream.write_all(b"two").await.unwrap();
            assert!(timeout(A_WHILE, stream.read(&mut [0])).await.is_err());
        }
        proxy.heal();
        for stream in [&mut before, &mut during] {
            let mut answer = [0; 3];
            stream.read_exact(&mut answer).await.unwrap();
            assert_eq!(&answer, b"two");
        }
        proxy.stall();
        proxy.cut();
        assert!(before.read(&mut [0]).await.is_err());
    }

    #[tokio::test]
    async fn the_end_of_one_direction_is_passed_on() {
        let proxy = echo().await;
        let mut stream = TcpStream::connect(proxy.address()).await.unwrap();
        let all = vec![7; 1 << 20];
        let (mut read, mut write) = stream.split();
        let send = async {
            write.write_all(&all).await.unwrap();
            write.shutdown().await.unwrap();
        };
        let mut answer = Vec::new();
        let (_, received) = tokio::join!(send, read.read_to_end(&mut answer));
        received.unwrap();
        assert_eq!(answer, all);
    }
}
