//! Many streams, read by one thread.

use std::{
    io::{self, ErrorKind, Read, Write},
    net::{Ipv4Addr, Shutdown, SocketAddr},
    sync::Arc,
    time::{Duration, Instant},
};

use mio::{Events, Interest, Poll, Token, Waker, net::TcpStream};
use socket2::{Domain, Socket, Type};

use super::{
    Connect, Connected, Counted, now,
    stream::{Reader, Told},
};
use crate::histogram::Histogram;

/// Local addresses that connections are made from in turns: each has its own ports.
const SOURCES: usize = 8;

/// Connections that are made at once: less than any server lets wait.
const BATCH: usize = 128;

/// How long the connections of a batch may take to get ready.
const PATIENCE: Duration = Duration::from_secs(20);

/// Bytes that are read at once.
const READ_BYTES: usize = 64 * 1024;

/// How much the kernel takes in for a slow reader, in bytes (Linux doubles it).
const SLOW_BUFFER: usize = 4_096;

/// The segments of a slow reader, in bytes, as over Ethernet: by those of the loopback device the server's kernel would
/// hold megabytes for it.
const NETWORK_SEGMENT: u32 = 1_460;

/// How often a slow reader reads a byte.
const SLOW_PAUSE: Duration = Duration::from_secs(1);

/// What wakes the thread for an order.
const WAKER: Token = Token(usize::MAX);

/// All streams.
pub struct Swarm {
    poll: Poll,
    events: Events,
    waker: Arc<Waker>,
    streams: Vec<Stream>,
    buffer: Vec<u8>,
    count: Count,
    slow_at: Instant,
}

struct Stream {
    socket: TcpStream,
    reader: Reader,
    is_slow: bool,
    /// The number of the next event; 0 if any will do.
    next: i64,
    received: u64,
    is_wrong: bool,
}

/// What is counted in all streams.
struct Count {
    latencies: Histogram,
    figures: Counted,
    accepted: usize,
    snapshots: usize,
    failure: Option<String>,
}

impl Swarm {
    /// No streams.
    pub fn new() -> io::Result<Self> {
        let poll = Poll::new()?;
        let waker = Arc::new(Waker::new(poll.registry(), WAKER)?);
        let events = Events::with_capacity(1_024);
        let (buffer, count) = (vec![0; READ_BYTES], Count::new());
        Ok(Self { poll, events, waker, streams: Vec::new(), buffer, count, slow_at: Instant::now() })
    }

    /// Lets another thread end a turn.
    pub fn waker(&self) -> Arc<Waker> {
        Arc::clone(&self.waker)
    }

    /// Waits until there is something to read, and reads it.
    pub fn turn(&mut self, limit: Option<Duration>) -> io::Result<()> {
        let until_slow = (self.slow_at + SLOW_PAUSE).saturating_duration_since(Instant::now());
        let limit = limit.unwrap_or(SLOW_PAUSE).min(until_slow);
        match self.poll.poll(&mut self.events, Some(limit)) {
            Err(error) if error.kind() == ErrorKind::Interrupted => return Ok(()),
            other => other?,
        }
        for event in &self.events {
            if let Some(stream) = self.streams.get_mut(event.token().0)
                && stream.read(&mut self.buffer, &mut self.count)
            {
                self.count.figures.closed += 1;
                self.poll.registry().deregister(&mut stream.socket)?;
            }
        }
        if self.slow_at.elapsed() >= SLOW_PAUSE {
            self.slow_at = Instant::now();
            self.read_slowly();
        }
        Ok(())
    }

    /// Reads one byte of each slow stream.
    fn read_slowly(&mut self) {
        let mut closed = 0;
        for stream in self.streams.iter_mut().filter(|stream| stream.is_slow && !stream.is_wrong) {
            let read = stream.socket.read(&mut [0]);
            if !matches!(&read, Ok(1)) && !read.is_err_and(|error| error.kind() == ErrorKind::WouldBlock) {
                stream.is_wrong = true;
                closed += 1;
            }
        }
        self.count.figures.slow_closed += closed;
    }

    /// Opens streams.
    pub fn connect(&mut self, connect: &Connect) -> Connected {
        let wanted = connect.paths.len() * connect.each;
        let mut opened = 0;
        while opened < wanted && self.count.failure.is_none() {
            for _ in 0..BATCH.min(wanted - opened) {
                // In turns over the paths, so that topics grow alike.
                let path = &connect.paths[opened % connect.paths.len()];
                let is_slow = opened + connect.slow >= wanted;
                if let Err(error) = self.open(connect.address, path, is_slow) {
                    self.count.failure = Some(error.to_string());
                    break;
                }
                opened += 1;
            }
            let deadline = Instant::now() + PATIENCE;
            while self.count.ready(connect.has_snapshots) < opened && self.count.failure.is_none() {
                if let Err(error) = self.turn(Some(Duration::from_millis(100))) {
                    self.count.failure = Some(error.to_string());
                }
                if Instant::now() > deadline {
                    self.count.failure = Some("no answer".to_owned());
                }
            }
        }
        for stream in self.streams.iter_mut().filter(|stream| stream.is_slow) {
            // From now on only `read_slowly` reads.
            if let Err(error) = self.poll.registry().deregister(&mut stream.socket) {
                self.count.failure = Some(error.to_string());
            }
        }
        Connected { ready: self.count.ready(connect.has_snapshots), failure: self.count.failure.take() }
    }

