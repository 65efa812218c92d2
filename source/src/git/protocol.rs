//! Git's fetch protocol over HTTP, as much of it as a shallow fetch needs: version 2 (`Documentation/gitprotocol-v2.txt`)
//! and, for servers that do not know it, versions 0 and 1 (`gitprotocol-pack.txt`, `gitprotocol-http.txt`).
//!
//! gix-protocol speaks these too, but over blocking streams that cannot be told to stop while they wait for bytes, and
//! its transport hides how many requests it makes. What is needed here is few messages, all built in one go, so they
//! are written out: the transfer stays asynchronous, counted and bounded.

use entities::ObjectId;

use super::{
    pktline::{DELIMITER, FLUSH, Packet, Packets, SideBand, corrupt, one_line, push_line, unwrap},
    refs::{HeadRef, RefList, branch_name},
};
use crate::{Haves, SourceError};

/// What messages call this program.
const AGENT: &str = concat!("agent=project-sync/", env!("CARGO_PKG_VERSION"));

/// What a server said when it was first asked.
pub(super) enum Advertisement {
    /// It speaks version 2 and can do this; references must be asked for.
    V2(Capabilities),
    /// It speaks an older version, can do this and has these references.
    V0(Capabilities, RefList),
}

/// A server's capabilities, one word or `name=value` each.
#[derive(Default)]
pub(super) struct Capabilities(Vec<String>);

impl Capabilities {
    fn has(&self, name: &str) -> bool {
        self.0.iter().any(|capability| capability == name)
    }

    fn value(&self, name: &str) -> Option<&str> {
        self.0.iter().find_map(|capability| capability.strip_prefix(name)?.strip_prefix('='))
    }

    fn lists(&self, name: &str, feature: &str) -> bool {
        self.value(name).is_some_and(|features| features.split(' ').any(|known| known == feature))
    }

    fn check_hash(&self) -> Result<(), SourceError> {
        match self.value("object-format") {
            None | Some("sha1") => Ok(()),
            Some("sha256") => Err(SourceError::Unsupported("SHA-256 object ids".into())),
            Some(_) => Err(SourceError::Unsupported("the repository's kind of object ids".into())),
        }
    }
}

/// A message of the server's in place of an answer.
fn server_message(line: &[u8]) -> Option<String> {
    line.strip_prefix(b"ERR ").map(one_line)
}

/// Reads the answer to `GET info/refs`.
pub(super) fn read_advertisement(
    body: &[u8],
    on_error: impl Fn(String) -> SourceError,
) -> Result<Advertisement, SourceError> {
    let mut packets = Packets::new(body);
    let mut lines = Vec::new();
    let mut flushes = 0;
    while let Some(packet) = packets.next().map_err(unwrap)? {
        match packet {
            Packet::Data(line) => match server_message(line) {
                Some(message) => return Err(on_error(message)),
                None => lines.push(line.strip_suffix(b"\n").unwrap_or(line).to_vec()),
            },
            Packet::Flush | Packet::Delimiter => flushes += 1,
        }
    }
    let has_banner = lines.first().is_some_and(|line| line.starts_with(b"# service="));
    if flushes != if has_banner { 2 } else { 1 } {
        return Err(unwrap(corrupt("the list of references is incomplete")));
    }
    let mut lines = &lines[usize::from(has_banner)..];
    if lines.first().is_some_and(|line| line == b"version 2") {
        let words = lines[1..].iter().map(|line| String::from_utf8_lossy(line).into_owned());
        let capabilities = Capabilities(words.collect());
        capabilities.check_hash()?;
        return Ok(Advertisement::V2(capabilities));
    }
    if lines.first().is_some_and(|line| line == b"version 1") {
        lines = &lines[1..];
    }
    read_v0_refs(lines)
}

/// Reads `<id> <name>` lines, the first with the capabilities after a NUL.
fn read_v0_refs(lines: &[Vec<u8>]) -> Result<Advertisement, SourceError> {
    let mut capabilities = Capabilities::default();
    let mut list = RefList { head: HeadRef::Absent, branches: Vec::new() };
    for (index, line) in lines.iter().enumerate() {
        let mut line = &line[..];
        if index == 0 {
            let end = line.iter().position(|byte| *byte == 0).ok_or_else(malformed_ref)?;
            let words = String::from_utf8_lossy(&line[end + 1..]);
            capabilities = Capabilities(words.split_ascii_whitespace().map(str::to_owned).collect());
            capabilities.check_hash()?;
            line = &line[..end];
        }
        if line.starts_with(b"shallow ") || line.ends_with(b"capabilities^{}") {
            continue;
        }
        let (id, name) = split_ref(line)?;
        if name == b"HEAD" {
            list.head = HeadRef::Detached;
        } else if let Some(name) = branch_name(name) {
            list.branches.push((name.to_owned(), id));
        }
    }
    let points_at = capabilities.0.iter().find_map(|word| word.strip_prefix("symref=HEAD:refs/heads/"));
    if let Some(branch) = points_at {
        list.head = HeadRef::Branch(branch.to_owned());
    }
    Ok(Advertisement::V0(capabilities, list))
}

