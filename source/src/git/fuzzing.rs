//! What must hold for any bytes that a git server or a repository gives. For the fuzzer only; all of it panics where
//! something does not hold.

use std::{io::Read, sync::OnceLock};

use entities::ObjectId;
use gix::objs::Kind;
use sha1::{Digest, Sha1};
use tokio_util::sync::CancellationToken;

use super::{
    commit,
    pack::{self, Decoder, Limits},
    pktline::{Packets, SideBand},
    protocol::{self, Advertisement, WantedRefs},
    refs::RefList,
    tree,
};
use crate::{
    Haves, MAX_BRANCHES, MAX_SUMMARY_CHARS, SourceError,
    object::{blob_id, decode_tree, encode_entry, object_id},
};

/// The most that a pack may come to here, in bytes: more than what is fed would be, were it honest.
const MAX_UNPACKED: u64 = 8 << 20;

/// The most objects that a pack may have here.
const MAX_OBJECTS: u32 = 1_000;

/// How much of what a delta says it makes is believed, in bytes.
const MAX_DELTA: u64 = 16 << 20;

/// A pack without the checksum at its end, which is put there. What is taken gives each object under the id that its
/// bytes have, and no more bytes than the limits allow.
pub fn pack(bytes: &[u8]) {
    let sealed = [bytes, &Sha1::digest(bytes)[..]].concat();
    let (scratch, cancel) = (std::env::temp_dir(), CancellationToken::new());
    let limits = Limits {
        scratch: &scratch,
        max_bytes: 1 << 20,
        max_objects: MAX_OBJECTS,
        max_unpacked_bytes: MAX_UNPACKED,
        cancel: &cancel,
    };
    let Ok(pack) = pack::receive(&sealed[..], &limits) else { return };
    assert!(pack.len() <= MAX_OBJECTS as usize);
    let Ok(mut decoder) = Decoder::open(&pack) else { panic!("a pack that was taken cannot be opened") };
    let mut ids = Vec::new();
    for index in 0..pack.len() {
        let (kind, size) = pack.kind_and_size(index);
        match decoder.decode(&pack, index) {
            Ok(object) => {
                assert_eq!(object.len() as u64, size);
                let Some(kind) = kind else { panic!("an object of no kind") };
                let id = object_id(kind, &object);
                assert!(pack.find(id).is_some(), "an object is not found by its id");
                ids.push(id);
            }
            // So many copies of the same bytes that it was given up.
            Err(SourceError::TooLarge { .. }) => return,
            Err(error) => panic!("an object that was taken cannot be read: {error}"),
        }
    }
    assert!(pack.find(ObjectId([0x5a; 20])).is_none() || ids.contains(&ObjectId([0x5a; 20])));
}

/// A base of as many bytes as the first two say, and a delta of it: it makes as many bytes as it says, or nothing.
pub fn delta(bytes: &[u8]) {
    let Some((length, rest)) = bytes.split_at_checked(2) else { return };
    let length = usize::from(u16::from_be_bytes([length[0], length[1]])).min(rest.len());
    let (base, delta) = rest.split_at(length);
    let Ok((base_size, result_size)) = pack::delta_sizes(delta) else {
        assert!(pack::apply_delta(base, delta).is_err());
        return;
    };
    if result_size > MAX_DELTA {
        return;
    }
    if let Ok(object) = pack::apply_delta(base, delta) {
        assert_eq!((base.len() as u64, object.len() as u64), (base_size, result_size));
    }
}

/// A tree or a commit. What is read of a tree is written as the same bytes, and holds no name that leads elsewhere.
pub fn objects(bytes: &[u8]) {
    if let Ok(entries) = decode_tree(bytes) {
        let mut written = Vec::new();
        for entry in &entries {
            assert!(!entry.name.is_empty() && !entry.name.contains(&b'/') && !entry.name.contains(&0));
            encode_entry(&mut written, entry.mode, &entry.name, entry.id);
        }
        // A mode may be written with zeros before it, and is kept as a number.
        if written.len() == bytes.len() {
            assert_eq!(written, bytes);
        }
        assert_eq!(decode_tree(&written).as_ref(), Ok(&entries));
        let id = object_id(Kind::Tree, bytes);
        assert!(tree::read(id, Some(Kind::Tree), bytes).is_ok());
        assert!(tree::read(id, Some(Kind::Blob), bytes).is_err());
        assert!(tree::read(blob_id(bytes), Some(Kind::Tree), bytes).is_err());
    }
    if let Ok(info) = commit::read(object_id(Kind::Commit, bytes), bytes) {
        assert!(info.summary.chars().count() <= MAX_SUMMARY_CHARS && !info.summary.contains('\n'));
    }
    assert!(commit::read(blob_id(bytes), bytes).is_err());
}

/// What a server answers. Nothing of it makes a request that has other lines than we wrote.
pub fn protocol(bytes: &[u8]) {
    if let Ok(advertisement) = protocol::read_advertisement(bytes, SourceError::Corrupt) {
        let haves = Haves { commits: vec![ObjectId([7; 20])], since: None };
        if let Ok(message) = protocol::fetch(&advertisement, ObjectId([8; 20]), &haves) {
            check_request(&message);
        }
        match advertisement {
            Advertisement::V2(capabilities) => {
                check_request(&protocol::ls_refs(&capabilities, WantedRefs::Branch("main")));
            }
            Advertisement::V0(_, refs) => check_refs(refs),
        }
    }
    if let Ok(refs) = protocol::read_refs(bytes, SourceError::Corrupt) {
        check_refs(refs);
    }
    if let Ok(Ok(mut band)) = protocol::skip_to_pack(Packets::new(bytes)) {
        read_band(&mut band, bytes.len());
    }
    read_band(&mut SideBand::new(Packets::new(bytes), false), bytes.len());
}

fn read_band(band: &mut SideBand<&[u8]>, most: usize) {
    let mut taken = Vec::new();
    // What comes before an error counts, too.
    let _ = band.read_to_end(&mut taken);
    assert!(taken.len() <= most);
}

fn check_request(message: &[u8]) {
    static WORDS: OnceLock<[&str; 11]> = OnceLock::new();
    let words = WORDS.get_or_init(|| {
        [
            "command=",
            "agent=",
            "object-format=",
            "symrefs",
            "unborn",
            "ref-prefix ",
            "want ",
            "shallow ",
            "deepen",
            "have ",
            "done",
        ]
    });
    let mut packets = Packets::new(message);
    while let Ok(Some(packet)) = packets.next() {
        let super::pktline::Packet::Data(line) = packet else { continue };
        let line = String::from_utf8_lossy(line);
        let is_capability = matches!(line.trim_end(), "ofs-delta" | "no-progress");
        assert!(is_capability || words.iter().any(|word| line.starts_with(word)), "{line:?}");
        assert_eq!(line.matches('\n').count(), 1, "{line:?}");
    }
}

fn check_refs(refs: RefList) {
    let _ = refs.pick(None);
    let _ = refs.pick(Some("main"));
    let listed = refs.into_branches();
    assert!(listed.len() <= MAX_BRANCHES);
}
