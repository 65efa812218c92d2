//! Against a listener that answers as the worst of services and proxies do.

use std::time::Instant;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use super::*;
use crate::args::operator::ServerArgs;

const STREAM: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
const PROBLEM: &str = "content-type: application/problem+json\r\nconnection: close\r\n\r\n\
    {\"type\":\"urn:project-sync:problem:x\",\"detail\":\"so it is\"}";

/// What becomes of a connection after the answer.
#[derive(Clone, Copy)]
enum Then {
    Closes,
    StaysOpen,
}

/// Gives these answers, one a connection, and tells the `Last-Event-ID` that each request had.
async fn service(answers: Vec<(String, Then)>) -> (String, tokio::task::JoinHandle<Vec<Option<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let serving = tokio::spawn(async move {
        let (mut ids, mut open) = (Vec::new(), Vec::new());
        for (answer, then) in answers {
            let (mut connection, _) = listener.accept().await.unwrap();
            let head = head(&mut connection).await;
            let id = head.lines().find_map(|line| line.strip_prefix("last-event-id: "));
            ids.push(id.map(str::to_owned));
            connection.write_all(answer.as_bytes()).await.unwrap();
            match then {
                Then::Closes => drop(connection),
                Then::StaysOpen => open.push(connection),
            }
        }
        ids
    });
    (url, serving)
}

async fn head(connection: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(connection.read_u8().await.unwrap());
    }
    String::from_utf8(head).unwrap()
}

fn event(id: u32, name: &str) -> String {
    format!("id: {id}\nevent: {name}\ndata: {{}}\n\n")
}

fn follower(url: &str) -> Follower {
    let client = Client::new(url, &ServerArgs::default()).unwrap();
    let id = "0190d3f0-0000-7000-8000-000000000001".parse().unwrap();
    let mut follower = Follower::new(Origin::Service(client), Target::Sync(id));
    follower.pace.advise(Duration::from_millis(5));
    follower
}

/// Everything that is told: names of messages, and `!` where the connection is gone.
async fn told(follower: &mut Follower) -> (String, Option<CliError>) {
    let mut told = Vec::new();
    loop {
        match follower.next().await {
            Ok(Some(Told::Message(message))) => told.push(message.name),
            Ok(Some(Told::CutOff(_))) => told.push("!".to_owned()),
            Ok(None) => return (told.join(" "), None),
            Err(error) => return (told.join(" "), Some(error)),
        }
    }
}

#[tokio::test]
async fn it_comes_again_until_the_end() {
    let retry = "retry: 5\n\n";
    let begin = format!("{STREAM}{retry}{}{}data: cut", event(1, "snapshot"), event(2, "queued"));
    let answers = [
        (format!("HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\n{PROBLEM}"), Then::Closes),
        (begin, Then::Closes),
        // Nothing more, and not the end: a connection that is dead.
        (format!("{STREAM}{retry}:\n\n"), Then::StaysOpen),
        ("HTTP/1.1 502 Bad Gateway\r\nconnection: close\r\n\r\n<html>".to_owned(), Then::Closes),
        ("HTTP/1.1 429 Too Many Requests\r\nretry-after: later\r\n\r\n".to_owned(), Then::Closes),
        (String::new(), Then::Closes),
        (format!("{STREAM}{retry}event: reset\ndata: {{}}\n\n{}", event(7, "snapshot")), Then::Closes),
        (format!("{STREAM}{retry}{}{}", event(8, "completed"), event(9, "never")), Then::StaysOpen),
    ];
    let (url, serving) = service(answers.into()).await;
    let mut follower = follower(&url);
    follower.silence = Duration::from_millis(200);
    let begun = Instant::now();
    let (told, error) = told(&mut follower).await;
    assert_eq!(told, "! snapshot queued ! ! reset snapshot ! completed");
    assert!(error.is_none() && begun.elapsed() >= Duration::from_secs(1), "{error:?}");
    let ids = serving.await.unwrap();
    let ids: Vec<_> = ids.iter().map(Option::as_deref).collect();
    assert_eq!(ids, [None, None, Some("2"), Some("2"), Some("2"), Some("2"), Some("2"), Some("7")]);
    assert!(matches!(follower.next().await, Ok(None)));
}

#[tokio::test]
async fn who_has_seen_everything_is_done() {
    let answers = [
        (format!("{STREAM}{}", event(3, "warning")), Then::Closes),
        ("HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n".to_owned(), Then::Closes),
    ];
    let (url, serving) = service(answers.into()).await;
    let mut follower = follower(&url).starting_at_the_first();
    let (told, error) = told(&mut follower).await;
    assert!(told == "warning !" && error.is_none(), "{told} {error:?}");
    assert_eq!(serving.await.unwrap(), [Some("0".to_owned()), Some("3".to_owned())]);
}

#[tokio::test]
async fn what_is_refused_for_good_ends_it() {
    let html = "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\nconnection: close\r\n\r\n<html>".to_owned();
    let endless = format!("{STREAM}data: {}", "x".repeat(parser::MAX_EVENT_BYTES + 1));
    let redirect = "HTTP/1.1 307 Temporary Redirect\r\nlocation: http://127.0.0.1:9/\r\n\r\n".to_owned();
    for (answer, code) in [
        (format!("HTTP/1.1 401 Unauthorized\r\n{PROBLEM}"), 1),
        (format!("HTTP/1.1 403 Forbidden\r\n{PROBLEM}"), 1),
        (format!("HTTP/1.1 404 Not Found\r\n{PROBLEM}"), 4),
        (html, 3),
        (redirect, 3),
        (endless, 1),
    ] {
        let (url, serving) = service(vec![(answer, Then::Closes)]).await;
        let (told, error) = told(&mut follower(&url)).await;
        assert_eq!(told, "");
        assert_eq!(error.map(|error| error.exit_code()), Some(code));
        // The rest of what does not end is not waited for.
        serving.abort();
    }
    // Nobody there at the very beginning: as with every other command.
    let (_, error) = told(&mut follower("http://127.0.0.1:9")).await;
    assert_eq!(error.map(|error| error.exit_code()), Some(3));
}
