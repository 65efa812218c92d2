//! One commit that holds every nasty entry we know of.

use super::{MODE_DIRECTORY, MODE_FILE, TestRepo};

/// The commit made by [`EdgeCases::build`], and what is where in it.
pub struct EdgeCases {
    /// The commit's id.
    pub commit: String,
    /// How many bytes [`EdgeCases::LARGE_FILE`] has.
    pub large_bytes: usize,
}

/// The size of the large file unless told otherwise, in bytes: a little above 8 MiB.
const LARGE_BYTES: usize = 8 * 1024 * 1024 + 1;

/// How many paths hold the same bytes.
const COPIES: usize = 50;

impl EdgeCases {
    /// A path that is not UTF-8.
    pub const NON_UTF8: &[u8] = b"odd/caf\xe9-\xff\xfe.txt";
    /// A path with a line break.
    pub const NEWLINE: &[u8] = b"odd/new\nline.txt";
    /// A path with both kinds of quotes.
    pub const QUOTES: &[u8] = b"odd/\"double\" and 'single'.txt";
    /// A path with a backslash.
    pub const BACKSLASH: &[u8] = b"odd/back\\slash\\n.txt";
    /// A path with a tab.
    pub const TAB: &[u8] = b"odd/tab\there.txt";
    /// A path that begins and ends with a space.
    pub const SPACES: &[u8] = b"odd/ spaces ";
    /// Two spellings of one visible name: composed and decomposed Unicode.
    pub const UNICODE_TWINS: [&[u8]; 2] = ["odd/é.txt".as_bytes(), "odd/e\u{301}.txt".as_bytes()];
    /// Two paths that differ by case only.
    pub const CASE_TWINS: [&[u8]; 2] = [b"case/Twin.md", b"case/twin.md"];
    /// An executable file.
    pub const EXECUTABLE: &[u8] = b"bin/run";
    /// A link to a file that exists.
    pub const SYMLINK: &[u8] = b"links/to-readme";
    /// A link to nothing.
    pub const DANGLING_SYMLINK: &[u8] = b"links/dangling";
    /// A submodule.
    pub const SUBMODULE: &[u8] = b"vendor/library";
    /// The commit that the submodule names; the repository does not hold it.
    pub const SUBMODULE_COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";
    /// A file whose mode is spelled 100664, as git did before 2005.
    pub const GROUP_WRITABLE: &[u8] = b"old/group-writable.txt";
    /// A directory without any entries, which git's own commands never write.
    pub const EMPTY_DIRECTORY: &[u8] = b"old/empty";
    /// A file without bytes.
    pub const EMPTY_FILE: &[u8] = b"content/empty";
    /// A file with NUL bytes, the first after byte 8,000 where guesses about binary files end.
    pub const LATE_NUL: &[u8] = b"content/late-nul.md";
    /// A document whose lines end in CR LF.
    pub const CRLF: &[u8] = b"content/crlf.md";
    /// A document in Latin-1.
    pub const LATIN1: &[u8] = b"content/latin1.md";
    /// A pointer of Git LFS.
    pub const LFS_POINTER: &[u8] = b"content/lfs.bin";
    /// A file above the size that is stored.
    pub const LARGE_FILE: &[u8] = b"content/large.bin";
    /// A file that `git archive` leaves out.
    pub const EXPORT_IGNORE: &[u8] = b"export/ignored.txt";
    /// A file that `git archive` rewrites.
    pub const EXPORT_SUBST: &[u8] = b"export/version.txt";

    /// Commits all of it on the repository's current branch, the large file just above 8 MiB.
    pub fn build(repo: &TestRepo) -> Self {
        Self::with_large_file(repo, LARGE_BYTES)
    }

    /// The same with a large file of `large_bytes` bytes.
    pub fn with_large_file(repo: &TestRepo, large_bytes: usize) -> Self {
        paths(repo);
        kinds(repo);
        contents(repo, large_bytes);
        documents(repo);
        Self { commit: repo.commit("Every nasty entry"), large_bytes }
    }

    /// A path of 4,000 bytes in directories of 199 bytes each.
    pub fn long_path() -> Vec<u8> {
        let mut path = [[b'd'; 199].as_slice(), b"/"].concat().repeat(19);
        path.resize(4_000, b'f');
        path
    }

    /// A single name of 4,000 bytes.
    pub fn long_name() -> Vec<u8> {
        vec![b'n'; 4_000]
    }
}

