//! Servers and lines that fail, and disks that do.

use std::{os::unix::fs::PermissionsExt as _, time::Duration};

use project_sync_source::{Notice, SourceContext, SourceError, WantedBlob, git, settings::SourceSettings};
use testkit::git_http::{Fault, GitHttp};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::support::{Repo, listening, listing, read_all, settings, source, without_bytes};

/// The faults that pass when the request is sent again.
fn passing() -> Vec<Fault> {
    vec![
        Fault::Status(500),
        Fault::Status(502),
        Fault::Status(503),
        Fault::RateLimited { retry_after: 0 },
        Fault::Reset(0),
        Fault::Reset(30),
        Fault::Truncate(0),
        Fault::Truncate(30),
    ]
}

#[tokio::test]
async fn each_request_survives_each_fault_that_passes() {
    let repo = Repo::sample();
    let server = GitHttp::start(repo.folder.path()).await;
    let expected = listing(&repo.path, repo.id("HEAD"));
    for fault in passing() {
        for before in 0..3 {
            (0..before).for_each(|_| server.push_fault(Fault::Pass));
            server.push_fault(fault.clone());
            let (context, notices) = listening();
            let source = source(&server.url("repo"));
            let head = source.head(None, None, &context).await.unwrap();
            let snapshot = source.open(&head, &Default::default(), &context).await.unwrap();
            assert_eq!(without_bytes(&read_all(&*snapshot).await), expected, "{fault:?} at {before}");
            assert_eq!(server.take_requests().len(), 4, "{fault:?} at {before}");
            assert_eq!(context.traffic().requests(), 4);
            assert_eq!(notices.lock().unwrap().len(), 1, "{fault:?} at {before}");
        }
    }
}

#[tokio::test]
async fn a_flipped_bit_anywhere_in_a_pack_is_noticed() {
    let repo = Repo::sample();
    let server = GitHttp::start(repo.folder.path()).await;
    let expected = listing(&repo.path, repo.id("HEAD"));
    let (context, _) = listening();
    let at = source(&server.url("repo"));
    let head = at.head(None, None, &context).await.unwrap();
    at.open(&head, &Default::default(), &context).await.unwrap();
    let bytes = server.take_requests()[2].bytes as isize;
    // From the packet that starts the pack to the last byte of its checksum, before the closing flush. What comes
    // before it says where history was cut, which is not used.
    let start = "....shallow-info.....shallow .0001....packfile.".len() as isize + 40;
    let places = (start..bytes - 64).step_by(((bytes - start) as usize / 60).max(1)).chain([-5, -24]);
    for place in places {
        server.push_fault(Fault::FlipByte(place));
        let snapshot = at.open(&head, &Default::default(), &context).await.unwrap();
        assert_eq!(without_bytes(&read_all(&*snapshot).await), expected, "a flipped bit at {place}");
        assert_eq!(server.take_requests().len(), 2, "a flipped bit at {place} went unnoticed");
    }
}

#[tokio::test]
async fn a_pack_that_is_cut_anywhere_is_noticed() {
    let repo = Repo::sample();
    let server = GitHttp::start(repo.folder.path()).await;
    let (context, _) = listening();
    let at = source(&server.url("repo"));
    let head = at.head(None, None, &context).await.unwrap();
    at.open(&head, &Default::default(), &context).await.unwrap();
    let bytes = server.take_requests()[2].bytes as usize;
    let cuts = (0..bytes - 64).step_by(bytes / 40).map(Fault::Truncate);
    for cut in cuts.chain([Fault::CutEnd(5), Fault::CutEnd(24)]) {
        server.push_fault(cut.clone());
        at.open(&head, &Default::default(), &context).await.unwrap();
        assert_eq!(server.take_requests().len(), 2, "{cut:?} of {bytes} bytes went unnoticed");
    }
}

