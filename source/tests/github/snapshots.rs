//! Trees and blobs over REST, and over git's own protocol.

use std::collections::BTreeMap;

use entities::ObjectId;
use project_sync_source::{
    Notice, SourceContext, SourceError,
    object::blob_id,
    settings::{SourceSettings, Transfer},
};
use testkit::github::{Access, Fault, Origin};

use crate::support::{
    File, Fixture, Told, blobs, contents, file, files, rest, snapshot, spec, trees, with_token,
};

/// Whatever a tree can hold that JSON can carry.
fn awkward() -> Vec<File> {
    let submodule = "0123456789abcdef0123456789abcdef01234567";
    let mut files = vec![
        file(".gitattributes", "secret export-ignore\nversion export-subst\n*.crlf eol=crlf text\n"),
        file("secret", "left out of archives"),
        file("version", "$Format:%H$\n"),
        file("text.crlf", "one\ntwo\n"),
        file("empty", ""),
        file("binary", [0, 159, 146, 150, 0, 255]),
        file("quote\"back\\slash\nnewline\ttab", "odd name"),
        file("größe/日本語", "unicode"),
        file("Case", "upper"),
        file("case", "lower"),
        file("a.b", "sorts before a/"),
        file("a/b", "inside"),
        file("a0", "sorts after a/"),
        file("copy", "inside"),
        file("module.txt", "not the module"),
    ];
    files.push((b"run.sh".to_vec(), 0o100_755, b"#!/bin/sh\n".to_vec()));
    files.push((b"old-mode".to_vec(), 0o100_664, b"written long ago".to_vec()));
    files.push((b"link".to_vec(), 0o120_000, b"a/b".to_vec()));
    files.push((b"long-link".to_vec(), 0o120_000, "x/".repeat(120).into_bytes()));
    files.push((b"module".to_vec(), 0o160_000, submodule.as_bytes().to_vec()));
    files.push((
        (0..60).map(|_| "deep").collect::<Vec<_>>().join("/").into_bytes(),
        0o100_644,
        b"x".to_vec(),
    ));
    files
}

#[tokio::test]
async fn every_way_shows_the_same_commit() {
    let fixture = Fixture::new(&awkward()).await;
    let raw = rest();
    let archive = SourceSettings { rest_raw_blobs: 0, ..rest() };
    let git = SourceSettings { transfer: Transfer::Git, ..rest() };
    let context = SourceContext::quiet();
    let mut shown = Vec::new();
    for settings in [&raw, &archive, &git] {
        let (_, opened) = snapshot(&*fixture.open(settings), &context).await.unwrap();
        shown.push((opened.commit().clone(), contents(&*opened, &context).await.unwrap()));
    }
    assert_eq!(shown[0], shown[1]);
    assert_eq!(shown[0], shown[2]);
    for (path, _, content) in awkward().iter().filter(|file| file.1 != 0o160_000) {
        assert_eq!(shown[0].1.blobs.get(&blob_id(content)), Some(content), "{path:?}");
    }
    let listed = fixture.repo.git(&["ls-tree", "-r", "main"], b"").lines().count();
    let leaves = shown[0].1.trees.values().flatten().filter(|entry| !entry.mode.is_directory()).count();
    assert_eq!(leaves, listed);
}

#[tokio::test]
async fn changed_files_cost_a_request_each_and_two_more() {
    let mut all = files(60);
    let fixture = Fixture::new(&all).await;
    for change in all.iter_mut().take(7) {
        change.2.extend_from_slice(b"changed");
    }
    fixture.repo.commit("main", &all);
    let told = Told::new();
    let (_, opened) = snapshot(&*fixture.open(&rest()), &told.context).await.unwrap();
    trees(&*opened).await.unwrap();
    let changed: Vec<ObjectId> = all.iter().take(7).map(|file| blob_id(&file.2)).collect();
    let got = blobs(&*opened, &changed, &told.context).await.unwrap();
    assert_eq!(got.len(), 7);
    assert_eq!(fixture.api_requests().len(), 7 + 2);
    assert_eq!(told.context.traffic().requests(), 7 + 2);
}

#[tokio::test]
async fn many_blobs_come_as_one_archive_and_its_misses_as_they_are() {
    let mut all = files(150);
    all.push(file(".gitattributes", "left-out export-ignore\nrewritten export-subst\n"));
    all.push(file("left-out", "only as it is"));
    all.push(file("rewritten", "$Format:%H$"));
    let fixture = Fixture::new(&all).await;
    fixture.server.edit_repository("o", "n", |options| options.private = true);
    fixture.server.set_token("secret", Access::Everything);
    let told = Told::new();
    let source = fixture.open(&with_token("secret", rest()));
    let (_, opened) = snapshot(&*source, &told.context).await.unwrap();
    let got = contents(&*opened, &told.context).await.unwrap();
    assert_eq!(got.blobs.len(), 153);

    let log = fixture.server.log();
    let raw: Vec<_> = log.iter().filter(|it| it.path.contains("/git/blobs/")).collect();
    assert_eq!(raw.len(), 2, "{raw:?}");
    assert!(raw.iter().all(|it| it.accept.as_deref() == Some("application/vnd.github.raw+json")));
    // Head, tree, the archive and where it is redirected to, two misses.
    assert_eq!(log.len(), 6);
    assert_eq!(told.context.traffic().requests(), 6);
    let archive: Vec<_> = log.iter().filter(|it| it.origin == Origin::Codeload).collect();
    assert_eq!((archive.len(), archive[0].status), (1, Some(200)));
    assert_eq!(archive[0].authorization, None, "the token went to another origin");
    assert_eq!(opened.preferred_batch(), rest().max_rest_entries);
}

