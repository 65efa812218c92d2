use super::*;

fn guard(hosts: &[&str], networks: Option<&[&str]>) -> Guard {
    let networks = networks.map(|networks| networks.iter().map(|network| network.parse().unwrap()).collect());
    let hosts = hosts.iter().map(|host| (*host).to_owned()).collect();
    let settings = SourceSettings { allowed_hosts: hosts, private_networks: networks, ..Default::default() };
    Guard::new(&settings).unwrap()
}

fn check(guard: &Guard, url: &str) -> Result<(), Refused> {
    guard.check(&Url::parse(url).unwrap())
}

#[test]
fn addresses_that_are_not_public_are_refused_however_they_are_written() {
    let strict = guard(&["*"], Some(&[]));
    for host in [
        "127.0.0.1",
        "127.255.0.9",
        "0177.0.0.1",
        "0x7f.1",
        "2130706433",
        "127.1",
        "%31%32%37.0.0.1",
        "１２７.0.0.1",
        "0.0.0.0",
        "0",
        "10.1.2.3",
        "100.64.0.1",
        "169.254.169.254",
        "0xa9fea9fe",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.8",
        "192.168.1.1",
        "198.18.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "[::]",
        "[::1]",
        "[::7f00:1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:a9fe:a9fe]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "[2001:0:1::]",
        "[fc00::1]",
        "[fd12:3456::1]",
        "[fe80::1]",
        "[fec0::1]",
        "[ff02::1]",
        "[100::1]",
    ] {
        assert!(check(&strict, &format!("http://{host}/x")).is_err(), "{host}");
    }
    for host in
        ["8.8.8.8", "172.32.0.1", "100.128.0.1", "[2606:4700::1]", "[64:ff9b::808:808]", "host.example"]
    {
        assert_eq!(check(&strict, &format!("http://{host}/x")), Ok(()), "{host}");
    }
}

#[test]
fn networks_are_allowed_one_by_one_or_all() {
    let some = guard(&["*"], Some(&["10.1.0.0/16", "fd00::/8"]));
    for (host, is_allowed) in [
        ("10.1.2.3", true),
        ("[::ffff:10.1.2.3]", true),
        ("10.2.0.1", false),
        ("[fd00::1]", true),
        ("[fc00::1]", false),
        ("127.0.0.1", false),
    ] {
        assert_eq!(check(&some, &format!("http://{host}/")).is_ok(), is_allowed, "{host}");
    }
    assert_eq!(check(&guard(&["*"], None), "http://127.0.0.1/"), Ok(()));
}

#[test]
fn hosts_match_whole_patterns_whatever_their_case() {
    let some = guard(&["github.com", "*.Example.org", "10.*", "::1"], None);
    for (url, is_allowed) in [
        ("https://github.com/o/n", true),
        ("https://GITHUB.com./o/n", true),
        ("https://notgithub.com/", false),
        ("https://github.com.evil.net/", false),
        ("https://github.com@evil.net/", false),
        ("https://evil.net/github.com", false),
        ("https://a.b.example.org/", true),
        ("https://example.org/", false),
        ("http://10.0.0.1/", true),
        ("http://[::1]/", true),
        ("http://[::2]/", false),
    ] {
        assert_eq!(check(&some, url).is_ok(), is_allowed, "{url}");
    }
    assert!(check(&guard(&[], None), "https://github.com/").is_err(), "an empty list allows nothing");
}

#[test]
fn other_schemes_are_refused() {
    for url in
        ["file:///etc/passwd", "ssh://host/x", "ftp://host/x", "ext::sh", "git://host/x", "data:text/plain,x"]
    {
        assert!(check(&guard(&["*"], None), url).is_err(), "{url}");
    }
}

#[tokio::test]
async fn names_are_checked_by_what_they_resolve_to() {
    use reqwest::dns::Resolve as _;
    let resolve = async |guard: &Guard| match guard.resolve("localhost".parse().unwrap()).await {
        Ok(addresses) => Ok(addresses.collect::<Vec<_>>()),
        Err(error) => Err(refusal(&*error).unwrap().to_string()),
    };
    assert!(!resolve(&guard(&["*"], None)).await.unwrap().is_empty());
    let allowed = resolve(&guard(&["*"], Some(&["127.0.0.0/8"]))).await.unwrap();
    assert!(allowed.iter().all(|address| address.is_ipv4()) && !allowed.is_empty(), "{allowed:?}");
    let refused = resolve(&guard(&["*"], Some(&[]))).await.unwrap_err();
    assert!(refused.contains("localhost") && !refused.contains("127"), "{refused}");
}

#[test]
fn sources_are_refused_before_anything_is_asked() {
    let folder = tempfile::tempdir().unwrap();
    let mut settings = SourceSettings::default();
    let git = |url: &str| SourceSpec::Git { url: url.to_owned() };
    let here = git(folder.path().to_str().unwrap());
    assert!(check_source(&here, &settings).is_ok());
    settings.confine();
    for source in
        [here.clone(), git("/etc"), git("/no/such/folder"), git("http://127.0.0.1/x"), git("ext::sh -c x")]
    {
        let error = check_source(&source, &settings).unwrap_err();
        assert!(matches!(error, SourceError::NotAllowed(_)), "{source}: {error}");
    }
    assert!(check_source(&git("https://host.example/x"), &settings).is_ok());
    settings.local_folders = Some(vec![folder.path().to_owned()]);
    assert!(check_source(&here, &settings).is_ok());
    let outside = check_source(&git("/etc"), &settings).unwrap_err().to_string();
    let absent = check_source(&git("/xyz"), &settings).unwrap_err().to_string();
    assert_eq!(outside.replace("/etc", "…"), absent.replace("/xyz", "…"), "what exists is not told");
    let github = |api_url: Option<&str>| SourceSpec::GitHub {
        owner: "o".into(),
        name: "n".into(),
        api_url: api_url.map(Into::into),
    };
    assert!(check_source(&github(None), &settings).is_ok());
    assert!(check_source(&github(Some("http://169.254.169.254")), &settings).is_err());
    settings.allowed_hosts = vec!["git.example".into()];
    assert!(check_source(&github(None), &settings).is_err());
}
