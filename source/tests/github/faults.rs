//! Broken connections, broken bodies, silence, and servers in trouble.

use std::time::{Duration, Instant};

use project_sync_source::{Notice, SourceContext, SourceError, settings::SourceSettings};
use testkit::github::Fault;

use crate::support::{Fixture, Told, contents, file, files, rest, snapshot};

/// Faults that pass when the request is sent again.
fn passing() -> Vec<Fault> {
    vec![
        Fault::Status(500),
        Fault::Status(502),
        Fault::Status(503),
        Fault::Reset,
        Fault::ResetAfter(20),
        Fault::Truncate(20),
        Fault::CutShort(20),
        Fault::FlipByte(11),
    ]
}

#[tokio::test]
async fn what_can_pass_is_tried_again_wherever_it_strikes() {
    let fixture = Fixture::new(&files(6)).await;
    let (_, whole) = snapshot(&*fixture.open(&rest()), &SourceContext::quiet()).await.unwrap();
    let whole = contents(&*whole, &SourceContext::quiet()).await.unwrap();
    for endpoint in ["/branches/", "/git/trees/", "/git/blobs/"] {
        for fault in passing() {
            fixture.server.clear_log();
            fixture.server.fault_on(endpoint, 1, fault.clone());
            let told = Told::new();
            let (_, opened) = snapshot(&*fixture.open(&rest()), &told.context).await.unwrap();
            let shown = contents(&*opened, &told.context).await.unwrap();
            assert_eq!(shown, whole, "{fault:?} at {endpoint}");
            let requests = fixture.api_requests().len();
            assert!(requests == 1 + 1 + 6 + 1, "{requests} after {fault:?} at {endpoint}");
            assert_eq!(told.context.traffic().requests(), requests as u64);
        }
    }
}

#[tokio::test]
async fn a_flipped_byte_of_a_listing_or_a_blob_never_gets_through() {
    let fixture = Fixture::new(&[file("a", "1"), file("b/c", "a longer content")]).await;
    fixture.server.compress(false);
    let (_, whole) = snapshot(&*fixture.open(&rest()), &SourceContext::quiet()).await.unwrap();
    let whole = contents(&*whole, &SourceContext::quiet()).await.unwrap();
    for byte in 0..40 {
        fixture.server.fault_on("/git/trees/", 1, Fault::FlipByte(byte * 19));
        fixture.server.fault_on("/git/blobs/", 1, Fault::FlipByte(byte));
        let (_, opened) = snapshot(&*fixture.open(&rest()), &SourceContext::quiet()).await.unwrap();
        let shown = contents(&*opened, &SourceContext::quiet()).await;
        assert_eq!(shown.unwrap(), whole, "{byte}");
    }
}

#[tokio::test]
async fn an_archive_that_breaks_is_taken_up_again() {
    let fixture = Fixture::new(&files(120)).await;
    let (_, whole) = snapshot(&*fixture.open(&rest()), &SourceContext::quiet()).await.unwrap();
    let whole = contents(&*whole, &SourceContext::quiet()).await.unwrap();
    for fault in [
        Fault::Status(502),
        Fault::Reset,
        Fault::ResetAfter(900),
        Fault::Truncate(900),
        Fault::CutShort(900),
        Fault::FlipByte(700),
    ] {
        fixture.server.clear_log();
        fixture.server.fault_on("legacy.tar.gz", 1, fault.clone());
        let told = Told::new();
        let (_, opened) = snapshot(&*fixture.open(&rest()), &told.context).await.unwrap();
        assert_eq!(contents(&*opened, &told.context).await.unwrap(), whole, "{fault:?}");
        // Head, tree, and the archive twice with its redirect.
        assert_eq!(fixture.server.log().len(), 6, "{fault:?}");
    }
}