#[tokio::test]
async fn a_cut_listing_is_walked_where_it_must_be() {
    let wide: Vec<File> = (0..40)
        .flat_map(|dir| (0..6).map(move |n| file(&format!("d{dir:02}/sub/f{n}"), format!("{dir} {n}"))))
        .collect();
    let fixture = Fixture::new(&wide).await;
    fixture.server.truncate_trees_at(100);
    let context = SourceContext::quiet();
    let (_, opened) = snapshot(&*fixture.open(&rest()), &context).await.unwrap();
    let root = opened.tree(opened.commit().tree).await.unwrap().unwrap();
    assert_eq!(root.len(), 40);
    // The root twice: cut, then alone. What was whole in the cut listing is known, the rest is not asked for yet.
    assert_eq!(fixture.api_requests().len(), 1 + 2);
    opened.tree(root[0].id).await.unwrap();
    assert_eq!(fixture.api_requests().len(), 1 + 2);
    opened.tree(root[39].id).await.unwrap();
    assert_eq!(fixture.api_requests().len(), 1 + 3);
    let all = contents(&*opened, &context).await.unwrap();
    assert_eq!((all.trees.len(), all.blobs.len()), (1 + 80, 240));
}

#[tokio::test]
async fn a_listing_that_is_cut_at_every_level_still_ends() {
    let deep: Vec<File> = (0..12).map(|n| file(&format!("a/b/c{n:02}/d/e"), format!("{n}"))).collect();
    let fixture = Fixture::new(&deep).await;
    fixture.server.truncate_trees_at(12);
    let context = SourceContext::quiet();
    let (_, opened) = snapshot(&*fixture.open(&rest()), &context).await.unwrap();
    assert_eq!(contents(&*opened, &context).await.unwrap().blobs.len(), 12);
    // With a directory wider than the limit there is no way left to list it.
    fixture.server.truncate_trees_at(11);
    let (_, opened) = snapshot(&*fixture.open(&rest()), &context).await.unwrap();
    let error = contents(&*opened, &context).await.unwrap_err();
    assert_eq!(error.code(), "too-large", "{error}");
}

#[tokio::test]
async fn names_that_are_not_utf8_fail_clearly_over_rest_and_come_over_git() {
    let odd = [(b"dir/caf\xe9".to_vec(), 0o100_644, b"latin".to_vec()), file("plain", "x")];
    let fixture = Fixture::new(&odd).await;
    let context = SourceContext::quiet();
    let (_, opened) = snapshot(&*fixture.open(&rest()), &context).await.unwrap();
    let error = contents(&*opened, &context).await.unwrap_err();
    assert!(error.to_string().contains("not UTF-8"), "{error}");
    assert_eq!(error.code(), "unsupported");
    let git = SourceSettings { transfer: Transfer::Git, ..rest() };
    let (_, opened) = snapshot(&*fixture.open(&git), &context).await.unwrap();
    let shown = contents(&*opened, &context).await.unwrap();
    assert_eq!(shown.trees[&b"/dir"[..]][0].name, b"caf\xe9");
}

#[tokio::test]
async fn modes_that_a_server_does_not_show_as_they_are_make_the_listing_fail() {
    let old = [(b"old".to_vec(), 0o100_664, b"x".to_vec())];
    let fixture = Fixture::new(&old).await;
    let context = SourceContext::quiet();
    let (_, opened) = snapshot(&*fixture.open(&rest()), &context).await.unwrap();
    contents(&*opened, &context).await.unwrap();
    fixture.server.edit_repository("o", "n", |options| options.canonical_modes = true);
    let (_, opened) = snapshot(&*fixture.open(&rest()), &context).await.unwrap();
    assert_eq!(contents(&*opened, &context).await.unwrap_err().code(), "corrupt-data");
}

#[tokio::test]
async fn more_entries_than_allowed_are_refused() {
    let fixture = Fixture::new(&files(50)).await;
    let settings = SourceSettings { max_rest_entries: 49, ..rest() };
    let (_, opened) = snapshot(&*fixture.open(&settings), &SourceContext::quiet()).await.unwrap();
    assert_eq!(trees(&*opened).await.unwrap_err().code(), "too-large");
}