#[tokio::test]
async fn faults_that_stay_end_the_attempts_with_what_they_are() {
    let repo = Repo::sample();
    let server = GitHttp::start(repo.folder.path()).await;
    let attempts = settings().attempts as usize;
    let fail = async |fault: Fault, times: usize| {
        (0..times).for_each(|_| server.push_fault(fault.clone()));
        let error = source(&server.url("repo")).head(None, None, &SourceContext::quiet()).await.unwrap_err();
        assert_eq!((server.take_requests().len(), server.pending_faults()), (times, 0), "{fault:?}");
        error
    };
    let error = fail(Fault::Status(500), attempts).await;
    assert!(matches!(error, SourceError::Server { status: 500, .. }), "{error}");
    let error = fail(Fault::Reset(10), attempts).await;
    assert!(matches!(error, SourceError::Unreachable { .. }), "{error}");
    let error = fail(Fault::Truncate(10), attempts).await;
    assert!(matches!(error, SourceError::Corrupt(_)), "{error}");
    let error = fail(Fault::Status(418), 1).await;
    assert_eq!(error.to_string().split(" answered ").nth(1), Some("418: a fault on demand"));
}

#[tokio::test]
async fn a_rate_limit_is_waited_out_if_short_and_reported_if_long() {
    let repo = Repo::sample();
    let server = GitHttp::start(repo.folder.path()).await;
    server.push_fault(Fault::RateLimited { retry_after: 3_600 });
    let before = chrono::Utc::now();
    let error = source(&server.url("repo")).head(None, None, &SourceContext::quiet()).await.unwrap_err();
    let SourceError::RateLimited { reset, .. } = error else { panic!("{error}") };
    assert!((3_590..=3_610).contains(&(reset - before).num_seconds()));
    // Nothing is sent while the limit holds.
    assert_eq!(server.take_requests().len(), 1);
    server.push_fault(Fault::RateLimited { retry_after: 0 });
    let (context, notices) = listening();
    source(&server.url("repo")).head(None, None, &context).await.unwrap();
    assert!(matches!(notices.lock().unwrap()[..], [Notice::RateLimited { .. }]));
}

#[tokio::test]
async fn silence_is_given_up() {
    let repo = Repo::sample();
    let server = GitHttp::start(repo.folder.path()).await;
    let settings = SourceSettings { idle_timeout_seconds: 1, attempts: 1, ..settings() };
    let (patient, context) = (source(&server.url("repo")), SourceContext::quiet());
    let head = patient.head(None, None, &context).await.unwrap();
    // Its first request is the one that stalls: any other may take longer than that on a busy machine.
    server.push_fault(Fault::Stall);
    let source = git::open(&server.url("repo"), &settings);
    let error = source.open(&head, &Default::default(), &context).await.err().unwrap();
    assert!(
        matches!(&error, SourceError::Unreachable { reason, .. } if reason.contains("1 seconds")),
        "{error}"
    );
}

#[tokio::test]
async fn a_transfer_stops_when_it_is_cancelled() {
    let repo = Repo::sample();
    let server = GitHttp::start(repo.folder.path()).await;
    let source = source(&server.url("repo"));
    let head = source.head(None, None, &SourceContext::quiet()).await.unwrap();
    server.take_requests();
    let cancel = CancellationToken::new();
    let context = SourceContext::new(cancel.clone(), |_| {});
    server.push_fault(Fault::Stall);
    let nothing = Default::default();
    let opening = source.open(&head, &nothing, &context);
    let cancelling = async {
        // The stalled answer has begun once a byte of it is counted.
        while server.requests().first().is_none_or(|request| request.bytes == 0) {
            tokio::task::yield_now().await;
        }
        cancel.cancel();
        std::time::Instant::now()
    };
    let (opened, since) = tokio::join!(opening, cancelling);
    assert!(matches!(opened, Err(SourceError::Cancelled)));
    // Long before the silence would be given up.
    assert!(since.elapsed() < Duration::from_secs(30));
    assert!(matches!(source.head(None, None, &context).await, Err(SourceError::Cancelled)));
}

