//! A connection that follows a stream, as a browser's EventSource would: an HTTP/1.1 request by hand, the chunks of the
//! answer, and the events in them. It knows nothing of the gateway's own code, and forgives no byte that is out of place.

use std::{
    collections::VecDeque,
    io,
    net::SocketAddr,
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    time::timeout,
};

/// The most bytes of an answer's head.
const MAX_HEAD: usize = 16 << 10;

/// How long the head of an answer may take.
const HEAD_PATIENCE: Duration = Duration::from_secs(60);

/// One message of a stream.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Message {
    /// Its `id` field, if it has one.
    pub(crate) id: Option<String>,
    /// Its `event` field.
    pub(crate) event: String,
    /// Its `data` fields.
    pub(crate) data: String,
}

/// What comes next on a connection.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Next {
    Message(Message),
    /// The last chunk, then the end.
    EndInOrder,
    /// The end where there should be none.
    Broken,
}

/// The head of an answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Head {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
}

impl Head {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// How much the kernel may hold for a client, where it is to be little.
pub(crate) type ReceiveBuffer = Option<u32>;

/// A connection.
pub(crate) struct Wire {
    stream: TcpStream,
    chunks: Chunks,
    events: Events,
    /// When a byte came last.
    pub(crate) moved_at: Instant,
}

impl Wire {
    /// Connects and says nothing.
    pub(crate) async fn connect(address: SocketAddr, buffer: ReceiveBuffer) -> io::Result<Self> {
        let socket = TcpSocket::new_v4()?;
        if let Some(bytes) = buffer {
            socket.set_recv_buffer_size(bytes)?;
        }
        let stream = socket.connect(address).await?;
        Ok(Self { stream, chunks: Chunks::default(), events: Events::default(), moved_at: Instant::now() })
    }

    /// Asks, with these lines in the head of the request, each with its line break.
    pub(crate) async fn ask(&mut self, path: &str, lines: &[u8]) -> io::Result<Head> {
        let host = self.stream.peer_addr()?;
        let mut request =
            format!("GET {path} HTTP/1.1\r\nhost: {host}\r\naccept: text/event-stream\r\n").into_bytes();
        request.extend_from_slice(lines);
        request.extend_from_slice(b"\r\n");
        self.stream.write_all(&request).await?;
        let late = |_| io::Error::new(io::ErrorKind::TimedOut, "no answer in time");
        timeout(HEAD_PATIENCE, self.head()).await.map_err(late)?
    }

    async fn head(&mut self) -> io::Result<Head> {
        let mut bytes = Vec::new();
        loop {
            let mut buffer = [0; 2_048];
            let read = self.stream.read(&mut buffer).await?;
            if read == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            bytes.extend_from_slice(&buffer[..read]);
            if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
                let head = parse_head(&bytes[..end]);
                if head.header("transfer-encoding") == Some("chunked") {
                    self.take(&bytes[end + 4..]);
                } else {
                    self.events.rest.extend_from_slice(&bytes[end + 4..]);
                }
                return Ok(head);
            }
            assert!(bytes.len() < MAX_HEAD, "a head without an end");
        }
    }

    /// The body of an answer that is no stream.
    pub(crate) async fn body(&mut self, head: &Head) -> io::Result<String> {
        let length: usize = head.header("content-length").unwrap_or("0").parse().unwrap();
        let mut body = std::mem::take(&mut self.events.rest);
        while body.len() < length {
            let mut buffer = [0; 2_048];
            match self.stream.read(&mut buffer).await? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                read => body.extend_from_slice(&buffer[..read]),
            }
        }
        Ok(String::from_utf8(body).unwrap())
    }

    /// What comes next, read up to `at_once` bytes at a time. Nothing is lost if it is not waited for to the end.
    pub(crate) async fn next(&mut self, at_once: usize) -> Next {
        loop {
            if let Some(message) = self.events.messages.pop_front() {
                return Next::Message(message);
            }
            let mut buffer = [0; 16 << 10];
            let room = at_once.min(buffer.len());
            match self.stream.read(&mut buffer[..room]).await {
                Ok(0) if self.chunks.state == State::Done => return Next::EndInOrder,
                Ok(0) | Err(_) => return Next::Broken,
                Ok(read) => self.take(&buffer[..read]),
            }
        }
    }

    /// How long the client is to wait before it comes again, if it was told since this was asked last.
    pub(crate) fn take_retry(&mut self) -> Option<Duration> {
        self.events.retry.take()
    }

    /// Goes away at once, as one whose machine is gone, or in order.
    pub(crate) fn leave(self, at_once: bool) {
        if at_once {
            // One that is gone needs no reset.
            let _ = self.stream.set_zero_linger();
        }
    }

    fn take(&mut self, bytes: &[u8]) {
        self.moved_at = Instant::now();
        for byte in bytes {
            if let Some(byte) = self.chunks.take(*byte) {
                self.events.take(byte);
            }
        }
    }
}

