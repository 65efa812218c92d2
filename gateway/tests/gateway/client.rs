//! A client of a stream.

use std::time::Duration;

use futures::StreamExt;
use reqwest::{Client as Http, Response, StatusCode};
use serde_json::Value;

/// How long anything may take that must happen.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// An event of a stream.
#[derive(Clone, PartialEq, Debug)]
pub struct Message {
    pub id: Option<String>,
    pub event: String,
    pub data: Value,
}

impl Message {
    /// The number of the event within its sync.
    pub fn seq(&self) -> i64 {
        self.data["seq"].as_i64().unwrap()
    }
}

/// What comes over a stream.
#[derive(Clone, PartialEq, Debug)]
pub enum Piece {
    Message(Message),
    Comment,
    Retry(u64),
}

/// A stream that is read.
pub struct Follower {
    response: futures::stream::BoxStream<'static, reqwest::Result<bytes::Bytes>>,
    /// What was read and is no whole piece yet: a chunk may end within a letter.
    bytes: Vec<u8>,
}

/// Asks for a stream.
pub async fn get(http: &Http, url: &str, last_event_id: Option<&str>) -> Response {
    let mut request = http.get(url);
    if let Some(id) = last_event_id {
        request = request.header("last-event-id", id);
    }
    request.send().await.unwrap()
}

impl Follower {
    /// Follows a stream that must be there.
    pub async fn new(url: &str, last_event_id: Option<&str>) -> Self {
        Self::of(get(&Http::new(), url, last_event_id).await)
    }

    pub fn of(response: Response) -> Self {
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert_eq!(response.headers()["cache-control"], "no-store");
        assert_eq!(response.headers()["x-accel-buffering"], "no");
        Self { response: response.bytes_stream().boxed(), bytes: Vec::new() }
    }

    /// What comes next. None at the end, an error if the stream is cut off.
    pub async fn piece(&mut self) -> Result<Option<Piece>, reqwest::Error> {
        let read = async {
            loop {
                if let Some(end) = self.bytes.windows(2).position(|pair| pair == b"\n\n") {
                    let piece = parse(std::str::from_utf8(&self.bytes[..end]).unwrap());
                    self.bytes.drain(..end + 2);
                    return Ok(Some(piece));
                }
                match self.response.next().await {
                    Some(bytes) => self.bytes.extend_from_slice(&bytes?),
                    None => {
                        assert!(self.bytes.is_empty(), "the stream ends within an event");
                        return Ok(None);
                    }
                }
            }
        };
        tokio::time::timeout(PATIENCE, read).await.expect("nothing came in time")
    }

    /// The next event. None at the end.
    pub async fn next(&mut self) -> Option<Message> {
        loop {
            match self.piece().await.unwrap() {
                Some(Piece::Message(message)) => return Some(message),
                Some(_) => {}
                None => return None,
            }
        }
    }

    /// The next events.
    pub async fn some(&mut self, count: usize) -> Vec<Message> {
        let mut messages = Vec::new();
        while messages.len() < count {
            messages.push(self.next().await.expect("the stream ended"));
        }
        messages
    }

    /// All events up to the end.
    pub async fn rest(mut self) -> Vec<Message> {
        let mut messages = Vec::new();
        while let Some(message) = self.next().await {
            messages.push(message);
        }
        messages
    }
}

fn parse(piece: &str) -> Piece {
    if piece == ":" {
        return Piece::Comment;
    }
    if let Some(retry) = piece.strip_prefix("retry: ") {
        return Piece::Retry(retry.parse().unwrap());
    }
    let (mut id, mut event, mut data) = (None, None, None);
    for line in piece.lines() {
        let (field, value) = line.split_once(": ").unwrap();
        let slot = match field {
            "id" => &mut id,
            "event" => &mut event,
            "data" => &mut data,
            _ => panic!("{line}"),
        };
        assert!(slot.replace(value.to_owned()).is_none(), "{piece}");
    }
    Piece::Message(Message { id, event: event.unwrap(), data: serde_json::from_str(&data.unwrap()).unwrap() })
}
