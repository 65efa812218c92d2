//! Who is slow: with the head of a request, with its body, with reading, or with everything.

use std::time::{Duration, Instant};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, Interest},
    net::{TcpSocket, TcpStream},
    time::{interval, timeout},
};

use crate::Victim;

/// How long the server waits for the head of a request, and for anything to happen on a connection.
const HEAD: Duration = Duration::from_secs(15);

/// How long it waits for a body.
const BODY: Duration = Duration::from_secs(10);

/// How long a client of HTTP/2 may be silent: it is asked whether it is there, and has as long again to say so.
const HTTP2: Duration = Duration::from_secs(40);

/// How long it waits for somebody to read.
const READ: Duration = Duration::from_secs(30);

/// What a busy machine takes besides.
const SPARE: Duration = Duration::from_secs(15);

/// How many of each kind come at the same time.
const EACH: usize = 25;

/// Beginnings that nothing follows, and how long they are waited for.
const BEGINNINGS: [(&str, Duration); 8] = [
    ("", HEAD),
    ("P", HEAD),
    ("PRI * HTTP/2.0\r\n\r\nSM", HEAD),
    ("GET /api/v1/events/project-sync/", HEAD),
    ("GET /api/v1/projects HTTP/1.1\r\nHost: localhost\r\nX-Long: x", HEAD),
    ("GET /api/v1/projects HTTP/1.1\r\nHost: localhost\r\n\r\n", HEAD),
    (
        "POST /api/v1/projects HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
         Content-Length: 1000\r\n\r\n{\"n",
        BODY.saturating_add(HEAD),
    ),
    ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0", HTTP2),
];

/// Waits for the server to end a connection.
async fn ended(mut connection: TcpStream, what: &str, patience: Duration) {
    let begin = Instant::now();
    let reading = async {
        let mut piece = [0; 4_096];
        while connection.read(&mut piece).await.is_ok_and(|count| count > 0) {}
    };
    let end = timeout(patience + SPARE, reading).await;
    assert!(end.is_ok(), "after {:?}, {what:?} is still waited for", begin.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_go_on_is_sent_away_and_others_are_served() {
    let victim = Victim::start().await;
    let mut waiting = Vec::new();
    for (beginning, patience) in BEGINNINGS {
        for _ in 0..EACH {
            let mut connection = victim.connect().await;
            connection.write_all(beginning.as_bytes()).await.unwrap();
            waiting.push(tokio::spawn(ended(connection, beginning, patience)));
        }
    }
    victim.must_serve().await;
    for one in waiting {
        one.await.unwrap();
    }
    victim.must_serve().await;
}

/// One byte a second keeps no connection: what counts is when the head is complete.
#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_trickles_in_is_not_waited_for() {
    let victim = Victim::start().await;
    for beginning in ["GET /api/v1/events/projects/", "GET /api/v1/projects HTTP/1.1\r\nX: "] {
        let (mut reader, mut writer) = victim.connect().await.into_split();
        writer.write_all(beginning.as_bytes()).await.unwrap();
        let trickle = tokio::spawn(async move {
            let mut pace = interval(Duration::from_secs(1));
            while writer.write_all(b"x").await.is_ok() {
                pace.tick().await;
            }
        });
        let mut rest = Vec::new();
        let end = timeout(HEAD + SPARE, reader.read_to_end(&mut rest)).await;
        assert!(end.is_ok(), "{beginning}");
        trickle.abort();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_for_much_and_reads_nothing_is_sent_away() {
    /// How often the largest answer is asked for: more than the kernel holds for both sides.
    const ASKED: usize = 400;
    let victim = Victim::start().await;
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4_096).unwrap();
    let connection = socket.connect(victim.address()).await.unwrap();
    let (reader, mut writer) = connection.into_split();
    let asking = tokio::spawn(async move {
        for _ in 0..ASKED {
            let request = b"GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n";
            if writer.write_all(request).await.is_err() {
                break;
            }
        }
        writer
    });
    let cut = timeout(READ + SPARE, reader.ready(Interest::ERROR)).await;
    assert!(cut.is_ok(), "who reads nothing is still waited for");
    asking.abort();
    victim.must_serve().await;
}

/// More connections than one client may have: those above are closed at once, and whoever has one is served.
#[tokio::test(flavor = "multi_thread")]
async fn one_client_cannot_take_all_connections() {
    /// `gateway.streams_per_client` and what is spare.
    const MOST: usize = 600;
    let victim = Victim::start().await;
    let mut all = Vec::new();
    for _ in 0..MOST + 50 {
        all.push(victim.connect().await);
    }
    let mut refused = 0;
    for connection in &mut all[MOST..] {
        let mut byte = [0; 1];
        // Long before anybody is sent away for being slow.
        let end = timeout(HEAD / 2, connection.read(&mut byte)).await;
        refused += usize::from(end.is_ok_and(|end| !matches!(end, Ok(1))));
    }
    assert_eq!(refused, 50);
    drop(all);
    victim.must_serve().await;
}
