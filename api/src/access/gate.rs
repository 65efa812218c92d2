//! The gate.

use std::{
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use axum::http::{HeaderMap, HeaderName, Method, Uri, header};
use chrono::{DateTime, Utc};
use entities::{
    ApiTokenId, Database, SystemDb, UserId,
    identity::{
        Principal, PrincipalKind, Refusal, Right, TenantName, members, sessions,
        tickets::{Signer, Ticket},
        tokens, users,
    },
};
use sea_orm::{DbBackend, DbErr};
use sha2::{Digest, Sha256};
use source::settings::Secret;

use super::{
    address::{client, network},
    buckets::Buckets,
    caller::Caller,
    check_neighbour, cookie,
    neighbour::{host, is_of_host},
    stream::{self, EVENTS},
    throttle::Throttle,
};
use crate::{
    problem::{Code, Problem},
    settings::{Access, Settings},
    state::Clock,
};

/// What the paths of hooks begin with, by kind of host. Other paths beside them are about the webhooks that we send.
const HOOKS: [&str; 3] = ["/api/v1/webhooks/github/", "/api/v1/webhooks/gitlab/", "/api/v1/webhooks/gitea/"];

/// A request, as far as it tells who it is from.
struct Asked<'a> {
    method: &'a Method,
    uri: &'a Uri,
    headers: &'a HeaderMap,
    /// The time at which a ticket must be good.
    tickets_at: DateTime<Utc>,
}

/// Lets requests in, or refuses them.
pub struct Gate {
    settings: Settings,
    db: Database,
    /// The tenant of an open installation, and of the token of the settings.
    tenant: TenantName,
    clock: Clock,
    signer: Signer,
    client_header: Option<HeaderName>,
    of_address: Buckets<IpAddr>,
    of_principal: Buckets<String>,
    logins: Throttle,
    /// Whether a user was seen: from then on nothing is open to whoever is there.
    has_users: AtomicBool,
}

impl Gate {
    /// A gate. `tenant` is the one that an open installation, and the token of the settings, act in.
    pub fn new(
        settings: Settings,
        db: Database,
        tenant: TenantName,
        clock: Clock,
        signer: Signer,
    ) -> Arc<Self> {
        Arc::new(Self {
            // Names of headers were checked when the settings were read.
            client_header: settings.client_header().ok().flatten(),
            of_address: Buckets::new(settings.requests_per_minute_per_address),
            of_principal: Buckets::new(settings.requests_per_minute),
            logins: Throttle::default(),
            has_users: AtomicBool::new(false),
            settings,
            db,
            tenant,
            clock,
            signer,
        })
    }

    /// What signs tickets for streams.
    pub fn signer(&self) -> &Signer {
        &self.signer
    }

    /// Whether there is a user.
    pub(crate) async fn has_users(&self) -> Result<bool, DbErr> {
        if self.has_users.load(Ordering::Relaxed) {
            return Ok(true);
        }
        let any = users::any(&self.system()).await?;
        if any {
            self.has_users.store(true, Ordering::Relaxed);
        }
        Ok(any)
    }

    /// Whether whoever is on this machine does everything.
    pub(crate) async fn is_open(&self) -> Result<bool, DbErr> {
        match self.settings.access {
            Access::Open => Ok(true),
            Access::Identity => Ok(false),
            Access::Auto => {
                let may_be = self.settings.token.is_none()
                    && self.settings.listen.ip().to_canonical().is_loopback()
                    && self.db.backend() == DbBackend::Sqlite;
                Ok(may_be && !self.has_users().await?)
            }
        }
    }

    /// Who sends a request.
    ///
    /// # Errors
    /// Why it is refused.
    pub async fn admit(
        &self,
        peer: Option<IpAddr>,
        method: &Method,
        uri: &Uri,
        headers: &HeaderMap,
    ) -> Result<Caller, Problem> {
        let path = uri.path();
        if matches!(path, "/healthz" | "/readyz") {
            return Ok(Caller::default());
        }
        let (now, is_open) = ((self.clock)(), self.is_open().await?);
        let address = client(peer, self.client_header.as_ref(), headers);
        let is_hook = method == Method::POST && HOOKS.iter().any(|begin| path.starts_with(begin));
        if (is_hook || !is_open)
            && let Some(address) = address
        {
            self.of_address.take(&network(address), now).map_err(too_many)?;
        }
        // What hosts send shows by its signature who sends it, and nothing else of it counts.
        if is_hook {
            return Ok(Caller { address, ..Caller::default() });
        }
        let asked = Asked { method, uri, headers, tickets_at: now };
        let mut caller = self.known_or_open(&asked, now, is_open).await?;
        caller.address = address;
        if caller.principal.is_none() && is_open {
            check_neighbour(&self.settings, uri, headers)?;
            caller.principal = Some(Principal::local(self.tenant.clone()));
            caller.is_open = true;
        }
        match &caller.principal {
            Some(principal) => {
                if let Some(key) = counted_as(principal) {
                    self.of_principal.take(&key, now).map_err(too_many)?;
                }
            }
            None => self.check_unknown(&caller, method, uri, headers)?,
        }
        if path.starts_with(EVENTS) {
            stream::check(&self.db, &caller, path).await?;
        }
        if path == "/metrics" && caller.principal.as_ref().is_some_and(|who| !who.may(Right::Operate)) {
            return Err(crate::extract::lacks(Right::Operate));
        }
        Ok(caller)
    }

