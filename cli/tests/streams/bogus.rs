//! Clients that say that they have seen what nobody told them.

use std::net::SocketAddr;

use tokio::time::timeout;

use crate::{
    alone,
    audience::ALL,
    author::{Author, Telling},
    record::Target,
    stage::{PATIENCE, Stage, address},
    wire::{Next, Wire},
};

/// Events of the syncs here, but for the last one.
const EVENTS: i64 = 21;

/// What is no id of any stream: as it stands in the header, bytes and all.
fn nonsense() -> Vec<Vec<u8>> {
    let mut all: Vec<Vec<u8>> = [
        "-1",
        "-9223372036854775808",
        "9223372036854775808",
        "99999999999999999999999999",
        "text",
        "null",
        "5.5",
        "5,6",
        "0x10",
        "007",
        "1e3",
        "5 6",
        "'; DROP TABLE sync_events; --",
        "17.15-203.16-7x",
    ]
    .map(|text| text.as_bytes().to_vec())
    .to_vec();
    all.push(b"\xff\xfe\x80".to_vec());
    all.push("ünïcödé".as_bytes().to_vec());
    // What our own writer looks at, and what is left to hyper.
    for length in [10_000, 20_000] {
        all.push(vec![b'x'; length]);
        all.push(vec![b'7'; length]);
    }
    all
}

fn line(id: &[u8]) -> Vec<u8> {
    [b"Last-Event-ID: ", id, b"\r\n"].concat()
}

/// The first messages of a stream: the type and the id of each. With its end, if it comes before that many.
struct Stream {
    wire: Wire,
    status: u16,
}

impl Stream {
    async fn open(place: SocketAddr, path: &str, lines: &[u8]) -> Self {
        let mut wire = Wire::connect(place, None).await.unwrap();
        let head = wire.ask(path, lines).await.unwrap();
        Self { wire, status: head.status }
    }

    async fn next(&mut self) -> (String, Option<String>) {
        match timeout(PATIENCE, self.wire.next(ALL)).await.expect("nothing comes") {
            Next::Message(message) => {
                let id = if message.event == "reset" { Some(message.data) } else { message.id };
                (message.event, id)
            }
            other => (format!("{other:?}"), None),
        }
    }

    async fn is_told(&mut self, wanted: &[(&str, &str)]) {
        for (event, id) in wanted {
            let next = self.next().await;
            assert_eq!((next.0.as_str(), next.1.as_deref().unwrap_or_default()), (*event, *id));
        }
    }
}

const UNKNOWN: (&str, &str) = ("reset", "{\"reason\":\"unknownId\"}");
const END: (&str, &str) = ("EndInOrder", "");

/// On a sync that runs, and on one that has ended.
#[tokio::test(flavor = "multi_thread")]
async fn ids_of_no_event_of_a_sync() {
    let _alone = alone().await;
    let stage = Stage::new().await;
    let gateway = stage.deployment.gateway().await;
    let place = address(&gateway);
    let author = Author::new(&stage).await;
    let project = author.project("bogus").await;
    let mut running = author.ask(&project, "running", Telling::Aloud).await;
    running.write(EVENTS as usize - 1, std::time::Duration::ZERO).await;
    let mut ended = author.ask(&project, "ended", Telling::Aloud).await;
    ended.write(EVENTS as usize - 1, std::time::Duration::ZERO).await;
    ended.end().await;
    let (path, ended_path) = (Target::Sync(running.id).path(), Target::Sync(ended.id).path());
    let mut streams = Vec::new();
    let mut lines: Vec<Vec<u8>> = nonsense().iter().map(|id| line(id)).collect();
    // Of another sync, which got further, or of none.
    lines.extend([line(b"22"), line(b"1000000"), line(b"9223372036854775807")]);
    for line in &lines {
        let mut stream = Stream::open(place, &path, line).await;
        assert_eq!(stream.status, 200);
        stream.is_told(&[UNKNOWN, ("snapshot", "21")]).await;
        streams.push(stream);
    }
    // None at all.
    for (path, line) in [
        (path.clone(), line(b"")),
        (path.clone(), line(b"   ")),
        (format!("{path}?lastEventId="), Vec::new()),
        (format!("{path}?LastEventId=5"), Vec::new()),
    ] {
        let mut stream = Stream::open(place, &path, &line).await;
        stream.is_told(&[("snapshot", "21")]).await;
        streams.push(stream);
    }
    // The first one counts, and the header before the address.
    let twice = [line(b"20"), line(b"5")].concat();
    for (path, line) in [
        (path.clone(), twice),
        (format!("{path}?lastEventId=20"), Vec::new()),
        (format!("{path}?lastEventId=text"), line(b"20")),
    ] {
        let mut stream = Stream::open(place, &path, &line).await;
        let next = stream.next().await;
        assert_eq!(next.1.as_deref(), Some("21"), "{next:?}");
        streams.push(stream);
    }
    // All of them go on in order, to the end.
    running.end().await;
    for stream in &mut streams {
        stream.is_told(&[("failed", "22"), END]).await;
    }
    for line in nonsense().iter().map(|id| line(id)) {
        let mut stream = Stream::open(place, &ended_path, &line).await;
        stream.is_told(&[UNKNOWN, ("snapshot", "21"), ("failed", "22"), END]).await;
    }
    for over in ["22", "23", "1000000", "9223372036854775807"] {
        assert_eq!(Stream::open(place, &ended_path, &line(over.as_bytes())).await.status, 204, "{over}");
    }
}

/// On a project.
#[tokio::test(flavor = "multi_thread")]
async fn ids_of_no_event_of_a_project() {
    let _alone = alone().await;
    let stage = Stage::new().await;
    let gateway = stage.deployment.gateway().await;
    let place = address(&gateway);
    let author = Author::new(&stage).await;
    let project = author.project("bogus").await;
    let mut ended = author.ask(&project, "main", Telling::Aloud).await;
    ended.end().await;
    let mut script = author.ask(&project, "main", Telling::Aloud).await;
    let path = Target::Project(project.project.id).path();
    let mut lines: Vec<Vec<u8>> = nonsense().iter().map(|id| line(id)).collect();
    let others = [
        "3",
        "17.15-203.16-7",
        "9223372036854775807",
        "2.2-500",
        "2.1-1.1-1",
        "2.3-1",
        "2.0-1",
        "2.",
        "many",
    ];
    lines.extend(others.map(|id| line(id.as_bytes())));
    let mut streams = Vec::new();
    for line in &lines {
        let mut stream = Stream::open(place, &path, line).await;
        assert_eq!(stream.status, 200);
        let told = (stream.next().await, stream.next().await);
        let shown = String::from_utf8_lossy(&line[..line.len().min(60)]).into_owned();
        assert_eq!((told.0.0.as_str(), told.0.1.as_deref()), (UNKNOWN.0, Some(UNKNOWN.1)), "{shown}");
        assert_eq!((told.1.0.as_str(), told.1.1.as_deref()), ("snapshot", Some("2.2-1")), "{shown}");
        streams.push(stream);
    }
    // What was seen of a sync that has ended counts, too.
    let mut stream = Stream::open(place, &path, &line(b"1.1-1")).await;
    stream.is_told(&[("failed", "1"), ("queued", "2.2-1")]).await;
    streams.push(stream);
    script.end().await;
    for stream in &mut streams {
        stream.is_told(&[("failed", "2")]).await;
    }
}
