//! Everything the server knows: repositories, tokens, the quota, queued faults, and the log.

use std::{
    collections::{HashMap, VecDeque},
    path::PathBuf,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use super::fault::Fault;

/// GitHub's hourly quota for a token.
const QUOTA: u64 = 5_000;

/// The window of the primary quota.
const WINDOW: Duration = Duration::from_secs(3_600);

/// GitHub's limit on the entries of one listing.
const TRUNCATE_TREES_AT: usize = 100_000;

/// Requests that arrive this soon after a client was told to wait were under way already.
const UNDER_WAY: Duration = Duration::from_millis(500);

/// How a repository is served.
#[derive(Clone, Debug)]
pub struct RepositoryOptions {
    /// Whether only tokens with access see it.
    pub private: bool,
    /// The default branch.
    pub default_branch: String,
    /// Whether git's own protocol is answered; otherwise it is refused with 403.
    pub git_over_http: bool,
    /// Whether listings show the modes of old trees (100664) as git would write them today.
    pub canonical_modes: bool,
}

impl Default for RepositoryOptions {
    fn default() -> Self {
        Self {
            private: false,
            default_branch: "main".to_owned(),
            git_over_http: true,
            canonical_modes: false,
        }
    }
}

/// What a token is good for. A token that the server was never told of is refused.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Access {
    /// Every repository.
    Everything,
    /// The repositories named here as `owner/name`, and public ones.
    Only(Vec<String>),
    /// Nothing: it is answered with 401.
    Revoked,
}

/// An app and one installation of it.
#[derive(Clone, Debug)]
pub(super) struct InstalledApp {
    pub(super) app_id: u64,
    pub(super) installation_id: u64,
    /// The app's public key: an `RSAPublicKey` in DER.
    pub(super) public_key: Vec<u8>,
    /// The repositories that the installation reaches, as `owner/name`.
    pub(super) repositories: Vec<String>,
    /// How many tokens were given out.
    pub(super) minted: u64,
    /// Whether its owner put it out of force.
    pub(super) suspended: bool,
}

/// Which of the server's doors a request came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Origin {
    /// The REST API.
    Api,
    /// Git's own protocol.
    Git,
    /// The host of archives.
    Codeload,
}

/// One request as it came, and how it was answered.
#[derive(Clone, Debug)]
pub struct LoggedRequest {
    /// Where it came to.
    pub origin: Origin,
    /// The HTTP method.
    pub method: String,
    /// The path and query as they were sent.
    pub path: String,
    /// The `Authorization` header.
    pub authorization: Option<String>,
    /// The `If-None-Match` header.
    pub if_none_match: Option<String>,
    /// The `Accept` header.
    pub accept: Option<String>,
    /// The `X-GitHub-Api-Version` header.
    pub api_version: Option<String>,
    /// The `User-Agent` header.
    pub user_agent: Option<String>,
    /// The status of the answer; `None` while there is none.
    pub status: Option<u16>,
}

/// A repository and where it is.
#[derive(Clone, Debug)]
pub(super) struct Repository {
    pub(super) id: u64,
    pub(super) owner: String,
    pub(super) name: String,
    pub(super) old_names: Vec<String>,
    pub(super) renamed_branches: HashMap<String, String>,
    pub(super) path: PathBuf,
    pub(super) options: RepositoryOptions,
}

struct QueuedFault {
    pattern: String,
    times: usize,
    fault: Fault,
}

/// What a limit makes of a request.
pub(super) enum Verdict {
    Pass,
    Primary,
    Secondary { status: u16, retry_after: Option<u64> },
}

/// What is left of a quota.
#[derive(Clone, Copy)]
struct Window {
    limit: u64,
    remaining: u64,
    reset: SystemTime,
}

/// How long the tokens of installations are good.
#[derive(Clone, Copy)]
pub(super) struct TokenLife {
    pub(super) time: Duration,
    /// The most requests with one token.
    pub(super) uses: u64,
}

/// A token that ends.
struct Ending {
    at: SystemTime,
    uses: u64,
}

struct Secondary {
    until: SystemTime,
    status: u16,
    retry_after: Option<u64>,
}