    /// Whether whoever opened a stream with this request may go on reading it. A ticket that is over was good for opening
    /// it; whoever asked for it must still be there. Where the database does not tell, they may.
    pub async fn may_stay(&self, uri: &Uri, headers: &HeaderMap) -> bool {
        match self.check_stay(uri, headers).await {
            Ok(()) => true,
            Err(problem) => {
                let is_refused = problem.code().status().is_client_error();
                if is_refused {
                    tracing::debug!(path = uri.path(), "a stream ends: whoever reads it may not any more");
                }
                !is_refused
            }
        }
    }

    async fn check_stay(&self, uri: &Uri, headers: &HeaderMap) -> Result<(), Problem> {
        let (now, is_open) = ((self.clock)(), self.is_open().await?);
        // No ticket has ended at the beginning of time: of one that opened the stream only the signature counts.
        let asked = Asked { method: &Method::GET, uri, headers, tickets_at: DateTime::UNIX_EPOCH };
        let caller = self.known_or_open(&asked, now, is_open).await?;
        if caller.tenant().is_none() {
            return if is_open { Ok(()) } else { Err(unauthorized("log in, or send a token")) };
        }
        stream::check(&self.db, &caller, uri.path()).await
    }

    /// Whether the token or the member that asked for a ticket is still one.
    async fn check_asker(&self, ticket: &Ticket, now: DateTime<Utc>) -> Result<(), Problem> {
        let Some(id) = ticket.principal else { return Ok(()) };
        let db = self.db.tenant(ticket.tenant);
        let may = match tokens::get(&db, ApiTokenId(id)).await? {
            Some(token) => token.revoked_at.is_none() && token.expires_at.is_none_or(|end| end > now),
            None => members::get(&db, UserId(id)).await?.is_some_and(|member| member.disabled_at.is_none()),
        };
        if may { Ok(()) } else { Err(unauthorized("whoever asked for the ticket may not any more")) }
    }

    /// Like [`Self::known`]. Where nobody is asked, nobody is refused for a token that is good elsewhere.
    async fn known_or_open(
        &self,
        asked: &Asked<'_>,
        now: DateTime<Utc>,
        is_open: bool,
    ) -> Result<Caller, Problem> {
        match self.known(asked, now).await {
            Err(problem) if is_open && problem.code() == Code::Unauthorized => Ok(Caller::default()),
            known => known,
        }
    }

    /// Who the request says it is from, and shows. Nobody, if it says nothing.
    async fn known(&self, asked: &Asked<'_>, now: DateTime<Utc>) -> Result<Caller, Problem> {
        let Asked { method, uri, headers, tickets_at } = *asked;
        if let Some(value) = headers.get(header::AUTHORIZATION) {
            let token = value.to_str().ok().and_then(|text| text.split_once(' '));
            let token = token.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
            let (_, token) = token.ok_or_else(|| unauthorized("the Authorization header bears no token"))?;
            let principal = self.bearer(token.trim(), now).await?;
            return Ok(Caller { principal: Some(principal), ..Caller::default() });
        }
        if let Some(cookie) = cookie::sent(headers)
            && let Ok(found) = sessions::authenticate(&self.system(), cookie, now).await?
        {
            check_same_origin(method, uri, headers)?;
            let principal = Some(found.principal.clone());
            return Ok(Caller { principal, session: Some(found), ..Caller::default() });
        }
        match self.ticket(uri, tickets_at)? {
            Some(ticket) => {
                self.check_asker(&ticket, now).await?;
                Ok(Caller { ticket: Some(ticket), ..Caller::default() })
            }
            None => Ok(Caller::default()),
        }
    }

    /// The bearer of a token.
    async fn bearer(&self, token: &str, now: DateTime<Utc>) -> Result<Principal, Problem> {
        if self.settings.token.as_ref().is_some_and(|ours| is_same(ours, token)) {
            return Ok(Principal::static_token(self.tenant.clone()));
        }
        if !tokens::is_token(token) {
            return Err(unauthorized("the token is not known"));
        }
        match tokens::authenticate(&self.system(), token, now).await? {
            Ok(principal) => Ok(principal),
            // Whoever had it may know why it is refused; whoever guesses learns nothing, since nobody guesses one.
            Err(Refusal::Unknown) => Err(unauthorized("the token is not known")),
            Err(refusal) => Err(unauthorized(format!("the token is refused: {refusal}"))),
        }
    }

