use super::{super::Decoder, *};
use crate::object::{self, MAX_META_BYTES};

/// A pack with these entries, each given as its header and its bytes before compression.
fn pack(entries: &[(&[u8], &[u8])]) -> Vec<u8> {
    let mut pack = b"PACK\0\0\0\x02".to_vec();
    pack.extend_from_slice(&(entries.len() as u32).to_be_bytes());
    for (header, bytes) in entries {
        pack.extend_from_slice(header);
        let mut zlib = flate2::write::ZlibEncoder::new(&mut pack, flate2::Compression::default());
        zlib.write_all(bytes).unwrap();
        zlib.finish().unwrap();
    }
    let hash = Sha1::digest(&pack);
    pack.extend_from_slice(&hash);
    pack
}

fn read(pack: &[u8]) -> Result<Pack, SourceError> {
    let (scratch, cancel) = (std::env::temp_dir(), CancellationToken::new());
    let limits = Limits {
        scratch: &scratch,
        max_bytes: 1 << 20,
        max_objects: 100,
        max_unpacked_bytes: 4 << 20,
        cancel: &cancel,
    };
    receive(pack, &limits)
}

fn ref_delta(base: &[u8], size: u8) -> Vec<u8> {
    [&[0x70 | size][..], &object::blob_id(base).0].concat()
}

#[test]
fn deltas_that_name_their_base_by_id_may_come_before_it() {
    let (first, second, third) = (&b"hello world"[..], &b"hello, ld"[..], &b"hello"[..]);
    let to_second = [11, 9, 0x90, 5, 2, b',', b' ', 0x91, 9, 2];
    let to_third = [9, 5, 0x90, 5];
    let pack =
        pack(&[(&ref_delta(second, 4), &to_third), (&ref_delta(first, 10), &to_second), (&[0x3b], first)]);
    let pack = read(&pack).unwrap();
    let mut decoder = Decoder::open(&pack).unwrap();
    for content in [first, second, third] {
        let index = pack.find(object::blob_id(content)).unwrap();
        assert_eq!(pack.kind_and_size(index), (Some(Kind::Blob), content.len() as u64));
        assert_eq!(decoder.decode(&pack, index).unwrap(), content);
    }
}

#[test]
fn thin_packs_and_malformed_entries_are_corrupt() {
    let thin = pack(&[(&ref_delta(b"hello world", 4), &[11, 5, 0x90, 5])]);
    let no_such_distance = pack(&[(&[0x64, 5], &[11, 5, 0x90, 5])]);
    let wrong_size = pack(&[(&[0x3c], b"hello world")]);
    let unknown_kind = pack(&[(&[0x5b], b"hello world")]);
    let mut trailing = pack(&[(&[0x3b], b"hello world")]);
    trailing.push(0);
    for bad in [thin, no_such_distance, wrong_size, unknown_kind, trailing] {
        assert!(matches!(read(&bad), Err(SourceError::Corrupt(_))));
    }
    assert_eq!(read(&pack(&[])).unwrap().len(), 0);
}

/// The header of a whole object: its kind's number and its size.
fn header(kind: u8, mut size: u64) -> Vec<u8> {
    let mut bytes = vec![kind << 4 | (size & 15) as u8];
    size >>= 4;
    while size > 0 {
        *bytes.last_mut().unwrap() |= 0x80;
        bytes.push((size & 0x7f) as u8);
        size >>= 7;
    }
    bytes
}

/// A number as deltas write sizes.
fn varint(mut size: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while size > 0x7f {
        bytes.push((size & 0x7f) as u8 | 0x80);
        size >>= 7;
    }
    bytes.push(size as u8);
    bytes
}

/// A delta that makes `copies` copies of the first 64 KiB of a base of that size.
fn repeat(copies: u64) -> Vec<u8> {
    let mut delta = [varint(64 << 10), varint(copies * (64 << 10))].concat();
    (0..copies).for_each(|_| delta.push(0x80));
    delta
}

fn is_too_large(pack: &[u8]) -> bool {
    matches!(read(pack), Err(SourceError::TooLarge { .. }))
}

