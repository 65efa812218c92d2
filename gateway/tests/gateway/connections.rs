//! What holds for connections, whoever writes them.

use std::time::Duration;

use bus::Event;
use project_sync_gateway::Settings;
use reqwest::{Client as Http, Version};
use testkit::{database::TestDatabase, on_each_database};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    time::timeout,
};

use crate::{
    client::{Follower, Message, PATIENCE, Piece, get},
    stage::{Stage, warning},
};

/// The pause between two looks at what the gateway does.
const PAUSE: Duration = Duration::from_millis(20);

async fn sqlite(settings: Settings) -> Stage {
    Stage::new(TestDatabase::sqlite().await, settings).await
}

#[tokio::test(flavor = "multi_thread")]
async fn every_way_to_connect_shows_the_same() {
    let stage = sqlite(Settings::default()).await;
    let sync = stage.ask(&stage.branch("main").await).await.id;
    let url = stage.sync_url(sync);
    let own = get(&Http::new(), &url, None).await;
    // A connection that was used before is in the hands of hyper.
    let used = Http::new();
    let gone = used.get(format!("{}/nothing", stage.address)).send().await.unwrap();
    assert_eq!(gone.status(), 404);
    gone.bytes().await.unwrap();
    let used = get(&used, &url, None).await;
    let http2 = Http::builder().http2_prior_knowledge().build().unwrap();
    let http2 = get(&http2, &url, None).await;
    assert_eq!(
        [own.version(), used.version(), http2.version()],
        [Version::HTTP_11, Version::HTTP_11, Version::HTTP_2]
    );
    assert_eq!(own.headers()["connection"], "close");
    assert!(used.headers().get("connection").is_none());
    let mut followers = [own, used, http2].map(Follower::of);
    for follower in &mut followers {
        assert_eq!(follower.next().await.unwrap().event, "snapshot");
    }
    for seq in 2..200 {
        stage.tell(sync, seq, warning("ä".repeat(100))).await;
    }
    stage.tell(sync, 200, Event::Cancelled {}).await;
    let mut all = Vec::new();
    for follower in followers {
        all.push(follower.rest().await);
    }
    assert_eq!(all[0].iter().map(Message::seq).collect::<Vec<_>>(), (2..=200).collect::<Vec<_>>());
    assert!(all[0] == all[1] && all[1] == all[2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_are_limited_in_all_and_by_client() {
    let stage = sqlite(Settings {
        max_streams: 3,
        streams_per_client: 2,
        client_address_header: "x-real-ip".to_owned(),
        ..Default::default()
    })
    .await;
    let url = stage.sync_url(stage.ask(&stage.branch("main").await).await.id);
    let ask = async |client: &str| Http::new().get(&url).header("x-real-ip", client).send().await.unwrap();
    let mut first = Follower::of(ask("10.0.0.1").await);
    let _second = Follower::of(ask("10.0.0.1").await);
    let full = ask("10.0.0.1").await;
    assert_eq!((full.status().as_u16(), full.headers()["retry-after"].to_str().unwrap()), (429, "5"));
    assert!(full.text().await.unwrap().contains("problem:too-many-streams"));
    let _third = Follower::of(ask("10.0.0.2").await);
    let full = ask("10.0.0.3").await;
    assert_eq!(full.status().as_u16(), 503);
    assert!(full.text().await.unwrap().contains("problem:no-room"));
    first.next().await.unwrap();
    drop(first);
    // The server notices without having anything to send.
    let again = async {
        while ask("10.0.0.3").await.status().as_u16() != 200 {
            tokio::time::sleep(PAUSE).await;
        }
    };
    timeout(PATIENCE, again).await.expect("the place is not free");
}

#[tokio::test(flavor = "multi_thread")]
async fn quiet_streams_have_a_heartbeat_and_are_told_when_to_come_again() {
    let stage =
        sqlite(Settings { heartbeat_seconds: 1, retry_milliseconds: 500, ..Default::default() }).await;
    let url = stage.sync_url(stage.ask(&stage.branch("main").await).await.id);
    let http2 = Http::builder().http2_prior_knowledge().build().unwrap();
    for http in [Http::new(), http2] {
        let mut follower = Follower::of(get(&http, &url, None).await);
        let Some(Piece::Retry(retry)) = follower.piece().await.unwrap() else { panic!("no retry") };
        assert!((250..=750).contains(&retry), "{retry}");
        assert!(matches!(follower.piece().await.unwrap(), Some(Piece::Message(_))));
        assert_eq!(follower.piece().await.unwrap(), Some(Piece::Comment));
        assert_eq!(follower.piece().await.unwrap(), Some(Piece::Comment));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_are_sent_away_in_order() {
    let mut stage = sqlite(Settings::default()).await;
    let url = stage.sync_url(stage.ask(&stage.branch("main").await).await.id);
    let http2 = Http::builder().http2_prior_knowledge().build().unwrap();
    let mut followers = Vec::new();
    for http in [Http::new(), Http::new(), http2] {
        let mut follower = Follower::of(get(&http, &url, None).await);
        follower.next().await.unwrap();
        followers.push(follower);
    }
    stage.begin_to_stop();
    for mut follower in followers {
        let mut piece = follower.piece().await.unwrap();
        // A heartbeat may have been due before.
        while piece == Some(Piece::Comment) {
            piece = follower.piece().await.unwrap();
        }
        let Some(Piece::Retry(retry)) = piece else { panic!("no retry: {piece:?}") };
        assert!(retry < 3_000, "{retry}");
        assert_eq!(follower.piece().await.unwrap(), None, "the body ends as it should");
    }
    timeout(PATIENCE, stage.stop()).await.expect("the gateway does not end");
}

/// Asks for a stream over a connection whose kernel buffers are small, and reads nothing.
async fn lazy(stage: &Stage, path: &str) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4_096).unwrap();
    let mut connection =
        socket.connect(stage.address.trim_start_matches("http://").parse().unwrap()).await.unwrap();
    connection.write_all(format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes()).await.unwrap();
    connection
}

on_each_database! {
    async fn who_does_not_read_is_cut_off_and_comes_again(database: TestDatabase) {
        let settings = Settings { send_buffer_bytes: 4_096, heartbeat_seconds: 1, ..Default::default() };
        let stage = Stage::new(database, settings).await;
        let sync = stage.ask(&stage.branch("main").await).await.id;
        let url = stage.sync_url(sync);
        let mut lazy = lazy(&stage, url.trim_start_matches(&stage.address)).await;
        let mut reader = Follower::new(&url, None).await;
        reader.next().await.unwrap();
        for seq in 2..=400 {
            stage.tell(sync, seq, warning("x".repeat(2_000))).await;
            // Nobody waits for the one that does not read.
            assert_eq!(reader.next().await.unwrap().seq(), seq);
        }
        let mut text = Vec::new();
        let cut = timeout(PATIENCE, async {
            // Begins to read only when it was cut off: until then there is nothing to be noticed by.
            lazy.ready(tokio::io::Interest::ERROR).await.unwrap();
            lazy.read_to_end(&mut text).await
        });
        assert!(cut.await.expect("it is not cut off").is_err());
        let text = String::from_utf8_lossy(&text).into_owned();
        let last = text.rsplit("\nid: ").next().and_then(|rest| rest.split_once('\n')).map_or("0", |(id, _)| id);
        let last = if text.contains("event: ") { last.to_owned() } else { "1".to_owned() };
        stage.tell(sync, 401, Event::Cancelled {}).await;
        let rest = Follower::new(&url, Some(&last)).await.rest().await;
        let seqs: Vec<i64> = rest.iter().map(Message::seq).collect();
        assert_eq!(seqs, (last.parse::<i64>().unwrap() + 1..=401).collect::<Vec<_>>());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_does_not_come_is_not_waited_for_by_others() {
    let stage = sqlite(Settings::default()).await;
    let url = stage.sync_url(stage.ask(&stage.branch("main").await).await.id);
    let mut halves = Vec::new();
    for _ in 0..50 {
        let mut half = TcpStream::connect(stage.address.trim_start_matches("http://")).await.unwrap();
        half.write_all(b"GET /api/v1/events/project-").await.unwrap();
        halves.push(half);
    }
    let mut follower = Follower::new(&url, None).await;
    assert_eq!(follower.next().await.unwrap().event, "snapshot");
    // Those that were not waited for are waiting still: the other half may come later.
    let mut half = halves.pop().unwrap();
    let rest = url.split("project-").nth(1).unwrap();
    half.write_all(format!("{rest} HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes()).await.unwrap();
    let mut answer = [0; 15];
    timeout(PATIENCE, half.read_exact(&mut answer)).await.unwrap().unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200 OK");
}
