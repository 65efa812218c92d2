//! Running the real `git`, cut off from the settings of whoever runs the tests.

use std::{
    ffi::OsStr,
    io::{self, BufWriter, Write},
    path::Path,
    process::{Command, Output, Stdio},
    thread,
};

/// The author and committer of every commit.
pub const AUTHOR_NAME: &str = "Test Author";

/// Their address.
pub const AUTHOR_EMAIL: &str = "author@example.org";

/// When the first commit is made, in seconds since 1970 (2024-01-01 00:00:00 UTC).
pub const FIRST_COMMIT_TIME: u64 = 1_704_067_200;

/// Settings that every repository is made with: nothing happens in the background, nothing is converted.
const SETTINGS: [(&str, &str); 8] = [
    ("gc.auto", "0"),
    ("maintenance.auto", "false"),
    ("core.autocrlf", "false"),
    ("core.fsync", "none"),
    ("commit.gpgSign", "false"),
    ("tag.gpgSign", "false"),
    ("advice.detachedHead", "false"),
    // Stand-ins serve these repositories; a client may ask for any commit, as hosts allow.
    ("uploadpack.allowAnySHA1InWant", "true"),
];

/// A `git` command in `folder` that reads no configuration but the repository's own.
///
/// The environment is empty except for `PATH`, so that a `GIT_DIR` of a surrounding hook cannot reach in.
pub fn git_command(folder: &Path) -> Command {
    let mut command = Command::new("git");
    command.env_clear().current_dir(folder);
    if let Some(path) = std::env::var_os("PATH") {
        command.env("PATH", path);
    }
    let date = format!("{FIRST_COMMIT_TIME} +0000");
    command
        .env("LC_ALL", "C")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_ATTR_NOSYSTEM", "1")
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("GIT_LITERAL_PATHSPECS", "1")
        .env("GIT_AUTHOR_NAME", AUTHOR_NAME)
        .env("GIT_AUTHOR_EMAIL", AUTHOR_EMAIL)
        .env("GIT_AUTHOR_DATE", &date)
        .env("GIT_COMMITTER_NAME", AUTHOR_NAME)
        .env("GIT_COMMITTER_EMAIL", AUTHOR_EMAIL)
        .env("GIT_COMMITTER_DATE", &date);
    command
}

/// Makes an empty repository at `folder`, on branch `main`, with object ids of `format` (`sha1` or `sha256`).
pub(super) fn init(folder: &Path, bare: bool, format: &str) {
    let mut command = git_command(folder);
    command.args(["init", "--quiet", "--template=", "--initial-branch=main"]);
    command.arg(format!("--object-format={format}"));
    if bare {
        command.arg("--bare");
    }
    finish(&mut command);
    let config = if bare { folder.join("config") } else { folder.join(".git/config") };
    let mut text =
        std::fs::read_to_string(&config).unwrap_or_else(|error| panic!("{}: {error}", config.display()));
    for (key, value) in SETTINGS {
        let (section, name) = key.split_once('.').unwrap_or_else(|| panic!("{key} has no section"));
        text.push_str(&format!("[{section}]\n\t{name} = {value}\n"));
    }
    std::fs::write(&config, text).unwrap_or_else(|error| panic!("{}: {error}", config.display()));
}

/// Runs a command to its end and gives what it wrote. Panics with the command and its complaint if it fails.
pub(super) fn finish(command: &mut Command) -> Vec<u8> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|error| panic!("{command:?} cannot be started: {error}"));
    checked(command, output)
}

/// Runs a command, writes its input as `feed` says and gives what it wrote.
///
/// The input is written on a thread of its own, so neither side waits for the other however much there is.
pub(super) fn finish_with_input(
    command: &mut Command,
    feed: impl FnOnce(&mut dyn Write) -> io::Result<()> + Send,
) -> Vec<u8> {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{command:?} cannot be started: {error}"));
    let stdin = child.stdin.take().unwrap_or_else(|| panic!("{command:?} has no input"));
    let (fed, output) = thread::scope(|scope| {
        let feeder = scope.spawn(move || {
            let mut stdin = BufWriter::with_capacity(1 << 16, stdin);
            feed(&mut stdin)?;
            stdin.flush()
        });
        let output = child
            .wait_with_output()
            .unwrap_or_else(|error| panic!("{command:?} cannot be waited for: {error}"));
        (feeder.join(), output)
    });
    // A command that failed also broke the pipe: its own complaint is the better one.
    let answer = checked(command, output);
    match fed {
        Ok(Ok(())) => answer,
        Ok(Err(error)) => panic!("{command:?} did not read its input: {error}"),
        Err(panic) => std::panic::resume_unwind(panic),
    }
}

fn checked(command: &Command, output: Output) -> Vec<u8> {
    if !output.status.success() {
        let arguments: Vec<_> = command.get_args().map(OsStr::to_string_lossy).collect();
        panic!(
            "git {} failed ({}): {}{}",
            arguments.join(" "),
            output.status,
            String::from_utf8_lossy(&output.stderr),
            String::from_utf8_lossy(&output.stdout)
        );
    }
    output.stdout
}
