//! Syncs that stand still in the middle, for exactly as long as a test wants.

use serde_json::json;
use testkit::{
    git_http::{Fault, GitHttp},
    repo::{TestRepo, change_files},
    service::ApiClient,
};

use crate::stage::{Stage, blocking};

const FILES: usize = 300;
const CHANGED: usize = 100;

/// A repository whose host does not answer when it is told not to.
pub(crate) struct Held {
    repo: TestRepo,
    host: GitHttp,
    project: String,
    rounds: u64,
}

impl Held {
    /// Makes a repository and its project, which is synced once.
    pub(crate) async fn new(stage: &Stage, client: &ApiClient) -> Self {
        let repo = stage.repository("held", FILES);
        let host = GitHttp::start(stage.folder()).await;
        let project = client.create_project("held", &host.url("held.git")).await;
        let first = client.start_sync(&project, &json!({})).await;
        stage.completed(&first.id).await;
        Self { repo, host, project, rounds: 0 }
    }

    /// Moves the branch and asks for a sync, which nobody holds back.
    pub(crate) async fn start(&mut self, client: &ApiClient) -> String {
        self.rounds += 1;
        blocking(|| change_files(&self.repo, CHANGED, self.rounds));
        let started = client.start_sync(&self.project, &json!({})).await;
        assert!(started.is_new);
        started.id
    }

    /// The same, but the sync gets no answer when it wants the content: it stands still until it is released. Only the
    /// first attempt does.
    pub(crate) async fn start_and_hold(&mut self, client: &ApiClient) -> String {
        // What the host can do, where the head is, what is new.
        for fault in [Fault::Pass, Fault::Pass, Fault::Hold] {
            self.host.push_fault(fault);
        }
        let id = self.start(client).await;
        self.host.until_held().await;
        id
    }

    /// Lets the sync go on that stands still.
    pub(crate) fn release(&self) {
        self.host.release();
    }
}
