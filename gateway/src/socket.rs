//! Writing a stream to a connection of its own, HTTP/1.1.
//!
//! hyper keeps a buffer of 8 KB for every connection, which nobody needs who only writes. This keeps a place in a ring,
//! and what is left of the one event that the kernel took a part of.

use std::{
    future::pending,
    io::{self, IoSlice},
    pin::Pin,
    time::{Duration, SystemTime},
};

use arrayvec::ArrayVec;
use bytes::{Buf, BufMut, Bytes, BytesMut};
use http::HeaderMap;
use socket2::SockRef;
use tokio::{
    io::AsyncWriteExt,
    net::TcpStream,
    sync::watch,
    time::{Sleep, sleep, timeout},
};

use crate::{
    feed::Subscription,
    frame::{Frame, LAST_CHUNK},
    gateway::{Gateway, Stream},
    heart::Beat,
    limits::Permit,
    routes::HEADERS,
    telemetry::Ended,
    topic::{Ahead, Cursor},
};

/// How many events are given to the kernel at once.
const FRAMES_AT_ONCE: usize = 16;

/// How long a client may take for a page of what it missed.
const PATIENCE: Duration = Duration::from_secs(30);

/// How much a client may send after its request before it is taken for broken, in bytes. None of it is looked at.
const MAX_RECEIVED: usize = 16 << 10;

/// After how many heartbeats without a byte taken a client is given up.
const MAX_STUCK: u8 = 2;

/// A connection to a client that is up to date.
pub(crate) struct Line {
    connection: TcpStream,
    live: Cursor,
    beat: watch::Receiver<Beat>,
    gateway: Gateway,
    /// What is left of a chunk that the kernel took a part of.
    rest: Bytes,
    /// How the stream ends when the rest is written.
    ending: Option<Ended>,
    /// Fires when the client is to be sent away.
    leaving: Option<Pin<Box<Sleep>>>,
    /// Something was written since the last heartbeat.
    has_moved: bool,
    /// For how many heartbeats nothing could be written.
    stuck: u8,
    received: usize,
    _permit: Permit,
}

/// What writing came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Pumped {
    /// Everything is written.
    Idle,
    /// The kernel takes nothing for now.
    Blocked,
    /// The end.
    Over(Ended),
}

/// Writes the head, what comes first and what the client missed. None if it went away meanwhile.
pub(crate) async fn begin(
    mut connection: TcpStream,
    gateway: Gateway,
    stream: Stream,
    more_headers: &HeaderMap,
) -> Option<Line> {
    let Stream { subscription: Subscription { first, mut missed, live }, beat, permit } = stream;
    // Without a bound, the kernel hides for minutes that a client does not read.
    let buffer = SockRef::from(&connection).set_send_buffer_size(gateway.settings().send_buffer_bytes);
    if let Err(error) = buffer {
        tracing::debug!(%error, "the send buffer stays as it is");
    }
    let mut page = head(more_headers);
    first.iter().for_each(|frame| page.put_slice(frame.chunk()));
    loop {
        match timeout(PATIENCE, connection.write_all(&page)).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => return give_up(Ended::Gone, &connection),
            Err(_) => return give_up(Ended::Slow, &connection),
        }
        let Some(replay) = &mut missed else { break };
        page.clear();
        match gateway.page(replay).await {
            Ok(Some(frames)) => frames.iter().for_each(|frame| page.put_slice(frame.chunk())),
            Ok(None) => missed = None,
            Err(_) => return give_up(Ended::Failed, &connection),
        }
    }
    Some(Line {
        connection,
        live,
        beat,
        gateway,
        rest: Bytes::new(),
        ending: None,
        leaving: None,
        has_moved: true,
        stuck: 0,
        received: 0,
        _permit: permit,
    })
}

fn give_up(ended: Ended, connection: &TcpStream) -> Option<Line> {
    ended.note();
    reset(connection);
    None
}

/// Lets the connection be cut off when it is closed: what the kernel still holds for a client that does not read would
/// keep it there.
fn reset(connection: &TcpStream) {
    // Fails only if it is cut off already.
    let _ = SockRef::from(connection).set_linger(Some(Duration::ZERO));
}