fn parse_head(bytes: &[u8]) -> Head {
    let text = std::str::from_utf8(bytes).unwrap();
    let mut lines = text.split("\r\n");
    let status =
        lines.next().and_then(|line| line.strip_prefix("HTTP/1.1 ")).unwrap_or_else(|| panic!("{text}"));
    let status = status[..3].parse().unwrap();
    let headers = lines.map(|line| {
        let (name, value) = line.split_once(':').unwrap_or_else(|| panic!("{text}"));
        (name.to_lowercase(), value.trim().to_owned())
    });
    Head { status, headers: headers.collect() }
}

/// The chunks of a body, byte by byte (RFC 9112, 7.1), without extensions and trailers, of which there are to be none.
#[derive(Default)]
struct Chunks {
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
enum State {
    /// The size so far, and its digits.
    #[default]
    Begin,
    Size(usize, u8),
    SizeEnd(usize),
    Data(usize),
    DataEnd,
    DataEnded,
    Last,
    LastEnd,
    Done,
}

impl Chunks {
    fn take(&mut self, byte: u8) -> Option<u8> {
        let is_data = matches!(self.state, State::Data(_));
        let digit = char::from(byte).to_digit(16).map(|digit| digit as usize);
        self.state = match (self.state, byte, digit) {
            (State::Begin, _, Some(digit)) => State::Size(digit, 1),
            (State::Size(size, digits), _, Some(digit)) if digits < 6 => {
                State::Size(size << 4 | digit, digits + 1)
            }
            (State::Size(size, _), b'\r', _) => State::SizeEnd(size),
            (State::SizeEnd(0), b'\n', _) => State::Last,
            (State::SizeEnd(size), b'\n', _) => State::Data(size),
            (State::Data(1), ..) => State::DataEnd,
            (State::Data(left), ..) => State::Data(left - 1),
            (State::DataEnd, b'\r', _) => State::DataEnded,
            (State::DataEnded, b'\n', _) => State::Begin,
            (State::Last, b'\r', _) => State::LastEnd,
            (State::LastEnd, b'\n', _) => State::Done,
            (state, ..) => panic!("{:?} is out of place: {state:?}", char::from(byte)),
        };
        is_data.then_some(byte)
    }
}

/// The events of a stream (WHATWG HTML, 9.2.6).
#[derive(Default)]
struct Events {
    line: Vec<u8>,
    id: Option<String>,
    event: String,
    data: Option<String>,
    retry: Option<Duration>,
    messages: VecDeque<Message>,
    /// What followed a head without chunks.
    rest: Vec<u8>,
}

impl Events {
    fn take(&mut self, byte: u8) {
        if byte != b'\n' {
            return self.line.push(byte);
        }
        let line = String::from_utf8(std::mem::take(&mut self.line)).unwrap();
        if line.is_empty() {
            return self.dispatch();
        }
        let (name, value) = line.split_once(':').unwrap_or((&line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match name {
            // A comment.
            "" => {}
            "id" => self.id = Some(value.to_owned()),
            "event" => value.clone_into(&mut self.event),
            "data" => match &mut self.data {
                Some(data) => data.extend(["\n", value]),
                None => self.data = Some(value.to_owned()),
            },
            "retry" => self.retry = Some(Duration::from_millis(value.parse().unwrap())),
            other => panic!("a field that nobody knows: {other}"),
        }
    }

    fn dispatch(&mut self) {
        let (id, event) = (self.id.take(), std::mem::take(&mut self.event));
        if let Some(data) = self.data.take() {
            self.messages.push_back(Message { id, event, data });
        }
    }
}
