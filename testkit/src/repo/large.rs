//! Repositories as large as real ones, for benchmarks: the same seed gives the same ids.

use std::{
    io::{self, Write},
    path::Path,
};

use rand::{Rng, SeedableRng, rngs::StdRng, seq::index};

use super::{
    LsTreeKind, MODE_FILE, TestRepo,
    git::{finish_with_input, git_command},
    import::{Change, Content, Parent},
};

/// How many files a directory holds on average.
const FILES_PER_DIRECTORY: usize = 10;

/// How many directories a directory holds.
const FAN_OUT: usize = 6;

/// Every how many files there is a Markdown document (5 %).
const DOCUMENT_EVERY: usize = 20;

/// How many different lines the text is drawn from.
const LINES: usize = 4_096;

const WORDS: [&str; 48] = [
    "account", "array", "branch", "buffer", "build", "cache", "channel", "client", "commit", "config",
    "cursor", "driver", "entry", "error", "event", "field", "filter", "format", "handle", "index", "input",
    "job", "key", "layout", "limit", "list", "loader", "message", "model", "node", "object", "option",
    "output", "page", "parser", "path", "query", "queue", "reader", "request", "result", "row", "scope",
    "server", "source", "store", "task", "value",
];

/// Makes a bare repository at `path` with one commit of `files` files that hold about `total_bytes` bytes together.
///
/// About ten files a directory, sizes spread widely around the mean, text that compresses as source code does, and one
/// Markdown document in twenty files. The repository is kept.
pub fn large_repository(path: &Path, files: usize, total_bytes: u64, seed: u64) -> TestRepo {
    let repo = TestRepo::bare_at(path);
    let branch = repo.current_branch();
    let time = repo.tick();
    repo.import(|stream| {
        let mut writer = TextWriter::new(seed);
        stream.commit(&branch, None, "Everything", time)?;
        let mean = total_bytes as f64 / files.max(1) as f64;
        (0..files).try_for_each(|number| {
            let bytes = (mean * writer.spread()) as usize;
            let content = writer.file(number, bytes);
            stream.change(&Change::Put(file_path(number), MODE_FILE, Content::Bytes(content)))
        })
    });
    repo
}

/// Adds a line to each of `count` files spread over the repository, commits that and gives the commit's id.
///
/// Which files and what line follow from `seed`. Fewer files change if there are fewer.
pub fn change_files(repo: &TestRepo, count: usize, seed: u64) -> String {
    let head = repo.head();
    let files: Vec<_> =
        repo.ls_tree(&head).into_iter().filter(|entry| entry.kind == LsTreeKind::Blob).collect();
    let mut random = StdRng::seed_from_u64(seed);
    let mut chosen = index::sample(&mut random, files.len(), count.min(files.len())).into_vec();
    chosen.sort_unstable();
    let ids: Vec<&str> = chosen.iter().map(|at| files[*at].oid.as_str()).collect();
    let contents = read_blobs(repo, &ids);
    let branch = repo.current_branch();
    let time = repo.tick();
    let made = repo.import(|stream| {
        stream.commit(&branch, Some(&Parent::Id(head)), &format!("Change {count} files"), time)?;
        for (at, mut content) in chosen.iter().zip(contents) {
            content.extend_from_slice(format!("Changed in round {seed}.\n").as_bytes());
            let entry = &files[*at];
            stream.change(&Change::Put(entry.path.clone(), entry.mode, Content::Bytes(content)))?;
        }
        Ok(())
    });
    made.into_iter().next().unwrap_or_else(|| panic!("git fast-import made no commit"))
}

/// The bytes of blobs, in the order asked.
fn read_blobs(repo: &TestRepo, ids: &[&str]) -> Vec<Vec<u8>> {
    let mut command = git_command(repo.path());
    let asked = ids.join("\n") + "\n";
    let output = finish_with_input(command.args(["cat-file", "--batch"]), move |stdin: &mut dyn Write| {
        if asked.len() > 1 { stdin.write_all(asked.as_bytes()) } else { io::Result::Ok(()) }
    });
    let mut rest = output.as_slice();
    let mut blobs = Vec::with_capacity(ids.len());
    // `<id> SP blob SP <size> LF <bytes> LF`
    while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
        let header = String::from_utf8_lossy(&rest[..end]);
        let size = header.rsplit(' ').next().and_then(|size| size.parse().ok());
        let size: usize = size.unwrap_or_else(|| panic!("git cat-file wrote {header}"));
        blobs.push(rest[end + 1..end + 1 + size].to_vec());
        rest = &rest[end + 2 + size..];
    }
    blobs
}

/// Files are spread over directories, and directories form a tree of [`FAN_OUT`].
fn file_path(number: usize) -> Vec<u8> {
    let mut directory = number / FILES_PER_DIRECTORY;
    let mut parts = Vec::new();
    while directory > 0 {
        directory -= 1;
        parts.push(WORDS[(directory % FAN_OUT) * 7 + directory / FAN_OUT % 7]);
        directory /= FAN_OUT;
    }
    parts.reverse();
    let word = WORDS[number % WORDS.len()];
    let extension = if number.is_multiple_of(DOCUMENT_EVERY) { "md" } else { "rs" };
    let folder = parts.iter().map(|part| format!("{part}/")).collect::<String>();
    format!("{folder}{word}_{number}.{extension}").into_bytes()
}

/// Text of lines drawn from a small stock.
struct TextWriter {
    random: StdRng,
    lines: Vec<String>,
}

impl TextWriter {
    fn new(seed: u64) -> Self {
        let mut random = StdRng::seed_from_u64(seed);
        let lines = (0..LINES)
            .map(|number| {
                let count = random.random_range(3..12);
                let words: Vec<_> = (0..count).map(|_| WORDS[random.random_range(0..WORDS.len())]).collect();
                format!("    {} {number:x};\n", words.join("_").replacen('_', " = ", 1))
            })
            .collect();
        Self { random, lines }
    }

    /// A factor with the mean 1: many small files, a few large ones.
    fn spread(&mut self) -> f64 {
        -self.random.random_range(1e-4_f64..1.0).ln()
    }

    /// About `bytes` bytes that begin with the file's number: hardly any two files are the same.
    fn file(&mut self, number: usize, bytes: usize) -> Vec<u8> {
        let document = number.is_multiple_of(DOCUMENT_EVERY);
        let mut text =
            if document { format!("# Document {number}\n\n") } else { format!("// File {number}\n") };
        let mut written = 0;
        while text.len() < bytes {
            if document && written % 12 == 0 {
                text.push_str(&format!("\n## Section {written}\n\n"));
            }
            text.push_str(&self.lines[self.random.random_range(0..LINES)]);
            written += 1;
        }
        text.into_bytes()
    }
}