fn head(more: &HeaderMap) -> BytesMut {
    let mut head = BytesMut::with_capacity(1 << 10);
    head.put_slice(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\nconnection: close\r\ndate: ");
    head.put_slice(httpdate::fmt_http_date(SystemTime::now()).as_bytes());
    for (name, value) in HEADERS.iter().map(|(name, value)| (name, value)).chain(more) {
        head.put_slice(b"\r\n");
        head.put_slice(name.as_str().as_bytes());
        head.put_slice(b": ");
        head.put_slice(value.as_bytes());
    }
    head.put_slice(b"\r\n\r\n");
    head
}

impl Line {
    /// Writes until the end.
    pub(crate) async fn run(mut self) {
        let ended = loop {
            match self.pump() {
                Pumped::Over(ended) => break ended,
                pumped => {
                    if let Err(ended) = self.wait(pumped == Pumped::Blocked).await {
                        break ended;
                    }
                }
            }
        };
        ended.note();
        match ended {
            Ended::Completed | Ended::Drained if self.rest.is_empty() => {
                // Fails only if the client is gone, which is as well.
                let _ = self.connection.shutdown().await;
            }
            _ => reset(&self.connection),
        }
    }

    /// Writes what there is, as far as the kernel takes it.
    fn pump(&mut self) -> Pumped {
        loop {
            let written = if self.rest.is_empty() {
                if let Some(ended) = self.ending {
                    return Pumped::Over(ended);
                }
                match self.live.ahead() {
                    Ahead::Nothing => return Pumped::Idle,
                    Ahead::Gone => return Pumped::Over(Ended::Lagged),
                    Ahead::Ended => {
                        self.end(LAST_CHUNK, Ended::Completed);
                        continue;
                    }
                    Ahead::More => self.write_events(),
                }
            } else {
                self.connection.try_write(&self.rest).map(|written| self.rest.advance(written))
            };
            match written {
                Ok(()) => self.has_moved = true,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Pumped::Blocked,
                Err(_) => return Pumped::Over(Ended::Gone),
            }
        }
    }

    /// Writes some events at once.
    fn write_events(&mut self) -> io::Result<()> {
        let mut chunks = ArrayVec::<Bytes, FRAMES_AT_ONCE>::new();
        self.live.peek(FRAMES_AT_ONCE, |told| chunks.push(told.frame.chunk().clone()));
        let slices: ArrayVec<IoSlice<'_>, FRAMES_AT_ONCE> =
            chunks.iter().map(|chunk| IoSlice::new(chunk)).collect();
        let mut written = self.connection.try_write_vectored(&slices)?;
        let mut events = 0;
        for chunk in &chunks {
            if written == 0 {
                break;
            }
            events += 1;
            if written < chunk.len() {
                self.rest = chunk.slice(written..);
                break;
            }
            written -= chunk.len();
        }
        self.live.skip(events);
        self.gateway.count_deliveries(events);
        Ok(())
    }

    /// Ends after `last`.
    fn end(&mut self, last: Bytes, ended: Ended) {
        self.rest = last;
        self.ending = Some(ended);
    }

    /// Waits until there is something to do.
    async fn wait(&mut self, is_blocked: bool) -> Result<(), Ended> {
        let leaving = async {
            match &mut self.leaving {
                Some(moment) => moment.await,
                None => pending().await,
            }
        };
        tokio::select! {
            () = self.live.changed(), if !is_blocked => Ok(()),
            writable = self.connection.writable(), if is_blocked => writable.map_err(|_| Ended::Gone),
            readable = self.connection.readable() => {
                readable.map_err(|_| Ended::Gone)?;
                self.discard()
            }
            _ = self.beat.changed() => self.feel_beat(is_blocked),
            () = leaving => self.leave(),
        }
    }

    /// Notices that a client goes away. Whatever else it sends is of no interest.
    fn discard(&mut self) -> Result<(), Ended> {
        let mut bytes = [0; 256];
        match self.connection.try_read(&mut bytes) {
            Ok(read) if read > 0 && self.received < MAX_RECEIVED => {
                self.received += read;
                Ok(())
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(()),
            Ok(_) | Err(_) => Err(Ended::Gone),
        }
    }

    fn feel_beat(&mut self, is_blocked: bool) -> Result<(), Ended> {
        if self.beat.borrow_and_update().is_draining {
            let gateway = &self.gateway;
            self.leaving.get_or_insert_with(|| Box::pin(sleep(gateway.time_to_go())));
            return Ok(());
        }
        let has_moved = std::mem::take(&mut self.has_moved);
        self.stuck = if is_blocked && !has_moved { self.stuck + 1 } else { 0 };
        if self.stuck >= MAX_STUCK {
            return Err(Ended::Slow);
        }
        if is_blocked && self.live.ahead() == Ahead::Gone {
            return Err(Ended::Lagged);
        }
        if !is_blocked && !has_moved && self.rest.is_empty() {
            self.rest = Frame::heartbeat().chunk().clone();
        }
        Ok(())
    }

    /// Sends the client away, to come again.
    fn leave(&mut self) -> Result<(), Ended> {
        self.leaving = None;
        if self.ending.is_some() {
            return Ok(());
        }
        if !self.rest.is_empty() {
            return Err(Ended::Drained);
        }
        let mut last = BytesMut::from(&self.gateway.farewell().chunk()[..]);
        last.put_slice(&LAST_CHUNK);
        self.end(last.freeze(), Ended::Drained);
        Ok(())
    }
}
