//! A GitHub stand-in: real git repositories on disk, served the way GitHub's REST API serves them.
//!
//! The server is faked as *state*: what a client sees follows from the repositories, the tokens, the quota and the
//! queued faults. A request is logged, may meet a [`Fault`], is authenticated, is charged to the quota, and is then
//! answered by asking the real `git` about the repository. Shapes, headers and error bodies are those that GitHub
//! documents for API version 2022-11-28 (<https://docs.github.com/en/rest>). Archives come from a second origin, as
//! they do from codeload.github.com, and git's own protocol is mounted at `/{owner}/{name}.git`.

mod answer;
mod app;
mod connection;
mod fault;
mod repository;
mod rest;
mod routes;
mod state;

use std::{net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use axum::{Router, extract::connect_info::IntoMakeServiceWithConnectInfo};
use tokio::{net::TcpListener, task::JoinHandle};

pub use app::AppKey;
use connection::{Breakable, Connection};
pub use fault::Fault;
pub use state::{Access, LoggedRequest, Origin, RepositoryOptions};
use state::{Shared, State};

/// A server that stops when it is dropped.
pub struct GitHubServer {
    shared: Arc<Shared>,
    api: SocketAddr,
    codeload: SocketAddr,
    servers: [JoinHandle<()>; 2],
}

impl GitHubServer {
    /// Starts a server without repositories on free ports of the loopback address.
    pub async fn start() -> Self {
        let (api_listener, api) = listen().await;
        let (codeload_listener, codeload) = listen().await;
        let shared = Arc::new(Shared::new(format!("http://{api}"), format!("http://{codeload}")));
        let servers =
            [serve(api_listener, Origin::Api, &shared), serve(codeload_listener, Origin::Codeload, &shared)];
        Self { shared, api, codeload, servers }
    }

    /// The API's base URL, as `--api-url` takes it.
    pub fn api_url(&self) -> String {
        format!("http://{}", self.api)
    }

    /// The base URL of the same API laid out as GitHub Enterprise does.
    pub fn enterprise_api_url(&self) -> String {
        format!("http://{}/api/v3", self.api)
    }

    /// The origin that archives are redirected to.
    pub fn codeload_url(&self) -> String {
        format!("http://{}", self.codeload)
    }

    /// Serves the repository at `path` (bare or not) as `owner/name`.
    pub fn add_repository(
        &self,
        owner: &str,
        name: &str,
        path: impl Into<PathBuf>,
        options: RepositoryOptions,
    ) {
        self.state(|state| state.add_repository(owner, name, path.into(), options));
    }

    /// Changes a repository's options.
    pub fn edit_repository(&self, owner: &str, name: &str, edit: impl FnOnce(&mut RepositoryOptions)) {
        self.state(|state| edit(&mut state.repository_mut(owner, name).options));
    }

    /// Renames a repository; requests under the old name are redirected by id, as GitHub does.
    pub fn rename_repository(&self, owner: &str, name: &str, new_name: &str) {
        self.state(|state| {
            let repository = state.repository_mut(owner, name);
            let old = std::mem::replace(&mut repository.name, new_name.to_owned());
            repository.old_names.push(old);
        });
    }

    /// Makes requests for the branch `old` redirect to `new`. The git repository itself is the caller's to change.
    pub fn redirect_branch(&self, owner: &str, name: &str, old: &str, new: &str) {
        self.state(|state| {
            let renamed = &mut state.repository_mut(owner, name).renamed_branches;
            renamed.insert(old.to_owned(), new.to_owned());
        });
    }

    /// Takes a token into the state: what it gives access to, or that it is refused.
    pub fn set_token(&self, token: &str, access: Access) {
        self.state(|state| state.tokens.insert(token.to_owned(), access));
    }

    /// Installs an app that reaches these repositories (`owner/name`). Its tokens are `ghs_` with the installation's number
    /// and a count: see [`GitHubServer::app_token`].
    pub fn install_app(&self, app_id: u64, installation_id: u64, key: &AppKey, repositories: &[&str]) {
        let public_key = key.public_key();
        let repositories = repositories.iter().map(|name| (*name).to_owned()).collect();
        let app = state::InstalledApp {
            app_id,
            installation_id,
            public_key,
            repositories,
            minted: 0,
            suspended: false,
        };
        self.state(|state| state.apps.push(app));
    }

    /// The token that an installation was given as its `number`th, counted from 1.
    pub fn app_token(installation_id: u64, number: u64) -> String {
        app::token(installation_id, number)
    }

    /// Puts an installation out of force, or into it again.
    pub fn suspend_app(&self, installation_id: u64, suspended: bool) {
        self.state(|state| {
            let apps = state.apps.iter_mut().filter(|app| app.installation_id == installation_id);
            apps.for_each(|app| app.suspended = suspended);
        });
    }

    /// The tokens that installations get from now on end after this time and this many requests (GitHub: an hour).
    pub fn set_app_token_life(&self, time: Duration, uses: u64) {
        self.state(|state| state.token_life = state::TokenLife { time, uses });
    }

    /// Puts the server's clock ahead by this much more.
    pub fn pass(&self, time: Duration) {
        self.state(|state| state.ahead += time);
    }

    /// Gives a token, or the installation that one was given to, a quota of its own.
    pub fn set_quota_of(&self, token: &str, limit: u64, reset_in: Duration) {
        self.state(|state| state.set_quota_of(token, limit, reset_in));
    }

    /// Sets the primary quota: this many requests are left until it resets.
    pub fn set_quota(&self, remaining: u64, reset_in: Duration) {
        self.state(|state| state.set_quota(remaining, reset_in));
    }

    /// Listings of trees are cut at this many entries (GitHub: 100,000).
    pub fn truncate_trees_at(&self, entries: usize) {
        self.state(|state| state.truncate_trees_at = entries);
    }

    /// Whether answers are compressed for clients that accept it, as GitHub's are.
    pub fn compress(&self, compress: bool) {
        self.state(|state| state.compress = compress);
    }

    /// Queues a fault for the next request that no other queued fault meets.
    pub fn fault(&self, fault: Fault) {
        self.fault_on("", 1, fault);
    }

    /// Queues a fault for the next `times` requests whose path and query contain `pattern`.
    pub fn fault_on(&self, pattern: &str, times: usize, fault: Fault) {
        self.state(|state| state.queue_fault(pattern, times, fault));
    }

    /// Every request since the start or the last [`Self::clear_log`], in order of arrival.
    pub fn log(&self) -> Vec<LoggedRequest> {
        self.state(|state| state.log.clone())
    }

    /// Forgets the requests so far, and how many of them were sent while limited.
    pub fn clear_log(&self) {
        self.state(|state| {
            state.log.clear();
            state.sent_while_limited = 0;
        });
    }

    /// Requests that came although the client had been told to wait.
    pub fn sent_while_limited(&self) -> usize {
        self.state(|state| state.sent_while_limited)
    }

    /// Requests left in the primary quota.
    pub fn quota_remaining(&self) -> u64 {
        self.state(|state| state.quota_remaining())
    }

    fn state<T>(&self, look: impl FnOnce(&mut State) -> T) -> T {
        look(&mut self.shared.state())
    }
}

impl Drop for GitHubServer {
    fn drop(&mut self) {
        for server in &self.servers {
            server.abort();
        }
    }
}

async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free loopback port");
    let address = listener.local_addr().expect("a bound socket has an address");
    (listener, address)
}

fn serve(listener: TcpListener, origin: Origin, shared: &Arc<Shared>) -> JoinHandle<()> {
    let router = Router::new().fallback(routes::answer).with_state((Arc::clone(shared), origin));
    let service: IntoMakeServiceWithConnectInfo<Router, Connection> =
        router.into_make_service_with_connect_info();
    tokio::spawn(async move {
        axum::serve(Breakable(listener), service).await.expect("the listener stays open");
    })
}