fn paths(repo: &TestRepo) {
    let odd = [
        EdgeCases::NON_UTF8,
        EdgeCases::NEWLINE,
        EdgeCases::QUOTES,
        EdgeCases::BACKSLASH,
        EdgeCases::TAB,
        EdgeCases::SPACES,
    ];
    for path in odd.into_iter().chain(EdgeCases::UNICODE_TWINS).chain(EdgeCases::CASE_TWINS) {
        repo.write(path, [b"Content of ", path, b"\n"].concat());
    }
    repo.write(EdgeCases::long_path(), "At a long path.\n");
    repo.write(EdgeCases::long_name(), "Under a long name.\n");
    for copy in 0..COPIES {
        repo.write(format!("copies/{:02}/same.md", copy), "# The same\n\nEverywhere.\n");
    }
    // Trees sort `a/` after `a-` and before `a0`: a sorting that forgets the slash gets another id.
    repo.write("order/a-", "1").write("order/a/b", "2").write("order/a0", "3").write("order/a.b", "4");
}

fn kinds(repo: &TestRepo) {
    repo.write(EdgeCases::EXECUTABLE, "#!/bin/sh\nexit 0\n").chmod(EdgeCases::EXECUTABLE, true);
    repo.symlink(EdgeCases::SYMLINK, "../README.rst");
    repo.symlink(EdgeCases::DANGLING_SYMLINK, b"../nowhere/\xff");
    repo.submodule(EdgeCases::SUBMODULE, EdgeCases::SUBMODULE_COMMIT);
    let plain = repo.write_blob(b"Group writable.\n");
    let empty = repo.write_tree(&[]);
    let old = repo.write_tree(&[
        (0o100_664, b"group-writable.txt", &plain),
        (MODE_DIRECTORY, b"empty", &empty),
        (MODE_FILE, b"plain.txt", &plain),
    ]);
    repo.tree("old", &old);
}

fn contents(repo: &TestRepo, large_bytes: usize) {
    repo.write(EdgeCases::EMPTY_FILE, "");
    repo.write("content/nul.bin", b"\0\x01\x02 binary \0\xff");
    repo.write(EdgeCases::LATE_NUL, [b"# Text\n\n".as_slice(), &[b'x'; 8_100], b"\0\n"].concat());
    repo.write(EdgeCases::CRLF, "# Windows\r\n\r\nLines end in two bytes.\r\n\r\n## Second\r\n\r\nText.\r\n");
    repo.write(EdgeCases::LATIN1, b"# Caf\xe9\n\nNa\xefve text in Latin-1.\n");
    let digest = "4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393";
    let pointer = format!("version https://git-lfs.github.com/spec/v1\noid sha256:{digest}\nsize 12345\n");
    repo.write(EdgeCases::LFS_POINTER, pointer);
    // Not compressible to nothing, and without a pattern that a delta could use.
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let large: Vec<u8> = std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u8
    })
    .take(large_bytes)
    .collect();
    repo.write(EdgeCases::LARGE_FILE, large);
    repo.write(
        ".gitattributes",
        "export/ignored.txt export-ignore\nexport/version.txt export-subst\n*.txt eol=crlf ident\n",
    );
    repo.write(EdgeCases::EXPORT_IGNORE, "Not in archives.\n");
    repo.write(EdgeCases::EXPORT_SUBST, "$Format:%H$ $Id$\n");
}

fn documents(repo: &TestRepo) {
    repo.write(".memory/letter_01.md", "# First letter\n\nWhat was learned.\n");
    repo.write(".memory/letter_20250704_0002.md", "# Second letter\n\nMore of it.\n");
    repo.write(".memory/deep/er/letter_20250704123456.md", "# Third letter\n\nIn a folder.\n");
    repo.write(".memory/letter_99999999_0001.md", "# A date that is none\n");
    repo.write(".memory/broken.md", "---\ntitle: [never closed\n\n# Front matter that does not end\n");
    repo.write(".memory/binary.md", b"\0\x01\x02\xff");
    repo.write(".MEMORY/letter_02.md", "# In capitals\n");
    repo.write("nested/.memory/letter_03.md", "# Not at the root\n");
    repo.write("AGENTS.md", "# Guide\n\nBuild with care.\n\n## Tests\n\nRun them.\n");
    repo.write("README.rst", "Project\n=======\n\nText.\n\nUse\n---\n\nRun it.\n");
    repo.write("docs/guide.adoc", "= Guide\n\nIntroduction.\n\n== Setup\n\nSteps.\n\n=== Details\n\nMore.\n");
    repo.write("docs/twice.md", "# Same\n\nOne.\n\n# Same\n\nTwo.\n\n```\n# not a heading\n```\n");
}
