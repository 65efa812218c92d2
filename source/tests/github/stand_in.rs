//! The stand-in answers as GitHub does, as far as octocrab as it comes can tell.

use octocrab::{
    Error, Octocrab,
    models::repos::{Object, Ref},
    params::repos::{Commitish, Reference},
};
use testkit::github::{Access, RepositoryOptions};

use crate::support::{Fixture, Repo, file};

fn octocrab(fixture: &Fixture) -> Octocrab {
    Octocrab::builder().base_uri(fixture.server.api_url()).unwrap().build().unwrap()
}

async fn text(octocrab: &Octocrab, path: &str) -> (u16, String) {
    let response = octocrab._get(path).await.unwrap();
    (response.status().as_u16(), octocrab.body_to_string(response).await.unwrap())
}

#[tokio::test]
async fn octocrab_reads_repositories_branches_and_commits() {
    let fixture = Fixture::new(&[file("a", "1")]).await;
    let main = fixture.repo.commit("main", &[file("a", "2")]).to_string();
    for name in ["b", "c/d", "e"] {
        fixture.repo.git(&["update-ref", &format!("refs/heads/{name}"), "main"], b"");
    }
    let octocrab = octocrab(&fixture);
    let repos = octocrab.repos("o", "n");
    let repository = repos.get().await.unwrap();
    assert_eq!(repository.default_branch.as_deref(), Some("main"));
    assert_eq!(repository.owner.unwrap().login, "o");

    let first = repos.list_branches().per_page(3).send().await.unwrap();
    assert_eq!((first.items.len(), first.number_of_pages()), (3, Some(2)));
    let names: Vec<String> =
        octocrab.all_pages(first).await.unwrap().into_iter().map(|branch| branch.name).collect();
    assert_eq!(names, ["b", "c/d", "e", "main"]);

    let Ref { object, ref_field, .. } = repos.get_ref(&Reference::Branch("c/d".into())).await.unwrap();
    assert_eq!(ref_field, "refs/heads/c/d");
    assert!(matches!(object, Object::Commit { sha, .. } if sha == main));
    let commit = octocrab.commits("o", "n").get(Commitish(main.clone()).to_string()).await.unwrap();
    assert_eq!((commit.sha, commit.parents.len()), (main, 1));
    assert_eq!(commit.commit.message, "A summary\n\nand more");
    let limit = octocrab.ratelimit().get().await.unwrap();
    assert_eq!(limit.rate.remaining as u64, fixture.server.quota_remaining());
}

#[tokio::test]
async fn branch_names_come_raw_or_encoded() {
    let fixture = Fixture::new(&[file("a", "1")]).await;
    fixture.repo.git(&["update-ref", "refs/heads/x/100%/ü", "main"], b"");
    let octocrab = octocrab(&fixture);
    for path in ["x/100%25/%C3%BC", "x%2F100%25%2f%c3%bc"] {
        let (status, body) = text(&octocrab, &format!("/repos/o/n/branches/{path}")).await;
        assert!(status == 200 && body.contains("\"name\":\"x/100%/ü\""), "{status} {body}");
    }
}

#[tokio::test]
async fn blobs_come_as_base64_in_lines() {
    let content = "0123456789".repeat(20);
    let fixture = Fixture::new(&[file("a", content)]).await;
    let id = fixture.repo.git(&["rev-parse", "main:a"], b"");
    let (_, body) = text(&octocrab(&fixture), &format!("/repos/o/n/git/blobs/{id}")).await;
    let first_line = "\"content\":\"MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0\\n";
    assert!(body.contains(first_line) && body.contains("\"size\":200"), "{body}");
}

#[tokio::test]
async fn errors_have_the_documented_shapes() {
    let fixture = Fixture::new(&[file("a", "1")]).await;
    let empty = Repo::new();
    fixture.server.add_repository("o", "empty", empty.path(), RepositoryOptions::default());
    let octocrab = octocrab(&fixture);
    let nowhere = "0".repeat(39) + "1";
    for (path, status, message) in [
        ("/repos/o/x".to_owned(), 404, "Not Found"),
        ("/repos/o/n/branches/x".to_owned(), 404, "Branch not found"),
        (format!("/repos/o/n/git/trees/{nowhere}"), 404, "Not Found"),
        (format!("/repos/o/n/git/blobs/{nowhere}"), 404, "Not Found"),
        ("/repos/o/empty/git/ref/heads/main".to_owned(), 409, "Git Repository is empty."),
        ("/repos/o/empty/commits/main".to_owned(), 409, "Git Repository is empty."),
        ("/repos/o/empty/tarball/main".to_owned(), 409, "Git Repository is empty."),
    ] {
        let error = octocrab.get::<serde_json::Value, _, ()>(&path, None).await.unwrap_err();
        let Error::GitHub { source, .. } = error else { panic!("{error}") };
        assert_eq!((source.status_code.as_u16(), source.message.as_str()), (status, message), "{path}");
        assert!(source.documentation_url.is_some());
    }
    fixture.server.set_token("bad", Access::Revoked);
    let bad = Octocrab::builder().base_uri(fixture.server.api_url()).unwrap();
    let error = bad.personal_token("bad").build().unwrap().repos("o", "n").get().await.unwrap_err();
    assert!(matches!(error, Error::GitHub { source, .. } if source.message == "Bad credentials"));
}
