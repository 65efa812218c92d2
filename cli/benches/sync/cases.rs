//! What is measured.

use std::{fs, path::Path, process::Command, time::Duration};

use tempfile::TempDir;
use testkit::{
    git_http::GitHttp,
    repo::{TestRepo, change_files, git_command, large_repository},
};
use tokio::runtime::Runtime;

use crate::{
    floor, median,
    process::{project_sync, run},
    report, report_plain,
};

/// Runs of each short measurement.
const RUNS: usize = 5;

/// Mean bytes of a file: those of a large real repository (57,000 files, 90 MB).
const BYTES_PER_FILE: u64 = 1_600;

fn sync(data: &Path, source: &str) -> Duration {
    project_sync(data, &["sync", source, "-o", "json"]).wall
}

fn text(path: &Path) -> &str {
    path.to_str().expect("the temporary folder's name is UTF-8")
}

fn git(folder: &Path, arguments: &[&str]) -> Duration {
    let mut command = git_command(folder);
    command.args(arguments);
    run(command).wall
}

/// Nothing changed: only finding that out.
pub fn nothing_changed() {
    let folder = TempDir::new().unwrap();
    let repo = large_repository(&folder.path().join("repo.git"), 10_000, 10_000 * BYTES_PER_FILE, 1);
    let data = folder.path().join("data");
    sync(&data, text(repo.path()));
    let ours = median((0..RUNS).map(|_| sync(&data, text(repo.path()))).collect());
    let remote = format!("file://{}", text(repo.path()));
    let reference = median((0..RUNS).map(|_| git(folder.path(), &["ls-remote", &remote])).collect());
    report("nothing changed, 10,000 files (git ls-remote)", ours, reference, "ours <= 50 ms + round trips");
}

/// A first import from a local bare repository.
pub fn first_import() {
    let runtime = Runtime::new().unwrap();
    let folder = TempDir::new().unwrap();
    let repo = large_repository(&folder.path().join("repo.git"), 10_000, 10_000 * BYTES_PER_FILE, 1);
    let remote = format!("file://{}", text(repo.path()));
    let (mut ours, mut reference) = (Vec::new(), Vec::new());
    for number in 0..3 {
        let data = folder.path().join(format!("data-{number}"));
        ours.push(sync(&data, text(repo.path())));
        let clone = folder.path().join(format!("clone-{number}"));
        let cloned =
            git(folder.path(), &["clone", "--quiet", "--bare", "--depth", "1", &remote, text(&clone)]);
        let copy = folder.path().join(format!("copy-{number}.db"));
        let inserted = runtime.block_on(floor::insert_same_rows(&data.join("project-sync.db"), &copy));
        reference.push(cloned + inserted);
    }
    report("first import, 10,000 files (clone + insert)", median(ours), median(reference), "<= 3");
}

/// Ten files of 57,000 changed, over smart HTTP.
pub fn few_of_many() {
    let runtime = Runtime::new().unwrap();
    let folder = TempDir::new().unwrap();
    let repo = large_repository(&folder.path().join("repo.git"), 57_000, 57_000 * BYTES_PER_FILE, 1);
    let server = runtime.block_on(GitHttp::start(folder.path()));
    let url = server.url("repo.git");
    let data = folder.path().join("data");
    let first = project_sync(&data, &["sync", &url, "-o", "json"]);
    report_plain("first import, 57,000 files, smart HTTP", &format!("{:.1} s", first.wall.as_secs_f64()), "");
    report_plain("  its peak memory", &format!("{:.0} MiB", first.peak_mib), "");
    let clone = folder.path().join("clone");
    git(folder.path(), &["clone", "--quiet", "--bare", "--depth", "1", &url, text(&clone)]);
    let (mut ours, mut reference) = (Vec::new(), Vec::new());
    for seed in 0..RUNS as u64 {
        change_files(&repo, 10, seed);
        ours.push(sync(&data, &url));
        reference.push(git(&clone, &["fetch", "--quiet", "--depth", "1", "origin", "main"]));
    }
    report("10 of 57,000 files changed (git fetch)", median(ours), median(reference), "<= 2 x + 100 ms");
}

