//! What is remembered, what is superseded, and who can see it.

use entities::{
    MemoryKind,
    temporal::{ListedEntry, MemoryChangeKind, MemoryFilter, StateAt},
};
use testkit::{on_each_database, repo::TestRepo};

use crate::scene::{Scene, local};

fn keys(entries: &[ListedEntry]) -> Vec<&str> {
    entries.iter().map(|entry| entry.entry_key.as_str()).collect()
}

on_each_database! {
    /// An edit supersedes the entries that it touches and no other.
    async fn an_edit_supersedes_what_it_touches(db: TestDatabase) {
        let scene = Scene::new(db).await;
        let repo = TestRepo::new();
        repo.write("guide.md", "# Guide\n\nintro\n\n## One\n\nfirst\n\n## Two\n\nsecond\n");
        repo.write(".memory/letter_01.md", "Dear all").write("AGENTS.md", "# Agents\n\nrules\n").commit("one");
        let one = scene.sync(&local(&repo), None).await;
        assert_eq!(one.entries_created, 5);
        repo.write("guide.md", "# Guide\n\nintro\n\n## Zero\n\nnew\n\n## One\n\nfirst\n\n## Two\n\nchanged\n").commit("two");
        let two = scene.sync(&local(&repo), None).await;
        assert_eq!((two.entries_created, two.entries_superseded), (2, 1));
        let changes = StateAt::after(&scene.db, &one).await.unwrap().memory_changes_to(&scene.db, &StateAt::after(&scene.db, &two).await.unwrap()).await.unwrap();
        let shown: Vec<_> = changes.iter().map(|change| (change.title.as_str(), change.change)).collect();
        assert_eq!(shown, [("Two", MemoryChangeKind::Replaced), ("Zero", MemoryChangeKind::Created)]);
    }

    /// No ordinary read sees a superseded entry, or one of a sync that has not ended.
    async fn superseded_entries_are_out_of_sight(db: TestDatabase) {
        let scene = Scene::new(db).await;
        let repo = TestRepo::new();
        repo.write("a.md", "# A\n\nzebra\n").write("b.md", "# B\n\ncrocodile\n").commit("one");
        let one = scene.sync(&local(&repo), None).await;
        repo.write("a.md", "# A\n\ngiraffe\n").remove("b.md").commit("two");
        let two = scene.sync(&local(&repo), None).await;
        let (old, new) = (StateAt::after(&scene.db, &one).await.unwrap(), StateAt::after(&scene.db, &two).await.unwrap());
        let search = async |state: StateAt, words: &str| {
            let filter = MemoryFilter { query: Some(words.to_owned()), ..Default::default() };
            keys(&state.memory(&scene.db, &filter).await.unwrap()).join(" ").to_owned()
        };
        assert_eq!(search(new, "zebra").await, "");
        assert_eq!(search(new, "crocodile").await, "");
        assert_eq!(search(new, "giraffe").await, "a.md#a");
        assert_eq!(search(new, "giraffes").await, "a.md#a", "words are found in any form");
        assert_eq!(search(new, "giraffe \" OR ' zebra*)").await, "", "operators are words, too");
        assert_eq!(search(old, "zebra").await, "a.md#a");
        assert_eq!(search(old, "giraffe").await, "");
        assert_eq!(new.count_memory(&scene.db).await.unwrap(), 1);
        assert_eq!(new.count_files(&scene.db).await.unwrap(), 1);
        let all = MemoryFilter { superseded_too: true, ..Default::default() };
        let all = new.memory(&scene.db, &all).await.unwrap();
        assert_eq!(keys(&all), ["a.md#a", "a.md#a", "b.md#b"]);
        assert_eq!(all.iter().map(|entry| entry.valid_to).collect::<Vec<_>>(), [Some(2), None, Some(2)]);
        let kind = MemoryFilter { kind: Some(MemoryKind::Letter), ..Default::default() };
        assert_eq!(new.memory(&scene.db, &kind).await.unwrap(), []);
    }

    /// A file that becomes something else takes its memory with it.
    async fn memory_goes_with_its_file(db: TestDatabase) {
        let scene = Scene::new(db).await;
        let repo = TestRepo::new();
        repo.write("a.md", "# A\n").write("b.md", "# B\n").write("c.md", "# C\n").commit("one");
        scene.sync(&local(&repo), None).await;
        repo.remove("a.md").symlink("a.md", "b.md");
        repo.remove("b.md").write("b.md/inner.md", "# Inner\n");
        repo.write("c.md", b"# C\n\0binary").commit("two");
        let two = scene.sync(&local(&repo), None).await;
        assert_eq!(keys(&scene.memory(StateAt::after(&scene.db, &two).await.unwrap()).await), ["b.md/inner.md#inner"]);
        assert_eq!((two.entries_created, two.entries_superseded), (1, 3));
    }
}
