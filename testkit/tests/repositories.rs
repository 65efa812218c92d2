//! The repository makers against git itself.

use std::collections::BTreeMap;

use project_sync_testkit::repo::{
    CommitOnBranch, EdgeCases, FileContent, History, HistoryChange as Change, LsTreeEntry, LsTreeKind,
    MODE_EXECUTABLE, MODE_FILE, MODE_SUBMODULE, MODE_SYMLINK, Step, TestRepo, change_files, large_repository,
};
use proptest::{prelude::*, test_runner::Config};

/// What a commit holds, by path.
fn listing(repo: &TestRepo, commit: &str) -> BTreeMap<Vec<u8>, LsTreeEntry> {
    repo.ls_tree(commit).into_iter().map(|entry| (entry.path.clone(), entry)).collect()
}

/// The repository is sound as far as git can tell. Odd modes and names are warnings, not errors.
fn check(repo: &TestRepo) {
    repo.git(&["fsck", "--full", "--no-dangling"]);
}

#[test]
fn changes_are_committed_as_asked() {
    let repo = TestRepo::new();
    let first = repo
        .write("a/file.txt", "one")
        .write("tool", "run")
        .symlink("link", "a/file.txt")
        .submodule("lib", EdgeCases::SUBMODULE_COMMIT)
        .chmod("tool", true)
        .commit("First");
    let second = repo.rename("a", "b").chmod("b/file.txt", true).remove("link").commit("Second");
    let old = listing(&repo, &first);
    assert_eq!(old[b"a/file.txt".as_slice()].mode, MODE_FILE);
    assert_eq!(old[b"a/file.txt".as_slice()].size, Some(3));
    assert_eq!(old[b"tool".as_slice()].mode, MODE_EXECUTABLE);
    assert_eq!(old[b"link".as_slice()].mode, MODE_SYMLINK);
    assert_eq!(old[b"lib".as_slice()].mode, MODE_SUBMODULE);
    assert_eq!(old[b"lib".as_slice()].oid, EdgeCases::SUBMODULE_COMMIT);
    let new = listing(&repo, &second);
    let paths: Vec<_> = new.keys().map(|path| String::from_utf8_lossy(path)).collect();
    assert_eq!(paths, ["b/file.txt", "lib", "tool"]);
    assert_eq!(new[b"b/file.txt".as_slice()].mode, MODE_EXECUTABLE);
    assert_eq!(repo.blob(&new[b"b/file.txt".as_slice()].oid), b"one");
    assert_eq!((repo.head(), repo.resolve("HEAD^")), (second, first));
    check(&repo);
}

#[test]
fn branches_move_as_told() {
    let repo = TestRepo::bare();
    let first = repo.write("a", "1").commit("First");
    repo.branch("side").checkout("side");
    let second = repo.write("a", "2").commit("Second");
    assert_eq!(repo.resolve("main"), first);
    repo.force("main", &second).reset_hard(&first);
    assert_eq!((repo.resolve("main"), repo.resolve("side")), (second, first.clone()));
    repo.checkout("orphan").write("b", "3").commit("Third");
    assert_eq!(repo.text(&["rev-list", "--count", "HEAD"]), "1");
    repo.detach(&first).delete_branch("side");
    assert_eq!(repo.head(), first);
    assert_eq!(repo.text(&["branch", "--list", "side"]), "");
}

#[test]
fn the_same_commits_have_the_same_ids() {
    let make = || {
        let repo = TestRepo::bare();
        (repo.write("a", "1").commit("First"), repo.write("a", "2").commit("Second"))
    };
    assert_eq!(make(), make());
}

#[test]
fn a_work_tree_can_be_filled() {
    let repo = TestRepo::new();
    repo.write("folder/file", "content").commit("First");
    repo.populate();
    assert_eq!(std::fs::read(repo.path().join("folder/file")).unwrap(), b"content");
    assert_eq!(repo.text(&["status", "--porcelain"]), "");
}