fn split_ref(line: &[u8]) -> Result<(ObjectId, &[u8]), SourceError> {
    let (id, name) = line.split_at_checked(40).ok_or_else(malformed_ref)?;
    let id = std::str::from_utf8(id).ok().and_then(|id| id.parse().ok()).ok_or_else(malformed_ref)?;
    Ok((id, name.strip_prefix(b" ").ok_or_else(malformed_ref)?))
}

fn malformed_ref() -> SourceError {
    unwrap(corrupt("a malformed reference"))
}

/// Which references to ask a version 2 server for.
#[derive(Clone, Copy)]
pub(super) enum WantedRefs<'a> {
    /// HEAD and the branch it points at.
    Head,
    /// One branch.
    Branch(&'a str),
    /// HEAD and every branch.
    All,
}

fn start_command(capabilities: &Capabilities, command: &str) -> Vec<u8> {
    let mut message = Vec::new();
    push_line(&mut message, &format!("command={command}"));
    if capabilities.value("agent").is_some() {
        push_line(&mut message, AGENT);
    }
    if capabilities.value("object-format").is_some() {
        push_line(&mut message, "object-format=sha1");
    }
    message.extend_from_slice(DELIMITER);
    message
}

/// The request for references in version 2.
pub(super) fn ls_refs(capabilities: &Capabilities, wanted: WantedRefs<'_>) -> Vec<u8> {
    let mut message = start_command(capabilities, "ls-refs");
    push_line(&mut message, "symrefs");
    if capabilities.lists("ls-refs", "unborn") {
        push_line(&mut message, "unborn");
    }
    match wanted {
        WantedRefs::Head => push_line(&mut message, "ref-prefix HEAD"),
        WantedRefs::Branch(branch) => push_line(&mut message, &format!("ref-prefix refs/heads/{branch}")),
        WantedRefs::All => {
            push_line(&mut message, "ref-prefix HEAD");
            push_line(&mut message, "ref-prefix refs/heads/");
        }
    }
    message.extend_from_slice(FLUSH);
    message
}

/// Reads the answer to [`ls_refs`]. The branch that HEAD points at is in the list even if only HEAD was asked for.
pub(super) fn read_refs(
    body: &[u8],
    on_error: impl Fn(String) -> SourceError,
) -> Result<RefList, SourceError> {
    let mut list = RefList { head: HeadRef::Absent, branches: Vec::new() };
    let mut of_head = None;
    let mut packets = Packets::new(body);
    loop {
        let line = match packets.next().map_err(unwrap)? {
            Some(Packet::Data(line)) => line,
            Some(Packet::Flush) => break,
            Some(Packet::Delimiter) | None => {
                return Err(unwrap(corrupt("the list of references is incomplete")));
            }
        };
        if let Some(message) = server_message(line) {
            return Err(on_error(message));
        }
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let mut words = line.splitn(3, |byte| *byte == b' ');
        let (id, name) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let attributes = words.next().unwrap_or_default().split(|byte| *byte == b' ');
        let id: Option<ObjectId> = std::str::from_utf8(id).ok().and_then(|id| id.parse().ok());
        let target = attributes.into_iter().find_map(|word| word.strip_prefix(b"symref-target:"));
        if name == b"HEAD" {
            list.head = match target {
                Some(target) => {
                    branch_name(target).map_or(HeadRef::Detached, |branch| HeadRef::Branch(branch.to_owned()))
                }
                None => HeadRef::Detached,
            };
            of_head = id;
        } else if let (Some(id), Some(branch)) = (id, branch_name(name)) {
            list.branches.push((branch.to_owned(), id));
        }
    }
    if let (HeadRef::Branch(branch), Some(id)) = (&list.head, of_head)
        && !list.branches.iter().any(|(known, _)| known == branch)
    {
        list.branches.push((branch.clone(), id));
    }
    Ok(list)
}

/// How many generations of commits are asked for when there are haves and no time is known.
///
/// A server leaves out what a have holds only where it meets that have while it walks the history. With a depth of 1 it
/// meets none and sends everything. (The `thin-pack` capability would change that, but then deltas come whose bases are
/// only in the haves.) Without any depth, one merge of a branch older than the have would bring all of history. So the
/// depth bounds both: a have within it saves nearly everything, one beyond it nothing, and the generations themselves
/// cost no more than what changed in them.
const DEPTH_WITH_HAVES: u32 = 50;