#[tokio::test]
async fn a_commit_that_went_away_is_told_from_a_missing_object() {
    let fixture = Fixture::new(&files(3)).await;
    let context = SourceContext::quiet();
    let (_, opened) = snapshot(&*fixture.open(&rest()), &context).await.unwrap();
    let nowhere = ObjectId([9; 20]);
    assert!(matches!(opened.tree(nowhere).await, Err(SourceError::Missing(id)) if id == nowhere));
    fixture.server.fault_on("/git/trees/", 1, Fault::Status(404));
    let error = opened.tree(opened.commit().tree).await.unwrap_err();
    assert_eq!(error.code(), "commit-gone");
}

#[tokio::test]
async fn the_empty_tree_needs_no_request() {
    let fixture = Fixture::new(&[]).await;
    fixture.repo.commit("main", &[]);
    let context = SourceContext::quiet();
    let (_, opened) = snapshot(&*fixture.open(&rest()), &context).await.unwrap();
    assert_eq!(trees(&*opened).await.unwrap(), BTreeMap::from([(Vec::new(), Vec::new())]));
    assert_eq!(fixture.api_requests().len(), 1);
}

#[tokio::test]
async fn gits_own_protocol_keeps_to_its_budget() {
    let mut all = files(200);
    let fixture = Fixture::new(&all).await;
    let settings = SourceSettings { transfer: Transfer::Auto, ..rest() };
    let told = Told::new();
    let (first, opened) = snapshot(&*fixture.open(&settings), &told.context).await.unwrap();
    assert_eq!(contents(&*opened, &told.context).await.unwrap().blobs.len(), 200);
    assert!(told.context.traffic().requests() <= 6, "{}", told.context.traffic().requests());
    assert_eq!(told.context.traffic().requests(), fixture.server.log().len() as u64);
    assert_eq!(fixture.api_requests().len(), 1);

    all[3].2.extend_from_slice(b"changed");
    fixture.repo.commit("main", &all);
    let told = Told::new();
    let source = fixture.open(&settings);
    let head = source.head(Some("main"), None, &told.context).await.unwrap();
    let opened = source.open(&head, &[first.commit].into(), &told.context).await.unwrap();
    let changed = [blob_id(&all[3].2)];
    assert_eq!(blobs(&*opened, &changed, &told.context).await.unwrap()[&changed[0]], all[3].2);
    assert!(told.context.traffic().requests() <= 5, "{}", told.context.traffic().requests());
    assert_eq!(told.notices(), []);
}

#[tokio::test]
async fn where_git_is_refused_rest_takes_over_and_the_user_is_told() {
    let fixture = Fixture::new(&awkward()).await;
    fixture.server.edit_repository("o", "n", |options| options.git_over_http = false);
    let auto = SourceSettings { transfer: Transfer::Auto, ..rest() };
    let told = Told::new();
    let (_, opened) = snapshot(&*fixture.open(&auto), &told.context).await.unwrap();
    contents(&*opened, &told.context).await.unwrap();
    assert!(matches!(told.notices().as_slice(), [Notice::Fallback { .. }]), "{:?}", told.notices());
    let forced = SourceSettings { transfer: Transfer::Git, ..rest() };
    assert!(snapshot(&*fixture.open(&forced), &told.context).await.is_err());
}

#[tokio::test]
async fn the_token_opens_private_repositories_by_git_and_on_enterprise() {
    let fixture = Fixture::new(&files(5)).await;
    fixture.server.edit_repository("o", "n", |options| options.private = true);
    fixture.server.set_token("secret", Access::Only(vec!["o/n".into()]));
    let context = SourceContext::quiet();
    let settings = with_token("secret", SourceSettings { transfer: Transfer::Git, ..rest() });
    for url in [fixture.server.api_url(), fixture.server.enterprise_api_url()] {
        let source = project_sync_source::open_source(&spec(&url, "n"), &settings).unwrap();
        let (_, opened) = snapshot(&*source, &context).await.unwrap();
        assert_eq!(contents(&*opened, &context).await.unwrap().blobs.len(), 5);
    }
    let git: Vec<_> = fixture.server.log().into_iter().filter(|it| it.origin == Origin::Git).collect();
    assert!(!git.is_empty() && git.iter().all(|it| it.path.starts_with("/o/n.git/")), "{git:?}");
}

#[tokio::test]
async fn a_renamed_repository_is_followed_by_git_too() {
    let fixture = Fixture::new(&files(5)).await;
    fixture.server.rename_repository("o", "n", "new");
    let told = Told::new();
    let settings = SourceSettings { transfer: Transfer::Auto, ..rest() };
    let (_, opened) = snapshot(&*fixture.open(&settings), &told.context).await.unwrap();
    assert_eq!(contents(&*opened, &told.context).await.unwrap().blobs.len(), 5);
    assert_eq!(told.notices(), []);
    assert_eq!(told.context.traffic().requests(), fixture.server.log().len() as u64);
}
