//! Writing a stream to a connection of its own, HTTP/1.1.
//!
//! hyper keeps a buffer of 8 KB for every connection, which nobody needs who only writes. This keeps a place in a ring,
//! and what is left of the one event that the kernel took a part of.

use std::{
    future::pending,
    io::{self, IoSlice},
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use arrayvec::ArrayVec;
use bytes::{Buf, BufMut, Bytes, BytesMut};
use http::HeaderMap;
use socket2::SockRef;
use tokio::{
    io::AsyncWriteExt,
    net::TcpStream,
    sync::{Notify, watch},
    time::{Sleep, sleep, timeout},
};

use crate::{
    audience::{Member, Seat},
    feed::Subscription,
    frame::{Frame, LAST_CHUNK},
    gateway::{Gateway, Stream},
    heart::Beat,
    limits::Permit,
    routes::HEADERS,
    telemetry::Ended,
    topic::{Ahead, Cursor},
    welcome::{Answer, Welcome},
};

/// How many events are given to the kernel at once.
const FRAMES_AT_ONCE: usize = 16;

/// How long a client may take for a page of what it missed.
const PATIENCE: Duration = Duration::from_secs(30);

/// How much a client may send after its request before it is taken for broken, in bytes. None of it is looked at.
const MAX_RECEIVED: usize = 16 << 10;

/// After how many heartbeats without a byte taken a client is given up.
const MAX_STUCK: u8 = 2;

/// A connection to a client that is up to date. Its task waits for what goes wrong; what is told is written by the
/// speaker of the topic, who calls [`Member::pump`].
pub(crate) struct Line {
    connection: TcpStream,
    gateway: Gateway,
    writing: Mutex<Writing>,
    /// Wakes the task: nothing can be written for now, or nothing more is to be written.
    alarm: Notify,
}

/// How far a connection is written.
struct Writing {
    live: Cursor,
    /// What is left of a chunk that the kernel took a part of.
    rest: Bytes,
    /// How the stream ends when the rest is written.
    ending: Option<Ended>,
    /// What writing came to last.
    pumped: Pumped,
    /// Something was written since the last heartbeat.
    has_moved: bool,
}

/// What the task of a connection keeps.
pub(crate) struct Watch {
    line: Arc<Line>,
    seat: Seat,
    beat: watch::Receiver<Beat>,
    /// Fires when the client is to be sent away.
    leaving: Option<Pin<Box<Sleep>>>,
    /// Whether the client may stay is asked from time to time; of one whom nobody asked at the door, never.
    welcome: Option<Box<Welcome>>,
    /// The door's answer, while it is awaited.
    asking: Option<Answer>,
    /// For how many heartbeats nothing could be written.
    stuck: u8,
    received: usize,
    permit: Permit,
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
    welcome: Option<Box<Welcome>>,
) -> Option<Watch> {
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
    let topic = Arc::clone(live.topic());
    let writing = Writing { live, rest: Bytes::new(), ending: None, pumped: Pumped::Idle, has_moved: true };
    let line = Arc::new(Line { connection, gateway, writing: Mutex::new(writing), alarm: Notify::new() });
    let seat = topic.seat(Arc::clone(&line) as Arc<dyn Member>);
    Some(Watch { line, seat, beat, leaving: None, welcome, asking: None, stuck: 0, received: 0, permit })
}

fn give_up(ended: Ended, connection: &TcpStream) -> Option<Watch> {
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

impl Member for Line {
    fn pump(&self) {
        let mut writing = self.writing();
        let before = writing.pumped;
        // Where the kernel takes nothing, the task waits for it; who is over is on the way out.
        if before != Pumped::Idle {
            return;
        }
        writing.pumped = self.write(&mut writing);
        if writing.pumped != Pumped::Idle {
            self.alarm.notify_one();
        }
    }
}

impl Line {
    fn writing(&self) -> MutexGuard<'_, Writing> {
        // A panic in there would leave a stream that is broken off, which its client notices.
        self.writing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes what there is, as far as the kernel takes it.
    fn write(&self, writing: &mut Writing) -> Pumped {
        loop {
            let written = if writing.rest.is_empty() {
                if let Some(ended) = writing.ending {
                    return Pumped::Over(ended);
                }
                match self.write_events(writing) {
                    Ok(Ahead::More) => Ok(()),
                    Ok(Ahead::Nothing) => return Pumped::Idle,
                    Ok(Ahead::Gone) => return Pumped::Over(Ended::Lagged),
                    Ok(Ahead::Ended) => {
                        writing.end(LAST_CHUNK, Ended::Completed);
                        continue;
                    }
                    Err(error) => Err(error),
                }
            } else {
                self.connection.try_write(&writing.rest).map(|written| writing.rest.advance(written))
            };
            match written {
                Ok(()) => writing.has_moved = true,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Pumped::Blocked,
                Err(_) => return Pumped::Over(Ended::Gone),
            }
        }
    }

    /// Writes some events at once.
    fn write_events(&self, writing: &mut Writing) -> io::Result<Ahead> {
        let mut chunks = ArrayVec::<Bytes, FRAMES_AT_ONCE>::new();
        let ahead = writing.live.peek(FRAMES_AT_ONCE, |told| chunks.push(told.frame.chunk().clone()));
        let mut written = match &*chunks {
            [] => return Ok(ahead),
            // What there mostly is costs the kernel less this way.
            [chunk] => self.connection.try_write(chunk)?,
            chunks => {
                let slices: ArrayVec<IoSlice<'_>, FRAMES_AT_ONCE> =
                    chunks.iter().map(|chunk| IoSlice::new(chunk)).collect();
                self.connection.try_write_vectored(&slices)?
            }
        };
        let mut events = 0;
        for chunk in &chunks {
            if written == 0 {
                break;
            }
            events += 1;
            if written < chunk.len() {
                writing.rest = chunk.slice(written..);
                break;
            }
            written -= chunk.len();
        }
        writing.live.skip(events);
        self.gateway.count_deliveries(events);
        Ok(ahead)
    }
}

impl Writing {
    /// Ends after `last`.
    fn end(&mut self, last: Bytes, ended: Ended) {
        self.rest = last;
        self.ending = Some(ended);
    }
}

impl Watch {
    /// Watches until the end.
    pub(crate) async fn run(mut self) {
        // What was told before there was a seat.
        self.line.pump();
        let ended = loop {
            let pumped = self.line.writing().pumped;
            if let Pumped::Over(ended) = pumped {
                break ended;
            }
            if let Err(ended) = self.wait(pumped == Pumped::Blocked).await {
                break ended;
            }
        };
        ended.note();
        let Self { line, seat, permit, .. } = self;
        drop(seat);
        let is_whole = line.writing().rest.is_empty();
        if !(is_whole && matches!(ended, Ended::Completed | Ended::Drained | Ended::Dismissed)) {
            reset(&line.connection);
        }
        // The last one to hold the connection closes it: the speaker may for a moment.
        drop(line);
        drop(permit);
    }

    /// Waits until there is something to do, and does it.
    async fn wait(&mut self, is_blocked: bool) -> Result<(), Ended> {
        let leaving = async {
            match &mut self.leaving {
                Some(moment) => moment.await,
                None => pending().await,
            }
        };
        let may_stay = async {
            match &mut self.asking {
                Some(answer) => answer.await,
                None => pending().await,
            }
        };
        tokio::select! {
            () = self.line.alarm.notified() => Ok(()),
            may_stay = may_stay => {
                self.asking = None;
                if may_stay { Ok(()) } else { self.dismiss() }
            }
            writable = self.line.connection.writable(), if is_blocked => {
                writable.map_err(|_| Ended::Gone)?;
                self.line.writing().pumped = Pumped::Idle;
                self.line.pump();
                Ok(())
            }
            readable = self.line.connection.readable() => {
                readable.map_err(|_| Ended::Gone)?;
                self.discard()
            }
            _ = self.beat.changed() => self.feel_beat(),
            () = leaving => self.leave(),
        }
    }

    /// Notices that a client goes away. Whatever else it sends is of no interest.
    fn discard(&mut self) -> Result<(), Ended> {
        let mut bytes = [0; 256];
        match self.line.connection.try_read(&mut bytes) {
            Ok(read) if read > 0 && self.received < MAX_RECEIVED => {
                self.received += read;
                Ok(())
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(()),
            Ok(_) | Err(_) => Err(Ended::Gone),
        }
    }

    fn feel_beat(&mut self) -> Result<(), Ended> {
        if self.beat.borrow_and_update().is_draining {
            let gateway = &self.line.gateway;
            self.leaving.get_or_insert_with(|| Box::pin(sleep(gateway.time_to_go())));
            return Ok(());
        }
        if self.asking.is_none() {
            self.asking = self.welcome.as_mut().and_then(|welcome| welcome.ask_again());
        }
        let mut writing = self.line.writing();
        let has_moved = std::mem::take(&mut writing.has_moved);
        let is_blocked = writing.pumped == Pumped::Blocked;
        self.stuck = if is_blocked && !has_moved { self.stuck + 1 } else { 0 };
        if self.stuck >= MAX_STUCK {
            return Err(Ended::Slow);
        }
        if is_blocked && writing.live.peek(0, |_| {}) == Ahead::Gone {
            return Err(Ended::Lagged);
        }
        if writing.pumped == Pumped::Idle && !has_moved && writing.rest.is_empty() {
            writing.rest = Frame::heartbeat().chunk().clone();
            drop(writing);
            self.line.pump();
            // A heartbeat is no sign that there was anything to say.
            self.line.writing().has_moved = false;
        }
        Ok(())
    }

    /// Sends a client away who may not be here any more. The stream ends in order: who comes again is told why not.
    fn dismiss(&self) -> Result<(), Ended> {
        let mut writing = self.line.writing();
        if !writing.rest.is_empty() || writing.ending.is_some() {
            return Err(Ended::Dismissed);
        }
        writing.end(LAST_CHUNK, Ended::Dismissed);
        drop(writing);
        self.line.pump();
        Ok(())
    }

    /// Sends the client away, to come again.
    fn leave(&mut self) -> Result<(), Ended> {
        self.leaving = None;
        let mut writing = self.line.writing();
        if writing.ending.is_some() {
            return Ok(());
        }
        if !writing.rest.is_empty() {
            return Err(Ended::Drained);
        }
        let mut last = BytesMut::from(&self.line.gateway.farewell().chunk()[..]);
        last.put_slice(&LAST_CHUNK);
        writing.end(last.freeze(), Ended::Drained);
        drop(writing);
        self.line.pump();
        Ok(())
    }
}