/// The quota as the `x-ratelimit-*` headers tell it.
#[derive(Clone, Copy)]
pub(super) struct Quota {
    pub(super) limit: u64,
    pub(super) remaining: u64,
    pub(super) reset: u64,
    /// The server's clock.
    pub(super) now: SystemTime,
}

pub(super) struct State {
    repositories: Vec<Repository>,
    pub(super) tokens: HashMap<String, Access>,
    pub(super) apps: Vec<InstalledApp>,
    pub(super) truncate_trees_at: usize,
    pub(super) compress: bool,
    pub(super) log: Vec<LoggedRequest>,
    pub(super) sent_while_limited: usize,
    faults: VecDeque<QueuedFault>,
    quota: Window,
    /// Of accounts that have one of their own.
    quotas: HashMap<String, Window>,
    endings: HashMap<String, Ending>,
    pub(super) token_life: TokenLife,
    /// How far the server's clock is ahead of the machine's.
    pub(super) ahead: Duration,
    secondary: Option<Secondary>,
    told_at: Option<SystemTime>,
}

/// The state, and the server's own URLs.
pub(super) struct Shared {
    state: Mutex<State>,
    pub(super) api_url: String,
    pub(super) codeload_url: String,
}

impl Shared {
    pub(super) fn new(api_url: String, codeload_url: String) -> Self {
        let state = State {
            repositories: Vec::new(),
            tokens: HashMap::new(),
            apps: Vec::new(),
            truncate_trees_at: TRUNCATE_TREES_AT,
            compress: true,
            log: Vec::new(),
            sent_while_limited: 0,
            faults: VecDeque::new(),
            quota: Window { limit: QUOTA, remaining: QUOTA, reset: SystemTime::now() + WINDOW },
            quotas: HashMap::new(),
            endings: HashMap::new(),
            token_life: TokenLife { time: WINDOW, uses: u64::MAX },
            ahead: Duration::ZERO,
            secondary: None,
            told_at: None,
        };
        Self { state: Mutex::new(state), api_url, codeload_url }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    pub(super) fn add_repository(
        &mut self,
        owner: &str,
        name: &str,
        path: PathBuf,
        options: RepositoryOptions,
    ) {
        let id = 1_000 + self.repositories.len() as u64;
        self.repositories.push(Repository {
            id,
            owner: owner.to_owned(),
            name: name.to_owned(),
            old_names: Vec::new(),
            renamed_branches: HashMap::new(),
            path,
            options,
        });
    }

    /// The repository now called `owner/name`. Names are compared without case, as GitHub does.
    pub(super) fn find(&self, owner: &str, name: &str) -> Option<&Repository> {
        self.repositories
            .iter()
            .find(|it| it.owner.eq_ignore_ascii_case(owner) && it.name.eq_ignore_ascii_case(name))
    }

    pub(super) fn find_by_id(&self, id: u64) -> Option<&Repository> {
        self.repositories.iter().find(|it| it.id == id)
    }

    pub(super) fn find_by_old_name(&self, owner: &str, name: &str) -> Option<&Repository> {
        let was = |it: &&Repository| it.old_names.iter().any(|old| old.eq_ignore_ascii_case(name));
        self.repositories.iter().filter(|it| it.owner.eq_ignore_ascii_case(owner)).find(was)
    }

    pub(super) fn repository_mut(&mut self, owner: &str, name: &str) -> &mut Repository {
        self.repositories
            .iter_mut()
            .find(|it| it.owner.eq_ignore_ascii_case(owner) && it.name.eq_ignore_ascii_case(name))
            .expect("the test added this repository")
    }

    pub(super) fn queue_fault(&mut self, pattern: &str, times: usize, fault: Fault) {
        self.faults.push_back(QueuedFault { pattern: pattern.to_owned(), times, fault });
    }

    /// Takes the first queued fault that meets this path and query.
    pub(super) fn take_fault(&mut self, path: &str) -> Option<Fault> {
        let index = self.faults.iter().position(|queued| path.contains(&queued.pattern))?;
        let queued = &mut self.faults[index];
        queued.times -= 1;
        let fault = queued.fault.clone();
        if queued.times == 0 {
            self.faults.remove(index);
        }
        Some(fault)
    }

    /// The server's clock.
    pub(super) fn now(&self) -> SystemTime {
        SystemTime::now() + self.ahead
    }

    pub(super) fn set_quota(&mut self, remaining: u64, reset_in: Duration) {
        self.quota = Window { limit: QUOTA, remaining, reset: self.now() + reset_in };
        self.told_at = None;
    }

    pub(super) fn set_quota_of(&mut self, token: &str, limit: u64, reset_in: Duration) {
        let window = Window { limit, remaining: limit, reset: self.now() + reset_in };
        self.quotas.insert(account(token), window);
    }

    pub(super) fn quota_remaining(&self) -> u64 {
        self.quota.remaining
    }

    /// Keeps a token of an installation.
    pub(super) fn give_out(&mut self, token: &str, access: Access) -> SystemTime {
        let at = self.now() + self.token_life.time;
        self.tokens.insert(token.to_owned(), access);
        self.endings.insert(token.to_owned(), Ending { at, uses: self.token_life.uses });
        at
    }

    /// Counts a request with this token, and refuses the token from now on if it has ended.
    pub(super) fn use_token(&mut self, token: &str) {
        let now = self.now();
        let Some(ending) = self.endings.get_mut(token) else { return };
        if ending.uses == 0 || now >= ending.at {
            self.tokens.insert(token.to_owned(), Access::Revoked);
        }
        ending.uses = ending.uses.saturating_sub(1);
    }

    /// Whether the installation that this token was given to is out of force.
    pub(super) fn is_suspended(&self, token: &str) -> bool {
        let account = account(token);
        self.apps
            .iter()
            .any(|app| app.suspended && account == format!("ghs_installation{}", app.installation_id))
    }

    fn window(&mut self, token: Option<&str>) -> &mut Window {
        match token.and_then(|token| self.quotas.get_mut(&account(token))) {
            Some(window) => window,
            None => &mut self.quota,
        }
    }

    /// Judges a request that arrives now, and counts it if its client had been told to wait so long ago that the request
    /// cannot have been under way.
    pub(super) fn check_limits(&mut self, token: Option<&str>) -> Verdict {
        let now = self.now();
        let window = self.window(token);
        if now >= window.reset {
            window.remaining = window.limit;
            window.reset = now + WINDOW;
        }
        let remaining = window.remaining;
        let secondary = self.secondary.take().filter(|limit| now < limit.until);
        let verdict = match &secondary {
            Some(limit) => Verdict::Secondary { status: limit.status, retry_after: limit.retry_after },
            None if remaining == 0 => Verdict::Primary,
            None => Verdict::Pass,
        };
        self.secondary = secondary;
        if matches!(verdict, Verdict::Pass) {
            self.told_at = None;
        } else if self.told_at.is_some_and(|told| now > told + UNDER_WAY) {
            self.sent_while_limited += 1;
        }
        verdict
    }

    /// The secondary limit comes into force.
    pub(super) fn limit_secondarily(&mut self, status: u16, retry_after: Option<u64>) {
        let now = self.now();
        let until = now + Duration::from_secs(retry_after.unwrap_or(60));
        self.secondary = Some(Secondary { until, status, retry_after });
        self.told_at = Some(now);
    }

    /// Takes one request off the quota unless it is `free`, and tells what is left.
    pub(super) fn charge(&mut self, token: Option<&str>, free: bool) -> Quota {
        let (now, window) = (self.now(), self.window(token));
        if !free {
            window.remaining = window.remaining.saturating_sub(1);
        }
        let Window { limit, remaining, reset } = *window;
        if remaining == 0 && self.told_at.is_none() {
            self.told_at = Some(now);
        }
        // GitHub tells whole seconds; rounded up, so that a client that waits for them is never early.
        let since = reset.duration_since(UNIX_EPOCH).unwrap_or_default();
        let reset = since.as_secs() + u64::from(since.subsec_nanos() > 0);
        Quota { limit, remaining, reset, now }
    }
}

/// Whom requests with a token are counted for: its installation, or itself.
fn account(token: &str) -> String {
    match token.split_once("number") {
        Some((installation, _)) if token.starts_with("ghs_installation") => installation.to_owned(),
        _ => token.to_owned(),
    }
}