#[test]
fn bombs_are_refused_before_they_go_off() {
    let zeros = vec![0; 5 << 20];
    let deflated = pack(&[(&header(3, 5 << 20), &zeros)]);
    assert!(deflated.len() < 10_000 && is_too_large(&deflated));
    // One of them is bearable, four are not.
    let quarter = &zeros[..1 << 20];
    let entry = (&header(3, 1 << 20)[..], quarter);
    assert!(read(&pack(&[entry, entry, entry])).is_ok());
    assert!(is_too_large(&pack(&[entry, entry, entry, entry, entry])));
    let more_than_it_says = pack(&[(&header(3, 10), &zeros)]);
    assert!(matches!(read(&more_than_it_says), Err(SourceError::Corrupt(_))));
    let mut many = b"PACK\0\0\0\x02\xff\xff\xff\xff".to_vec();
    many.extend_from_slice(&[0; 40]);
    assert!(is_too_large(&many));
    for size in [MAX_META_BYTES + 1, u64::MAX >> 8] {
        assert!(is_too_large(&pack(&[(&header(2, size), b"")])), "a tree of {size} bytes");
        assert!(is_too_large(&pack(&[(&header(1, size), b"")])), "a commit of {size} bytes");
    }
}

#[test]
fn bombs_of_deltas_are_refused() {
    let base = vec![7; 64 << 10];
    let of_base = |delta: &[u8]| [&header(7, delta.len() as u64)[..], &object::blob_id(&base).0].concat();
    let of = |delta: &[u8]| pack(&[(&header(3, 64 << 10), &base), (&of_base(delta), delta)]);
    assert!(read(&of(&repeat(16))).is_ok());
    assert!(is_too_large(&of(&repeat(64))), "4 MiB out of 64 commands");
    let says_much = [varint(64 << 10), varint(1 << 50)].concat();
    assert!(is_too_large(&of(&says_much)));
}

/// A pack of an object of `size` zeros and a chain of deltas, each of which copies all of the one before it.
fn chain(links: usize, size: u64) -> Vec<u8> {
    let part = 0x00ff_0000;
    let parts = (0..size).step_by(part as usize);
    let copy =
        |at: u64| [&[0xff][..], &at.to_le_bytes()[..4], &part.min(size - at).to_le_bytes()[..3]].concat();
    let delta = [vec![varint(size), varint(size)], parts.map(copy).collect()].concat().concat();
    let mut pack = [b"PACK\0\0\0\x02", &(links as u32 + 1).to_be_bytes()[..]].concat();
    let mut before = pack.len();
    for link in 0..=links {
        let start = pack.len();
        let zeros = vec![0; size as usize];
        let bytes = if link == 0 { &zeros } else { &delta };
        pack.extend(header(if link == 0 { 3 } else { 6 }, bytes.len() as u64));
        if link > 0 {
            let (mut distance, mut digits) = (start - before, Vec::new());
            digits.push((distance & 0x7f) as u8);
            while distance > 0x7f {
                distance = (distance >> 7) - 1;
                digits.push((distance & 0x7f) as u8 | 0x80);
            }
            pack.extend(digits.into_iter().rev());
        }
        let mut zlib = flate2::write::ZlibEncoder::new(&mut pack, flate2::Compression::fast());
        zlib.write_all(bytes).unwrap();
        zlib.finish().unwrap();
        before = start;
    }
    let hash = Sha1::digest(&pack);
    pack.extend_from_slice(&hash);
    pack
}

/// Objects of this size are not kept while a chain is followed: each link makes all those before it again.
#[test]
fn chains_that_make_the_same_bytes_again_and_again_are_refused() {
    let size = 9 << 20;
    let read = |links: usize| {
        let limits = Limits {
            scratch: &std::env::temp_dir(),
            max_bytes: 1 << 20,
            max_objects: 100,
            max_unpacked_bytes: (links as u64 + 2) * size,
            cancel: &CancellationToken::new(),
        };
        receive(&chain(links, size)[..], &limits)
    };
    assert!(read(3).is_ok());
    assert!(matches!(read(24), Err(SourceError::TooLarge { .. })));
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_reported_as_such() {
    let full = File::options().write(true).open("/dev/full").unwrap();
    let bytes = pack(&[(&[0x3b], b"hello world")]);
    let mut incoming = Incoming {
        input: &bytes[..],
        file: BufWriter::new(full),
        hash: Sha1::new(),
        position: 0,
        max_bytes: 1 << 20,
        action: "keep a pack".into(),
    };
    incoming.take(bytes.len() - 20).unwrap();
    assert!(matches!(incoming.trailer(), Err(SourceError::Io { .. })));
}