    /// The ticket in the query of a request for a stream.
    fn ticket(&self, uri: &Uri, now: DateTime<Utc>) -> Result<Option<Ticket>, Problem> {
        if !uri.path().starts_with(EVENTS) {
            return Ok(None);
        }
        let pairs = uri.query().unwrap_or_default().split('&');
        // Base64 for URLs and a dot: nothing that is escaped.
        let Some(ticket) = pairs.filter_map(|pair| pair.strip_prefix("ticket=")).next() else {
            return Ok(None);
        };
        self.signer.verify(ticket, now).map(Some).map_err(|error| unauthorized(error.to_string()))
    }

    /// How far somebody comes who is not known.
    fn check_unknown(
        &self,
        caller: &Caller,
        method: &Method,
        uri: &Uri,
        headers: &HeaderMap,
    ) -> Result<(), Problem> {
        let path = uri.path();
        if caller.ticket.is_some() {
            return Ok(());
        }
        if is_for_everybody(method, path) {
            // A page of another site must not log anybody in.
            return match headers.contains_key(header::ORIGIN) {
                true => check_same_origin(method, uri, headers),
                false => Ok(()),
            };
        }
        let is_about_us =
            matches!(path, "/metrics" | "/openapi.json" | "/docs") || path.starts_with("/docs/");
        if is_about_us && self.settings.listen.ip().to_canonical().is_loopback() {
            return check_neighbour(&self.settings, uri, headers);
        }
        Err(unauthorized("log in, or send a token: Authorization: Bearer TOKEN"))
    }

    /// Counts a guess at a password, or refuses it.
    pub(crate) fn count_guess(&self, name: &str, caller: &Caller) -> Result<(), Problem> {
        self.logins.begin(name, caller.address, (self.clock)()).map_err(|seconds| {
            let detail = format!("too many wrong passwords; wait {seconds} seconds");
            Problem::new(Code::TooManyRequests, detail).retry_after(seconds)
        })
    }

    /// Forgets the guess, which was right.
    pub(crate) fn guessed_right(&self, name: &str, caller: &Caller) {
        self.logins.succeeded(name, caller.address);
    }

    fn system(&self) -> SystemDb {
        self.db.system()
    }
}

/// The headers that the answer to a request gets besides and who sends it, or none if the request is to be refused: what
/// the layers do, for answers that do not pass them.
pub async fn admit(
    gate: &Gate,
    peer: Option<IpAddr>,
    uri: &Uri,
    headers: &HeaderMap,
) -> Option<(HeaderMap, Caller)> {
    let caller = gate.admit(peer, &Method::GET, uri, headers).await.ok()?;
    Some((crate::layers::cors_headers(&gate.settings, headers), caller))
}

/// The routes for whoever is not known: to log in, to set up, and to learn that one has to. There are no others.
fn is_for_everybody(method: &Method, path: &str) -> bool {
    match path {
        "/api/v1/session" => [Method::GET, Method::POST, Method::DELETE].contains(method),
        "/api/v1/setup" => method == Method::POST,
        _ => false,
    }
}

/// Refuses what a page of another site may have made a browser send. Reading is harmless: such a page does not see the
/// answer.
fn check_same_origin(method: &Method, uri: &Uri, headers: &HeaderMap) -> Result<(), Problem> {
    if method.is_safe() {
        return Ok(());
    }
    let text = |name: &HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    if text(&HeaderName::from_static("sec-fetch-site")) == Some("same-origin") {
        return Ok(());
    }
    match (text(&header::ORIGIN), host(uri, headers)) {
        (Some(origin), Some(host)) if is_of_host(origin, host) => Ok(()),
        _ => {
            let detail =
                "with a cookie, changes are made by pages of this server only: Origin must be its own";
            Err(Problem::new(Code::ForeignOrigin, detail))
        }
    }
}

/// What the requests of somebody are counted by. Whoever is on an open machine is not counted.
fn counted_as(principal: &Principal) -> Option<String> {
    match (principal.kind, principal.id) {
        (PrincipalKind::Local | PrincipalKind::Command, _) => None,
        (kind, Some(id)) => Some(format!("{} {id}", kind.as_str())),
        (kind, None) => Some(kind.as_str().to_owned()),
    }
}

/// Whether two tokens are the same. Digests are compared, in a time that does not depend on what was guessed.
fn is_same(ours: &Secret, given: &str) -> bool {
    let (given, wanted) = (Sha256::digest(given), Sha256::digest(ours.expose()));
    given.iter().zip(wanted.iter()).fold(0, |differing, (a, b)| differing | (a ^ b)) == 0
}

fn unauthorized(detail: impl Into<String>) -> Problem {
    Problem::new(Code::Unauthorized, detail)
}

fn too_many(seconds: u64) -> Problem {
    let detail = format!("too many requests; wait {seconds} seconds");
    Problem::new(Code::TooManyRequests, detail).retry_after(seconds)
}
