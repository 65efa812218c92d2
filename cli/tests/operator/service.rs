//! How a service is reached.

use testkit::service::Launcher;

use crate::scene::{command, text};

/// The address and the token of a service: what is wrong with them is told, the token never.
#[tokio::test(flavor = "multi_thread")]
async fn services_are_reached_with_their_token() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let launcher =
        Launcher::new(env!("CARGO_BIN_EXE_project-sync"), folder.path()).set("api.token", "the-token");
    let server = launcher.embedded(&data).await;
    let file = folder.path().join("token");
    let tried = |token: Option<&str>, args: &[&str]| {
        let mut command = command(&data, &[&["jobs", "ls", "-vvv"], args].concat());
        command.env("PROJECT_SYNC_SERVER", server.url());
        if let Some(token) = token {
            command.env("PROJECT_SYNC_SERVER_TOKEN", token);
        }
        let output = command.output().unwrap();
        let told = text(&output.stderr);
        assert!(!told.contains("the-token"), "the token shows: {told}");
        (output.status.code(), told)
    };
    assert_eq!(tried(Some("the-token"), &[]).0, Some(0));
    std::fs::write(&file, "the-token\n").unwrap();
    let file = file.to_str().unwrap();
    assert_eq!(tried(None, &["--server-token-file", file]).0, Some(0));
    assert_eq!(tried(Some("wrong"), &["--server-token-file", file]).0, Some(0), "the file wins");
    for token in [None, Some("wrong")] {
        let (code, told) = tried(token, &[]);
        assert_eq!(code, Some(1));
        assert!(told.contains("--server-token-file"), "{told}");
    }
    let (code, told) = tried(None, &["--server", "http://127.0.0.1:9"]);
    assert!(code == Some(3) && told.contains("cannot reach http://127.0.0.1:9"), "{told}");
    assert_eq!(tried(None, &["--server", "http://user:the-token@127.0.0.1:9"]).0, Some(2));
    assert_eq!(tried(None, &["--server", "127.0.0.1:9"]).0, Some(2));
    assert_eq!(tried(None, &["--server-token-file", "/no/such/file"]).0, Some(1));
}