#[test]
fn every_edge_case_is_in_the_commit() {
    let repo = TestRepo::bare();
    let edge = EdgeCases::with_large_file(&repo, 100_000);
    let files = listing(&repo, &edge.commit);
    let long = [EdgeCases::long_path(), EdgeCases::long_name()];
    let paths = [
        EdgeCases::NON_UTF8,
        EdgeCases::NEWLINE,
        EdgeCases::QUOTES,
        EdgeCases::BACKSLASH,
        EdgeCases::TAB,
        EdgeCases::SPACES,
        EdgeCases::CASE_TWINS[0],
        EdgeCases::CASE_TWINS[1],
        EdgeCases::UNICODE_TWINS[0],
        EdgeCases::UNICODE_TWINS[1],
        &long[0],
        &long[1],
        EdgeCases::LFS_POINTER,
        EdgeCases::CRLF,
        EdgeCases::LATIN1,
        EdgeCases::LATE_NUL,
        EdgeCases::EXPORT_IGNORE,
        EdgeCases::EXPORT_SUBST,
    ];
    for path in paths {
        assert!(files.contains_key(path), "{:?} is missing", String::from_utf8_lossy(path));
    }
    assert!(long.iter().all(|path| path.len() == 4_000));
    assert_eq!(files[EdgeCases::EXECUTABLE].mode, MODE_EXECUTABLE);
    assert_eq!(files[EdgeCases::DANGLING_SYMLINK].mode, MODE_SYMLINK);
    assert_eq!(files[EdgeCases::SUBMODULE].kind, LsTreeKind::Commit);
    assert_eq!(files[EdgeCases::EMPTY_FILE].size, Some(0));
    assert_eq!(files[EdgeCases::LARGE_FILE].size, Some(100_000));
    let raw = repo.raw_tree(&repo.resolve(&format!("{}:old", edge.commit)));
    assert!(raw.windows(26).any(|bytes| bytes == b"100664 group-writable.txt\0"));
    let directories = repo.ls_directories(&edge.commit);
    assert!(directories.iter().any(|directory| directory.path == EdgeCases::EMPTY_DIRECTORY));
    check(&repo);
}

proptest! {
    #![proptest_config(Config { cases: 16, failure_persistence: None, ..Config::default() })]

    /// Whatever the steps, git accepts them, and each told commit exists and is sound.
    #[test]
    fn random_histories_are_sound(history in History::strategy(30)) {
        let repo = TestRepo::bare();
        let told = history.apply(&repo);
        check(&repo);
        let mut last = BTreeMap::new();
        for CommitOnBranch { branch, commit } in told {
            repo.ls_tree(&commit);
            last.insert(branch, commit);
        }
        for (branch, commit) in last {
            prop_assert_eq!(repo.resolve(&format!("refs/heads/{branch}")), commit);
        }
    }
}

#[test]
fn a_history_does_what_it_says() {
    let repo = TestRepo::bare();
    let add = |path: &[u8], number| Change::Add(path.to_vec(), FileContent::Text(number));
    let told = History(vec![
        Step::Branch(0),
        Step::Commit(vec![add(b"a", 1), add(b"docs/b", 2)]),
        Step::Commit(vec![Change::FileToDirectory(0, b"inner".to_vec())]),
        Step::Commit(vec![Change::DirectoryToFile(1, FileContent::Empty)]),
        Step::Branch(0),
        Step::Commit(vec![Change::Chmod(0)]),
        Step::Switch(1),
        Step::ForcePush(2, vec![Change::RenameDirectory(0, b"text".to_vec())]),
        Step::Commit(vec![]),
    ])
    .apply(&repo);
    let paths = |at: &CommitOnBranch| {
        let text = |entry: LsTreeEntry| format!("{:o} {}", entry.mode, String::from_utf8_lossy(&entry.path));
        repo.ls_tree(&at.commit).into_iter().map(text).collect::<Vec<_>>().join(", ")
    };
    let states: Vec<_> = told.iter().map(|at| (at.branch.as_str(), paths(at))).collect();
    let expected = [
        ("main", "100644 a, 100644 docs/b"),
        ("main", "100644 a/inner, 100644 docs/b"),
        ("main", "100644 a/inner, 100644 docs"),
        ("feature/x", "100644 a/inner, 100644 docs"),
        ("feature/x", "100755 a/inner, 100644 docs"),
        ("main", "100644 a/inner, 100644 docs"),
        ("main", "100644 a, 100644 text/b"),
        ("main", "100644 a, 100644 text/b"),
    ];
    assert_eq!(states, expected.map(|(branch, paths)| (branch, paths.to_owned())));
    assert_eq!(repo.resolve("main^^"), told[0].commit);
}

#[test]
fn large_repositories_have_the_size_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let repo = large_repository(folder.path(), 2_000, 4_000_000, 7);
    let first = repo.head();
    let files = repo.ls_tree(&first);
    let bytes: u64 = files.iter().filter_map(|file| file.size).sum();
    assert_eq!(files.len(), 2_000);
    assert!((3_000_000..5_500_000).contains(&bytes), "{bytes} bytes");
    let second = change_files(&repo, 10, 1);
    let changed = repo.text(&["diff-tree", "-r", "--name-only", &first, &second]);
    assert_eq!(changed.lines().count(), 10);
    check(&repo);
}