#[tokio::test]
async fn what_cannot_pass_is_not_repeated() {
    let fixture = Fixture::new(&[file("a", "1")]).await;
    for status in [400, 403, 410, 422, 451] {
        fixture.server.clear_log();
        fixture.server.fault(Fault::Status(status));
        let error =
            fixture.open(&rest()).head(Some("main"), None, &SourceContext::quiet()).await.unwrap_err();
        assert!(matches!(&error, SourceError::Server { status: s, .. } if *s == status), "{error}");
        assert_eq!(fixture.api_requests().len(), 1);
    }
}

#[tokio::test]
async fn attempts_are_bounded_and_the_user_is_told_of_each() {
    let fixture = Fixture::new(&[file("a", "1")]).await;
    fixture.server.fault_on("", 100, Fault::Status(502));
    let told = Told::new();
    let error = fixture.open(&rest()).head(Some("main"), None, &told.context).await.unwrap_err();
    assert!(matches!(error, SourceError::Server { status: 502, .. }), "{error}");
    assert_eq!(fixture.api_requests().len(), 4);
    let attempts: Vec<u32> = told
        .notices()
        .iter()
        .map(|notice| match notice {
            Notice::Retrying { attempt, .. } => *attempt,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(attempts, [2, 3, 4]);
}

#[tokio::test]
async fn silence_is_given_up_and_tried_again() {
    let fixture = Fixture::new(&[file("a", "some content")]).await;
    let settings = SourceSettings { idle_timeout_seconds: 1, attempts: 10, ..rest() };
    for fault in [Fault::Stall, Fault::StallAfter(4)] {
        fixture.server.clear_log();
        fixture.server.fault_on("/git/blobs/", 1, fault);
        let told = Told::new();
        let (_, opened) = snapshot(&*fixture.open(&settings), &told.context).await.unwrap();
        assert_eq!(contents(&*opened, &told.context).await.unwrap().blobs.len(), 1);
        // On a busy machine more than that one request may take a second.
        let notices = told.notices();
        assert!(!notices.is_empty());
        for notice in notices {
            let Notice::Retrying { reason, .. } = &notice else { panic!("{notice:?}") };
            assert!(reason.contains("no answer in time"), "{reason}");
        }
        let asked = fixture.api_requests().iter().filter(|it| it.path.contains("/git/blobs/")).count();
        assert!(asked >= 2, "{asked}");
    }
}

#[tokio::test]
async fn cancelling_ends_a_request_that_hangs() {
    for (pattern, count) in
        [("/branches/", 2), ("/git/trees/", 2), ("/git/blobs/", 2), ("legacy.tar.gz", 200)]
    {
        let fixture = Fixture::new(&files(count)).await;
        fixture.server.fault_on(pattern, 100, Fault::Stall);
        let told = Told::new();
        let settings = SourceSettings { idle_timeout_seconds: 100, ..rest() };
        let source = fixture.open(&settings);
        let reading = async {
            let (_, opened) = snapshot(&*source, &told.context).await?;
            contents(&*opened, &told.context).await
        };
        let cancel = async {
            while !fixture.server.log().iter().any(|it| it.path.contains(pattern)) {
                tokio::task::yield_now().await;
            }
            told.cancel.cancel();
            Instant::now()
        };
        let (read, cancelled_at) = tokio::join!(reading, cancel);
        assert!(matches!(read, Err(SourceError::Cancelled)), "{pattern}");
        // Long before the silence would be given up.
        assert!(cancelled_at.elapsed() < Duration::from_secs(50), "{pattern}");
    }
}

#[tokio::test]
async fn a_larger_answer_than_is_ever_needed_is_not_read() {
    let fixture = Fixture::new(&[file("a", "x")]).await;
    let context = SourceContext::quiet();
    let (head, _) = snapshot(&*fixture.open(&rest()), &context).await.unwrap();
    // A branch whose commit message alone is past the bound on such an answer.
    let tree = head.tree.unwrap().to_string();
    let huge = fixture.repo.git(&["commit-tree", "-F", "-", &tree], &vec![b'm'; 9 << 20]);
    fixture.repo.git(&["update-ref", "refs/heads/huge", &huge], b"");
    let error = fixture.open(&rest()).head(Some("huge"), None, &context).await.unwrap_err();
    assert_eq!(error.code(), "too-large");
}