/// The cost of ten changed files does not grow with the repository, nor with the number of syncs before.
pub fn growth() {
    let mut smallest = None;
    for files in [1_000, 10_000, 57_000] {
        let folder = TempDir::new().unwrap();
        let repo = large_repository(&folder.path().join("repo.git"), files, files as u64 * BYTES_PER_FILE, 1);
        let data = folder.path().join("data");
        sync(&data, text(repo.path()));
        let changed = |seed: u64| {
            change_files(&repo, 10, seed);
            sync(&data, text(repo.path()))
        };
        let ours = median((0..RUNS as u64).map(changed).collect());
        let base = *smallest.get_or_insert(ours);
        report(&format!("10 changed of {files} (1,000)"), ours, base, "does not grow");
    }
    syncs_before();
}

fn syncs_before() {
    let folder = TempDir::new().unwrap();
    let repo = large_repository(&folder.path().join("repo.git"), 1_000, 1_000 * BYTES_PER_FILE, 1);
    let data = folder.path().join("data");
    sync(&data, text(repo.path()));
    let mut walls = Vec::new();
    for number in 2..=500 {
        change_files(&repo, 10, number);
        walls.push(sync(&data, text(repo.path())));
    }
    let around = |number: usize| median(walls[number - 7..number - 2].to_vec());
    report("10 changed at sync 500 (at sync 10)", around(500), around(10), "does not grow");
}

/// The most memory at once, first import over smart HTTP and from disk.
pub fn memory() {
    let runtime = Runtime::new().unwrap();
    for (case, files, bytes, bound) in [
        ("60,000 files, 90 MB", 60_000, 90_000_000, "<= 200 MB"),
        ("60,000 files, 1 GB", 60_000, 1_000_000_000, "<= 300 MB"),
    ] {
        let folder = TempDir::new().unwrap();
        let repo = large_repository(&folder.path().join("repo.git"), files, bytes, 1);
        measure_both(&runtime, folder.path(), &repo, case, bound);
    }
    let folder = TempDir::new().unwrap();
    let repo = incompressible(&folder.path().join("repo.git"));
    measure_both(&runtime, folder.path(), &repo, "1,000 files, 1 GB of noise", "<= 300 MB");
}

fn measure_both(runtime: &Runtime, folder: &Path, repo: &TestRepo, case: &str, bound: &str) {
    let server = runtime.block_on(GitHttp::start(folder));
    for (way, source) in [("HTTP", server.url("repo.git")), ("disk", text(repo.path()).to_owned())] {
        let data = folder.join(way);
        let cost = project_sync(&data, &["sync", &source, "-o", "json"]);
        assert!(cost.output.contains("\"completed\""));
        let wall = cost.wall.as_secs_f64();
        let case = format!("peak memory, {case}, {way} ({wall:.1} s)");
        report_plain(&case, &format!("{:.0} MiB", cost.peak_mib), bound);
        fs::remove_dir_all(&data).unwrap();
    }
}

/// A repository whose content no compression makes smaller: 1,000 files of 1 MiB.
fn incompressible(path: &Path) -> TestRepo {
    let repo = TestRepo::bare_at(path);
    let mut state = 1_u64;
    for batch in 0..20 {
        for number in 0..50 {
            let noise: Vec<u8> = (0..1 << 17)
                .flat_map(|_| {
                    // xorshift64: noise that is the same in every run.
                    state ^= state << 13;
                    state ^= state >> 7;
                    state ^= state << 17;
                    state.to_le_bytes()
                })
                .collect();
            repo.write(format!("{batch}/{number}.bin"), noise);
        }
        repo.commit("noise");
    }
    run({
        let mut command: Command = git_command(path);
        command.args(["repack", "-adq", "--depth=1", "--window=0"]);
        command
    });
    repo
}