/// How much further back than the have's own time the history is asked for, in seconds: a week.
///
/// A server walks until commits are older than the time given, and where a merge queue or a rebase left times out of
/// order it would stop short of the have. Measured over 3 to 20 commits of four public repositories, a week always
/// reached it and cost 1 to 9 times the least possible, where a depth of 50 cost 3 to 47 times that.
const SINCE_SLACK_SECONDS: i64 = 7 * 24 * 3_600;

/// No commit is older than git itself (April 2005): an earlier time is not one to rely on.
const FIRST_PLAUSIBLE_SECOND: i64 = 1_112_313_600;

/// How far back the server may look for what the `haves` hold.
fn deepen(haves: &Haves, can_deepen_since: bool) -> String {
    let since = haves.since.map(|since| since.timestamp() - SINCE_SLACK_SECONDS);
    match since.filter(|since| can_deepen_since && *since >= FIRST_PLAUSIBLE_SECOND) {
        _ if haves.commits.is_empty() => "deepen 1".to_owned(),
        Some(since) => format!("deepen-since {since}"),
        None => format!("deepen {DEPTH_WITH_HAVES}"),
    }
}

/// The request for one commit, less what the `haves` hold.
///
/// The haves are declared shallow, which they are here: the server then leaves out exactly their own trees and blobs,
/// and nothing on the assumption that their history is known (as it would with reachability bitmaps, too). Without the
/// `thin-pack` capability every delta's base is in the pack.
pub(super) fn fetch(
    advertisement: &Advertisement,
    commit: ObjectId,
    haves: &Haves,
) -> Result<Vec<u8>, SourceError> {
    let unsupported = |what: &str| SourceError::Unsupported(format!("a git server without {what}"));
    let shallow = haves.commits.iter().map(|have| format!("shallow {have}"));
    let have = haves.commits.iter().map(|have| format!("have {have}"));
    let mut message;
    match advertisement {
        Advertisement::V2(capabilities) => {
            if !capabilities.lists("fetch", "shallow") {
                return Err(unsupported("shallow fetches"));
            }
            message = start_command(capabilities, "fetch");
            let lines = ["ofs-delta".into(), "no-progress".into(), format!("want {commit}")].into_iter();
            // Version 2 says "shallow" for all that has to do with it (git's `gitprotocol-v2.txt`).
            let lines = lines.chain(shallow).chain([deepen(haves, true)]).chain(have);
            lines.for_each(|line| push_line(&mut message, &line));
            push_line(&mut message, "done");
            message.extend_from_slice(FLUSH);
        }
        Advertisement::V0(capabilities, _) => {
            for needed in ["shallow", "side-band-64k"] {
                if !capabilities.has(needed) {
                    return Err(unsupported(needed));
                }
            }
            message = Vec::new();
            let optional = ["ofs-delta", "no-progress"].into_iter().filter(|word| capabilities.has(word));
            let agent = capabilities.value("agent").map(|_| AGENT);
            let words: Vec<&str> = ["side-band-64k"].into_iter().chain(optional).chain(agent).collect();
            push_line(&mut message, &format!("want {commit} {}", words.join(" ")));
            let deepen = deepen(haves, capabilities.has("deepen-since"));
            shallow.chain([deepen]).for_each(|line| push_line(&mut message, &line));
            message.extend_from_slice(FLUSH);
            have.for_each(|line| push_line(&mut message, &line));
            push_line(&mut message, "done");
        }
    }
    Ok(message)
}

/// Skips to the pack in the answer to [`fetch`], in either version. The inner error is a message in its place.
pub(super) fn skip_to_pack<R: std::io::Read>(
    mut packets: Packets<R>,
) -> Result<Result<SideBand<R>, String>, SourceError> {
    loop {
        let line = match packets.next().map_err(unwrap)? {
            Some(Packet::Data(line)) => line,
            Some(Packet::Flush | Packet::Delimiter) => continue,
            None => return Err(unwrap(corrupt("the answer ends before the pack"))),
        };
        if let Some(message) = server_message(line) {
            return Ok(Err(message));
        }
        match line {
            b"packfile\n" | b"packfile" => return Ok(Ok(SideBand::new(packets, false))),
            [1, ..] => return Ok(Ok(SideBand::new(packets, true))),
            [3, message @ ..] => return Ok(Err(one_line(message))),
            _ => {}
        }
    }
}
