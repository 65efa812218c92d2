//! HTTP/2, misused frame by frame.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::tcp::OwnedWriteHalf,
    time::timeout,
};

use crate::Victim;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// `GET /` of localhost, in HPACK without a table.
const GET: &[u8] = b"\x82\x86\x84\x41\x09localhost";

const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const GOAWAY: u8 = 7;
const CONTINUATION: u8 = 9;

const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

/// How long misuse may go on.
const PATIENCE: Duration = Duration::from_secs(60);

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = &(payload.len() as u32).to_be_bytes()[1..];
    [length, &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// Sends pieces until the server ends the connection; gives the kinds of frames that it answered, and how many bytes it
/// took.
async fn misuse(
    victim: &Victim,
    first: &[u8],
    piece: impl Fn(u32) -> Vec<u8> + Send + 'static,
) -> (Vec<u8>, usize) {
    /// More would not be taken from anybody.
    const MOST_PIECES: u32 = 200_000;
    let (mut reader, mut writer) = victim.connect().await.into_split();
    let begin = [PREFACE, &frame(SETTINGS, 0, 0, &[]), first].concat();
    writer.write_all(&begin).await.unwrap();
    let writing = tokio::spawn(async move {
        let mut sent = 0;
        for number in 0..MOST_PIECES {
            let piece = piece(number);
            if send(&mut writer, &piece).await.is_err() {
                return Some(sent);
            }
            sent += piece.len();
        }
        None
    });
    let mut answer = Vec::new();
    let mut part = [0; 4_096];
    let reading = async {
        while let Ok(count @ 1..) = reader.read(&mut part).await {
            answer.extend_from_slice(&part[..count]);
        }
    };
    timeout(PATIENCE, reading).await.expect("the connection goes on");
    let sent = timeout(PATIENCE, writing).await.unwrap().unwrap();
    (kinds(&answer), sent.expect("all of it was taken"))
}

async fn send(writer: &mut OwnedWriteHalf, piece: &[u8]) -> std::io::Result<()> {
    writer.write_all(piece).await
}

fn kinds(mut answer: &[u8]) -> Vec<u8> {
    let mut kinds = Vec::new();
    while let [a, b, c, kind, rest @ ..] = answer {
        kinds.push(*kind);
        let length = u32::from_be_bytes([0, *a, *b, *c]) as usize;
        answer = rest.get(5 + length..).unwrap_or_default();
    }
    kinds
}

/// Requests that are taken back at once cost the client nothing and the server much: it puts up with a few.
#[tokio::test(flavor = "multi_thread")]
async fn requests_that_are_taken_back_end_the_connection() {
    let victim = Victim::start().await;
    let (kinds, _) = misuse(&victim, &[], |number| {
        let stream = number * 2 + 1;
        let request = frame(HEADERS, END_STREAM | END_HEADERS, stream, GET);
        [request, frame(RST_STREAM, 0, stream, &8u32.to_be_bytes())].concat()
    })
    .await;
    assert!(kinds.contains(&GOAWAY), "{kinds:?}");
    victim.must_serve().await;
}

/// A head that never ends is not gathered.
#[tokio::test(flavor = "multi_thread")]
async fn headers_without_end_end_the_connection() {
    /// What of it is taken, kernel buffers included, in bytes.
    const MOST: usize = 16 << 20;
    let victim = Victim::start().await;
    let field = [b"\x00\x01x\x7f\x81\x01", &[b'y'; 256][..]].concat();
    let first = frame(HEADERS, END_STREAM, 1, GET);
    let (_, sent) = misuse(&victim, &first, move |_| frame(CONTINUATION, 0, 1, &field.repeat(50))).await;
    assert!(sent < MOST, "{sent}");
    victim.must_serve().await;
}
