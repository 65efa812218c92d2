//! Serves repositories on this machine as if they were on GitHub, to try `--api-url` on:
//! `github-stand-in OWNER/NAME=PATH…`. Prints the API's URL and serves until it is ended.

use std::process::ExitCode;

use testkit::{
    github::{GitHubServer, RepositoryOptions},
    repo::TestRepo,
};

extern crate project_sync_testkit as testkit;

#[tokio::main]
async fn main() -> ExitCode {
    let server = GitHubServer::start().await;
    for argument in std::env::args().skip(1) {
        let Some(((owner, name), path)) =
            argument.split_once('=').and_then(|(name, path)| Some((name.split_once('/')?, path)))
        else {
            eprintln!("usage: github-stand-in OWNER/NAME=PATH…");
            return ExitCode::from(2);
        };
        let default_branch = TestRepo::existing(path.as_ref()).current_branch();
        let options = RepositoryOptions { default_branch, ..RepositoryOptions::default() };
        server.add_repository(owner, name, path, options);
    }
    println!("{}", server.api_url());
    std::future::pending().await
}
