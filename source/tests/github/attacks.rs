//! Servers that want to lead elsewhere, and archives that are more than they look.

use project_sync_source::{SourceContext, SourceError, open_source, settings::SourceSettings};

use crate::support::{Fixture, contents, file, files, rest, snapshot, spec};

fn confined(networks: &[&str]) -> SourceSettings {
    let networks = networks.iter().map(|network| network.parse().unwrap()).collect();
    SourceSettings { private_networks: Some(networks), attempts: 1, ..rest() }
}

#[tokio::test]
async fn a_private_address_is_not_asked() {
    let fixture = Fixture::new(&files(3)).await;
    let context = SourceContext::quiet();
    let by_name = fixture.server.api_url().replace("127.0.0.1", "localhost");
    for url in [fixture.server.api_url(), fixture.server.enterprise_api_url(), by_name] {
        let source = open_source(&spec(&url, "n"), &confined(&[])).unwrap();
        let error = source.head(None, None, &context).await.unwrap_err();
        assert!(matches!(error, SourceError::NotAllowed(_)), "{url}: {error}");
        let error = source.branches(&context).await.unwrap_err();
        assert!(matches!(error, SourceError::NotAllowed(_)), "{url}: {error}");
    }
    assert_eq!(fixture.server.log().len(), 0);
    let source = open_source(&spec(&fixture.server.api_url(), "n"), &confined(&["127.0.0.0/8"])).unwrap();
    source.head(None, None, &context).await.unwrap();
}

/// The API is at a host that may be asked, and sends on to one that may not.
#[tokio::test]
async fn a_redirect_leads_to_no_other_host() {
    let fixture = Fixture::new(&files(120)).await;
    let context = SourceContext::quiet();
    let by_name = fixture.server.api_url().replace("127.0.0.1", "localhost");
    let settings = SourceSettings { allowed_hosts: vec!["localhost".into()], ..confined(&["127.0.0.0/8"]) };
    let source = open_source(&spec(&by_name, "n"), &settings).unwrap();
    let (_, opened) = snapshot(&*source, &context).await.unwrap();
    fixture.server.clear_log();
    let error = contents(&*opened, &context).await.err().unwrap();
    assert!(matches!(error, SourceError::NotAllowed(_)), "{error}");
    let origins: Vec<_> = fixture.server.log().into_iter().map(|request| request.origin).collect();
    assert!(!origins.contains(&testkit::github::Origin::Codeload), "{origins:?}");
}

#[tokio::test]
async fn an_archive_that_swells_is_refused() {
    let mut many = files(120);
    many.push(file("zeros", vec![0; 8 << 20]));
    let fixture = Fixture::new(&many).await;
    let context = SourceContext::quiet();
    let read = async |settings: SourceSettings| {
        let (_, opened) = snapshot(&*fixture.open(&settings), &context).await?;
        contents(&*opened, &context).await.map(drop)
    };
    let error = read(SourceSettings { max_unpacked_bytes: 1 << 20, ..rest() }).await.unwrap_err();
    assert!(matches!(error, SourceError::TooLarge { .. }), "{error}");
    let archives = fixture.server.log().iter().filter(|it| it.path.contains("legacy.tar.gz")).count();
    assert_eq!(archives, 1, "it was not tried again");
    read(rest()).await.unwrap();
}