#[tokio::test]
async fn blobs_stop_when_cancelled_or_when_nobody_listens() {
    let repo = Repo::new();
    for n in 0..300 {
        repo.write(&format!("f{n}"), format!("{n}"));
    }
    repo.commit("Many");
    let server = GitHttp::start(repo.folder.path()).await;
    let urls = [repo.url().to_owned(), server.url("repo")];
    for url in urls {
        let source = source(&url);
        let head = source.head(None, None, &SourceContext::quiet()).await.unwrap();
        let snapshot = source.open(&head, &Default::default(), &SourceContext::quiet()).await.unwrap();
        let ids = listing(&repo.path, head.commit).into_values().map(|(_, id)| id);
        let wanted: Vec<WantedBlob> = ids.map(|id| WantedBlob { id, size: 1 }).collect();

        let (sender, receiver) = mpsc::channel(1);
        drop(receiver);
        let result = snapshot.blobs(wanted.clone(), sender, &SourceContext::quiet()).await;
        assert!(matches!(result, Err(SourceError::Cancelled)));

        let cancel = CancellationToken::new();
        let context = SourceContext::new(cancel.clone(), |_| {});
        let (sender, mut receiver) = mpsc::channel(1);
        let cancelling = async {
            receiver.recv().await.unwrap();
            cancel.cancel();
        };
        // The receiver stays but reads no more, so that the senders wait.
        let (result, ()) = tokio::join!(snapshot.blobs(wanted, sender, &context), cancelling);
        assert!(matches!(result, Err(SourceError::Cancelled)));
    }
}

#[tokio::test]
async fn a_pack_over_the_limit_is_refused() {
    let repo = Repo::sample();
    let server = GitHttp::start(repo.folder.path()).await;
    let settings = SourceSettings { max_pack_bytes: 200, ..settings() };
    let (source, context) = (git::open(&server.url("repo"), &settings), SourceContext::quiet());
    let head = source.head(None, None, &context).await.unwrap();
    let error = source.open(&head, &Default::default(), &context).await.err().unwrap();
    assert!(matches!(error, SourceError::TooLarge { .. }), "{error}");
    assert_eq!(server.requests().len(), 3);
}

#[tokio::test]
async fn the_scratch_folder_is_used_and_left_empty_and_its_absence_reported() {
    let repo = Repo::sample();
    let server = GitHttp::start(repo.folder.path()).await;
    let scratch = tempfile::tempdir().unwrap();
    let count = |path: &std::path::Path| path.read_dir().unwrap().count();
    let settings = SourceSettings { scratch: Some(scratch.path().to_owned()), ..settings() };
    let (source, context) = (git::open(&server.url("repo"), &settings), SourceContext::quiet());
    let head = source.head(None, None, &context).await.unwrap();
    let snapshot = source.open(&head, &Default::default(), &context).await.unwrap();
    assert_eq!(count(scratch.path()), 1);
    let folder = scratch.path().read_dir().unwrap().next().unwrap().unwrap();
    assert_eq!(folder.metadata().unwrap().permissions().mode() & 0o077, 0, "others can read the pack");
    drop(snapshot);
    assert_eq!(count(scratch.path()), 0);
    (0..settings.attempts).for_each(|_| server.push_fault(Fault::Truncate(500)));
    assert!(matches!(source.open(&head, &Default::default(), &context).await, Err(SourceError::Corrupt(_))));
    assert_eq!(count(scratch.path()), 0);

    let absent = SourceSettings { scratch: Some(scratch.path().join("absent")), ..settings };
    let source = git::open(&server.url("repo"), &absent);
    let error = source.open(&head, &Default::default(), &context).await.err().unwrap();
    assert!(matches!(error, SourceError::Io { .. }), "{error}");
}
