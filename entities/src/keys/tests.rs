use super::*;

const OLD: &str = "1111111111111111111111111111111111111111111111111111111111111111";
const NEW: &str = "2222222222222222222222222222222222222222222222222222222222222222";

fn ring(text: &str) -> KeyRing {
    KeyRing::parse(text).unwrap()
}

#[test]
fn what_is_sealed_opens_with_its_key_and_context_alone() {
    let old = ring(OLD);
    let sealed = old.seal(b"context", b"plain").unwrap();
    assert!(!sealed.bytes.windows(5).any(|bytes| bytes == b"plain"));
    assert_eq!(old.open(b"context", &sealed).unwrap().as_slice(), b"plain");
    assert_eq!(old.open(b"another", &sealed).unwrap_err(), OpenError::Altered);
    let unknown = ring(NEW).open(b"context", &sealed).unwrap_err();
    assert_eq!(unknown, OpenError::UnknownKey(old.first_id().to_owned()));
    let renamed = Sealed { key_id: ring(NEW).first_id().to_owned(), ..sealed.clone() };
    assert_eq!(ring(NEW).open(b"context", &renamed).unwrap_err(), OpenError::Altered);
    assert_ne!(old.seal(b"context", b"plain").unwrap().bytes, sealed.bytes, "a nonce of its own");
}

#[test]
fn every_byte_of_what_is_sealed_counts() {
    let ring = ring(OLD);
    let sealed = ring.seal(b"", b"plain").unwrap();
    for index in 0..sealed.bytes.len() {
        let mut changed = sealed.clone();
        changed.bytes[index] ^= 1;
        assert_eq!(ring.open(b"", &changed).unwrap_err(), OpenError::Altered, "byte {index}");
        changed.bytes.truncate(index);
        assert_eq!(ring.open(b"", &changed).unwrap_err(), OpenError::Altered, "cut at {index}");
    }
}

#[test]
fn the_first_key_seals_and_all_of_them_open() {
    let sealed = ring(OLD).seal(b"", b"plain").unwrap();
    let both = ring(&format!("# since today\n{NEW}\r\n\n{OLD}\n"));
    assert_eq!(both.open(b"", &sealed).unwrap().as_slice(), b"plain");
    assert_eq!(both.seal(b"", b"plain").unwrap().key_id, ring(NEW).first_id());
    assert_eq!(ring(&format!("{NEW},{OLD}")).ids().collect::<Vec<_>>(), both.ids().collect::<Vec<_>>());
}

#[test]
fn derived_keys_differ_by_purpose_and_key() {
    let both = ring(&format!("{NEW}\n{OLD}"));
    assert_eq!(both.derive("a").unwrap(), ring(NEW).derive("a").unwrap());
    assert_ne!(both.derive("a").unwrap(), both.derive("b").unwrap());
    let all = both.derive_all("a").unwrap();
    assert_eq!(all, [ring(NEW).derive("a").unwrap(), ring(OLD).derive("a").unwrap()]);
    assert_ne!(
        both.derive("seal").unwrap(),
        both.keys[0].derive(SEAL).unwrap(),
        "no purpose gives the sealing key"
    );
}

#[test]
fn lists_that_are_none_are_refused_and_not_shown() {
    for (text, error) in [
        (String::new(), KeyRingError::Empty),
        ("# only this\n".to_owned(), KeyRingError::Empty),
        (format!("{OLD}\nhunter2"), KeyRingError::NotAKey(2)),
        (OLD[1..].to_owned(), KeyRingError::NotAKey(1)),
        (format!("{OLD}\n{NEW}\n{OLD}"), KeyRingError::Repeated(3)),
        ((0..=MAX_KEYS).map(|key| format!("{key:064x}\n")).collect(), KeyRingError::TooMany),
    ] {
        let refused = KeyRing::parse(&text).unwrap_err();
        assert_eq!(refused, error, "{text:?}");
        assert!(!refused.to_string().contains("hunter2"));
    }
    let shown = format!("{:?} {:?}", ring(OLD), KeyStore::given(ring(OLD)));
    assert!(!shown.contains(OLD) && shown.contains(ring(OLD).first_id()), "{shown}");
}

#[test]
fn a_file_of_our_own_is_made_once_and_for_its_owner() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys");
    let store = KeyStore::made_in(path.clone());
    assert!(!path.exists(), "nothing needed a key yet");
    let id = store.ring().unwrap().first_id().to_owned();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
    assert_eq!(KeyStore::made_in(path.clone()).ring().unwrap().first_id(), id);
    // The loser of a race finds the winner's file and leaves it alone.
    super::store::make(&path).unwrap();
    assert_eq!(KeyStore::in_file(path).ring().unwrap().first_id(), id);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing else is left");
    let missing = KeyStore::in_file(folder.path().join("no such file"));
    assert!(matches!(missing.ring().unwrap_err(), KeysError::File { .. }));
    assert!(matches!(KeyStore::none().ring().unwrap_err(), KeysError::None));
}
