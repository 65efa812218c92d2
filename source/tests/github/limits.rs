//! Rate limits: waited out when short, told when long, and never overstepped.

use std::time::{Duration, Instant};

use chrono::{TimeDelta, Utc};
use project_sync_source::{Notice, SourceContext, SourceError, settings::SourceSettings};
use testkit::github::Fault;

use crate::support::{Fixture, Told, contents, file, files, rest, snapshot};

fn reset_in(error: &SourceError) -> i64 {
    match error {
        SourceError::RateLimited { reset, .. } => (*reset - Utc::now()).num_seconds(),
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn a_long_primary_limit_fails_with_its_reset_time() {
    let fixture = Fixture::new(&[file("a", "1")]).await;
    fixture.server.set_quota(0, Duration::from_secs(1_800));
    let source = fixture.open(&rest());
    let error = source.head(Some("main"), None, &SourceContext::quiet()).await.unwrap_err();
    assert!((1_790..=1_802).contains(&reset_in(&error)), "{error}");
    // From now on it is known, and nothing is sent.
    let again = source.head(Some("main"), None, &SourceContext::quiet()).await.unwrap_err();
    assert_eq!(again.code(), "rate-limited");
    assert_eq!(fixture.api_requests().len(), 1);
}

#[tokio::test]
async fn a_quota_that_runs_out_is_noticed_before_it_is_overstepped() {
    let fixture = Fixture::new(&files(40)).await;
    fixture.server.set_quota(12, Duration::from_secs(1_800));
    let context = SourceContext::quiet();
    let (_, opened) = snapshot(&*fixture.open(&rest()), &context).await.unwrap();
    let error = contents(&*opened, &context).await.unwrap_err();
    assert!(reset_in(&error) > 1_700, "{error}");
    assert!(fixture.api_requests().iter().all(|it| it.status == Some(200)));
    assert_eq!(fixture.api_requests().len(), 12);
    assert_eq!(fixture.server.sent_while_limited(), 0);
}

#[tokio::test]
async fn a_short_primary_limit_in_the_middle_is_waited_out() {
    let fixture = Fixture::new(&files(30)).await;
    let told = Told::new();
    let (_, opened) = snapshot(&*fixture.open(&rest()), &told.context).await.unwrap();
    // Few, so that they are used up before the window ends, however slow the machine is.
    fixture.server.set_quota(3, Duration::from_secs(2));
    let start = Instant::now();
    assert_eq!(contents(&*opened, &told.context).await.unwrap().blobs.len(), 30);
    assert!(start.elapsed() >= Duration::from_secs(1));
    assert!(fixture.api_requests().iter().all(|it| it.status == Some(200)));
    assert_eq!(fixture.server.sent_while_limited(), 0);
    assert!(told.notices().iter().any(|notice| matches!(notice, Notice::RateLimited { .. })));
}

#[tokio::test]
async fn a_secondary_limit_is_waited_out_as_long_as_it_says() {
    for status in [403, 429] {
        let fixture = Fixture::new(&files(30)).await;
        let told = Told::new();
        let (_, opened) = snapshot(&*fixture.open(&rest()), &told.context).await.unwrap();
        fixture.server.fault_on("/git/blobs/", 5, Fault::Pass);
        fixture.server.fault_on("/git/blobs/", 1, Fault::SecondaryLimit { status, retry_after: Some(1) });
        let start = Instant::now();
        assert_eq!(contents(&*opened, &told.context).await.unwrap().blobs.len(), 30);
        assert!(start.elapsed() >= Duration::from_secs(1), "{status}");
        assert_eq!(fixture.server.sent_while_limited(), 0);
        assert!(told.notices().iter().any(|notice| matches!(notice, Notice::RateLimited { .. })));
    }
}

#[tokio::test]
async fn a_secondary_limit_that_does_not_say_is_a_minute() {
    let fixture = Fixture::new(&files(3)).await;
    fixture.server.fault(Fault::SecondaryLimit { status: 403, retry_after: None });
    let source = fixture.open(&rest());
    let error = source.head(Some("main"), None, &SourceContext::quiet()).await.unwrap_err();
    assert!((30..=60).contains(&reset_in(&error)), "{error}");
    assert!(source.branches(&SourceContext::quiet()).await.is_err());
    assert_eq!(fixture.api_requests().len(), 1);
}

#[tokio::test]
async fn waiting_for_a_limit_ends_when_the_sync_is_cancelled() {
    let fixture = Fixture::new(&files(3)).await;
    fixture.server.fault(Fault::SecondaryLimit { status: 429, retry_after: Some(100) });
    let source = fixture.open(&SourceSettings { max_wait_seconds: 200, ..rest() });
    let told = Told::new();
    let waiting = source.head(Some("main"), None, &told.context);
    let cancel = async {
        while told.notices().is_empty() {
            tokio::task::yield_now().await;
        }
        told.cancel.cancel();
        Instant::now()
    };
    let (waited, cancelled_at) = tokio::join!(waiting, cancel);
    assert!(matches!(waited, Err(SourceError::Cancelled)));
    assert!(cancelled_at.elapsed() < Duration::from_secs(50));
    let Notice::RateLimited { until } = &told.notices()[0] else { panic!("{:?}", told.notices()) };
    assert!((*until - Utc::now()) > TimeDelta::seconds(40));
}
