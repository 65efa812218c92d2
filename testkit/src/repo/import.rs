//! Writing commits as a stream for `git fast-import` (git's `Documentation/git-fast-import.txt`).
//!
//! One process makes any number of commits, and paths never touch a file system: whatever a tree can hold can be made.

use std::io::{self, Write};

use super::git::{AUTHOR_EMAIL, AUTHOR_NAME};

/// What one line of a commit does to its tree.
#[derive(Clone, Debug)]
pub(super) enum Change {
    /// The path holds this, whatever it held before; files in its way are gone.
    Put(Vec<u8>, u32, Content),
    /// The file or directory is gone; nothing happens if it is not there.
    Remove(Vec<u8>),
    /// The file or directory is somewhere else.
    Rename(Vec<u8>, Vec<u8>),
}

/// What a path holds.
#[derive(Clone, Debug)]
pub(super) enum Content {
    /// A blob with these bytes (a symbolic link's target for links).
    Bytes(Vec<u8>),
    /// An object by its id: a blob, a tree, or the commit of a submodule.
    Object(String),
}

/// A commit that another follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Parent {
    /// One that the repository holds already.
    Id(String),
    /// One made earlier in this stream.
    Mark(u64),
}

/// A stream that `git fast-import` reads.
pub(super) struct ImportStream<W> {
    out: W,
    marks: u64,
}

impl<W: Write> ImportStream<W> {
    pub(super) fn new(out: W) -> Self {
        Self { out, marks: 0 }
    }

    /// Begins a commit on `branch`, made at `time` (seconds since 1970). Its changes follow.
    pub(super) fn commit(
        &mut self,
        branch: &str,
        parent: Option<&Parent>,
        message: &str,
        time: u64,
    ) -> io::Result<u64> {
        self.marks += 1;
        writeln!(self.out, "commit refs/heads/{branch}\nmark :{}", self.marks)?;
        writeln!(self.out, "committer {AUTHOR_NAME} <{AUTHOR_EMAIL}> {time} +0000")?;
        self.data(message.as_bytes())?;
        match parent {
            Some(Parent::Id(id)) => writeln!(self.out, "from {id}")?,
            Some(Parent::Mark(mark)) => writeln!(self.out, "from :{mark}")?,
            None => {}
        }
        Ok(self.marks)
    }

    /// Adds a change to the commit that was begun last.
    pub(super) fn change(&mut self, change: &Change) -> io::Result<()> {
        match change {
            Change::Put(path, mode, Content::Bytes(bytes)) => {
                write!(self.out, "M {mode:06o} inline ")?;
                self.path(path)?;
                writeln!(self.out)?;
                self.data(bytes)
            }
            Change::Put(path, mode, Content::Object(id)) => {
                write!(self.out, "M {mode:06o} {id} ")?;
                self.path(path)?;
                writeln!(self.out)
            }
            Change::Remove(path) => {
                self.out.write_all(b"D ")?;
                self.path(path)?;
                writeln!(self.out)
            }
            Change::Rename(from, to) => {
                self.out.write_all(b"R ")?;
                self.path(from)?;
                self.out.write_all(b" ")?;
                self.path(to)?;
                writeln!(self.out)
            }
        }
    }

    /// Points `branch` at a commit, whether or not that is a step forward.
    pub(super) fn reset(&mut self, branch: &str, to: &Parent) -> io::Result<()> {
        match to {
            Parent::Id(id) => writeln!(self.out, "reset refs/heads/{branch}\nfrom {id}\n"),
            Parent::Mark(mark) => writeln!(self.out, "reset refs/heads/{branch}\nfrom :{mark}\n"),
        }
    }

    /// Asks for the ids of all commits made so far, one a line in the order made.
    pub(super) fn ask_ids(&mut self) -> io::Result<()> {
        for mark in 1..=self.marks {
            writeln!(self.out, "get-mark :{mark}")?;
        }
        Ok(())
    }

    fn data(&mut self, bytes: &[u8]) -> io::Result<()> {
        writeln!(self.out, "data {}", bytes.len())?;
        self.out.write_all(bytes)?;
        writeln!(self.out)
    }

    /// A path in C-style quotes, every unusual byte as three octal digits.
    fn path(&mut self, path: &[u8]) -> io::Result<()> {
        self.out.write_all(b"\"")?;
        for &byte in path {
            match byte {
                b'"' | b'\\' => self.out.write_all(&[b'\\', byte])?,
                b' '..=b'~' => self.out.write_all(&[byte])?,
                _ => write!(self.out, "\\{byte:03o}")?,
            }
        }
        self.out.write_all(b"\"")
    }
}