    fn open(&mut self, address: SocketAddr, path: &str, is_slow: bool) -> io::Result<()> {
        let number = self.streams.len();
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
        // No port is held by a connection that is over.
        socket.set_linger(Some(Duration::ZERO))?;
        let source = Ipv4Addr::new(127, 0, 0, 1 + (number % SOURCES) as u8);
        // Not every system has more than one such address; then the ports of one must do.
        let _ = socket.bind(&SocketAddr::from((source, 0)).into());
        if is_slow {
            socket.set_recv_buffer_size(SLOW_BUFFER)?;
            socket.set_tcp_mss(NETWORK_SEGMENT)?;
        }
        socket.connect_timeout(&address.into(), PATIENCE)?;
        let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nAccept: text/event-stream\r\n\r\n");
        (&socket).write_all(request.as_bytes())?;
        socket.set_nonblocking(true)?;
        let mut socket = TcpStream::from_std(socket.into());
        self.poll.registry().register(&mut socket, Token(number), Interest::READABLE)?;
        let reader = Reader::new();
        self.streams.push(Stream { socket, reader, is_slow, next: 0, received: 0, is_wrong: false });
        Ok(())
    }

    /// Forgets what was counted.
    pub fn begin(&mut self, number: i64) {
        let Counted { closed, slow_closed, .. } = self.count.figures;
        self.count = Count::new();
        self.count.figures = Counted { closed, slow_closed, ..Default::default() };
        for stream in self.streams.iter_mut().filter(|stream| !stream.is_slow) {
            (stream.next, stream.received, stream.is_wrong) = (number, 0, false);
        }
    }

    /// Reads until every stream has so many events, but not longer.
    pub fn collect(&mut self, events: u64, within: Duration) -> Counted {
        let deadline = Instant::now() + within;
        let fast = self.streams.iter().filter(|stream| !stream.is_slow).count() as u64;
        while self.count.figures.deliveries < events * fast && Instant::now() < deadline {
            if self.turn(Some(deadline.saturating_duration_since(Instant::now()))).is_err() {
                break;
            }
        }
        let has_all = |stream: &&Stream| !stream.is_slow && stream.received == events && !stream.is_wrong;
        let mut counted = self.count.figures.clone();
        counted.complete = self.streams.iter().filter(has_all).count();
        counted.p50 = self.count.latencies.percentile(0.5);
        counted.p99 = self.count.latencies.percentile(0.99);
        counted.highest = self.count.latencies.percentile(1.0);
        counted
    }
}

impl Stream {
    /// Reads what is there. Gives whether the stream is over.
    fn read(&mut self, buffer: &mut [u8], count: &mut Count) -> bool {
        loop {
            let length = match self.socket.read(buffer) {
                Ok(0) => break,
                Ok(length) => length,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return false,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(_) => break,
            };
            let at = now();
            let Self { reader, next, received, is_wrong, .. } = self;
            let read = reader.read(&buffer[..length], |told| match told {
                Told::Accepted => count.accepted += 1,
                Told::Snapshot => count.snapshots += 1,
                Told::Event(number, sent) => {
                    count.event(number, next, at, sent);
                    *is_wrong |= *next != number + 1;
                    *received += 1;
                }
            });
            if let Err(why) = read {
                count.failure.get_or_insert(why);
                break;
            }
            // The last bytes for now: more of them are a new event.
            if length < buffer.len() {
                return false;
            }
        }
        self.is_wrong = true;
        // What is left of the connection is closed with the value.
        let _ = self.socket.shutdown(Shutdown::Both);
        true
    }
}

impl Count {
    fn new() -> Self {
        Self {
            latencies: Histogram::new(),
            figures: Counted::default(),
            accepted: 0,
            snapshots: 0,
            failure: None,
        }
    }

    fn ready(&self, has_snapshots: bool) -> usize {
        if has_snapshots { self.snapshots } else { self.accepted }
    }

    /// Counts an event where `next` was expected.
    fn event(&mut self, number: i64, next: &mut i64, at: u64, sent: u64) {
        if *next != 0 && number < *next {
            self.figures.doubled += 1;
            return;
        }
        if *next != 0 {
            self.figures.skipped += u64::try_from(number - *next).unwrap_or(0);
        }
        *next = number + 1;
        self.figures.deliveries += 1;
        self.figures.last_at = at;
        self.latencies.record(at.saturating_sub(sent));
    }
}
