//! More clients than there is room for, and one that takes all it can get.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use futures::{StreamExt, future::join_all, stream};
use serde_json::Value;
use tokio::{
    io::AsyncWriteExt,
    net::{TcpSocket, TcpStream},
    time::{sleep, timeout},
};

use crate::{
    alone,
    audience::{ALL, Audience},
    author::{Author, Telling},
    record::{Places, Plan, Target},
    stage::{PATIENCE, POLL, Stage, address},
    verdict::Verdict,
    wire::{Next, Wire},
};

const ALL_STREAMS: usize = 600;
const PER_CLIENT: usize = 200;

/// What one client tries at once.
const GREED: usize = 2_000;

/// Within what time others must be served from the moment on that one client begins to hold connections on which it says
/// nothing: those are given up afterwards, and if they were in the way, nobody would be served before.
const SERVED_WITHIN: Duration = Duration::from_secs(15);

/// Who a client is, as the proxy before the gateway tells.
fn client(number: u8) -> Vec<u8> {
    format!("x-forwarded-for: 10.0.0.{number}\r\n").into_bytes()
}

async fn stage() -> Stage {
    let limits = |launcher: testkit::service::Launcher| {
        launcher
            .set("gateway.max_streams", ALL_STREAMS)
            .set("gateway.streams_per_client", PER_CLIENT)
            .set("gateway.client_address_header", "x-forwarded-for")
    };
    Stage::with(limits).await
}

/// Opens as many streams as can be: those that are open, and how many were refused with `status`.
async fn open(place: SocketAddr, path: &str, who: u8, wanted: usize, status: u16) -> (Vec<Wire>, Vec<Wire>) {
    let lines = client(who);
    let opening = stream::iter(0..wanted).map(|_| async {
        let mut wire = Wire::connect(place, None).await.unwrap();
        let head = wire.ask(path, &lines).await.unwrap();
        if head.status == 200 {
            return (Some(wire), None);
        }
        assert_eq!(head.status, status);
        assert_eq!(head.header("content-type"), Some("application/problem+json"));
        let seconds: u64 = head.header("retry-after").unwrap().parse().unwrap();
        assert!(seconds >= 1);
        let problem: Value = serde_json::from_str(&wire.body(&head).await.unwrap()).unwrap();
        assert_eq!(problem["status"], status);
        (None, Some(wire))
    });
    let answers: Vec<_> = opening.buffer_unordered(100).collect().await;
    let (open, refused): (Vec<_>, Vec<_>) = answers.into_iter().unzip();
    (open.into_iter().flatten().collect(), refused.into_iter().flatten().collect())
}

/// A client gets as many streams as one may have, and all together as many as there may be; what is closed is free again.
#[tokio::test(flavor = "multi_thread")]
async fn streams_are_limited() {
    let _alone = alone().await;
    let stage = stage().await;
    let gateway = stage.deployment.gateway().await;
    let place = address(&gateway);
    let author = Author::new(&stage).await;
    let project = author.project("crowd").await;
    let mut script = author.ask(&project, "main", Telling::Aloud).await;
    let path = Target::Sync(script.id).path();
    // It keeps those that are refused for as long as there is room for them.
    let (greedy, _) = open(place, &path, 1, GREED / 2, 429).await;
    assert_eq!(greedy.len(), PER_CLIENT);
    let (none, refused) = open(place, &path, 1, GREED / 2, 429).await;
    assert_eq!((none.len(), refused.len()), (0, GREED / 2));
    drop(refused);
    let (second, _) = open(place, &path, 2, PER_CLIENT, 429).await;
    let (third, _) = open(place, &path, 3, PER_CLIENT, 429).await;
    assert_eq!((second.len(), third.len()), (PER_CLIENT, PER_CLIENT));
    // No room for anybody: also who is known for having too many is told so.
    for who in [4, 1] {
        let (none, refused) = open(place, &path, who, 20, 503).await;
        assert_eq!((none.len(), refused.len()), (0, 20));
    }
    // What is not a stream is answered all the same.
    let mut probe = Wire::connect(place, None).await.unwrap();
    assert_eq!(probe.ask("/healthz", b"").await.unwrap().status, 200);
    drop(greedy);
    // The gateway notices by and by that they are gone.
    let deadline = Instant::now() + PATIENCE;
    let mut again = Vec::new();
    while again.len() < PER_CLIENT {
        assert!(Instant::now() < deadline, "only {} places are free again", again.len());
        let mut wire = Wire::connect(place, None).await.unwrap();
        match wire.ask(&path, &client(1)).await.unwrap().status {
            200 => again.push(wire),
            429 | 503 => sleep(POLL).await,
            other => panic!("{other}"),
        }
    }
    // All who are in get everything.
    script.write(20, Duration::from_millis(10)).await;
    script.end().await;
    let reading = second.into_iter().chain(third).chain(again).map(|mut wire| async move {
        let mut messages = 0;
        loop {
            match timeout(PATIENCE, wire.next(ALL)).await.unwrap() {
                Next::Message(_) => messages += 1,
                end => return (messages, end),
            }
        }
    });
    for (messages, end) in join_all(reading).await {
        assert_eq!((messages, end), (1 + 21, Next::EndInOrder));
    }
}

/// Opens connections from another address of this machine, says something on each, and holds them.
async fn hold(place: SocketAddr, words: &str, count: usize) -> Vec<TcpStream> {
    let opening = stream::iter(0..count).map(|_| async {
        let socket = TcpSocket::new_v4().ok()?;
        socket.bind("127.0.0.2:0".parse().ok()?).ok()?;
        let mut connection = socket.connect(place).await.ok()?;
        // Fails where the gateway has closed it already.
        connection.write_all(words.as_bytes()).await.ok()?;
        Some(connection)
    });
    opening.buffer_unordered(100).filter_map(std::future::ready).collect().await
}

/// One client opens thousands of connections and keeps all of them, also those that were refused, and those on which it
/// never says a word: others are served all the same, and at once.
#[tokio::test(flavor = "multi_thread")]
async fn one_client_keeps_what_it_can_get() {
    let _alone = alone().await;
    let stage = Stage::with(|launcher| {
        launcher.set("gateway.max_streams", ALL_STREAMS).set("gateway.streams_per_client", PER_CLIENT)
    })
    .await;
    let gateway = stage.deployment.gateway().await;
    let place = address(&gateway);
    let author = Author::new(&stage).await;
    let project = author.project("crowd").await;
    let mut script = author.ask(&project, "main", Telling::Aloud).await;
    let path = Target::Sync(script.id).path();
    // More than there may be connections in all.
    let asked = hold(place, &format!("GET {path} HTTP/1.1\r\nHost: {place}\r\n\r\n"), GREED).await;
    let begun = Instant::now();
    let silent = hold(place, "", GREED).await;
    let mut audience = Audience::new(&Places::new([place]), &author.ledger);
    audience.add(50, &Plan::new(Target::Sync(script.id)));
    audience.listens(50).await;
    println!("others are served after {:.2} s", begun.elapsed().as_secs_f64());
    assert!(begun.elapsed() < SERVED_WITHIN, "{:?}", begun.elapsed());
    script.write(20, Duration::from_millis(10)).await;
    script.end().await;
    Verdict::of(&audience.records().await, &author.ledger);
    drop((asked, silent));
}
