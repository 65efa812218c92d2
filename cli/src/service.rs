//! The parts of a service and how they are wired: in one process, or over servers that processes share.

use std::{
    io::Write,
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use api::{Gate, model::ShownSettings};
use axum::{Router, extract::Request, middleware::map_request};
use bus::Dispatcher;
use entities::{
    identity::{TenantName, tickets::Signer, users},
    projects,
};
use gateway::Gateway;
use http::{HeaderMap, Uri};
use metrics_exporter_prometheus::PrometheusHandle;
use sea_orm::DbBackend;
use source::guard::OutboundError;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use worker::{
    clock::Clock,
    pipeline::{Persistence, Runner},
    relay::Relay,
    webhooks::Sender,
};

use crate::{
    args::Global,
    error::CliError,
    open::App,
    settings::Settings,
    signals::cancel_on_signals,
    telemetry::{self, Telemetry},
};

/// What all parts of a service share.
pub struct Service {
    app: App,
    gate: Arc<Gate>,
    dispatcher: Dispatcher,
    metrics: PrometheusHandle,
    shown_settings: Arc<ShownSettings>,
    /// Fires when the service is to end.
    pub stop: CancellationToken,
    _telemetry: Telemetry,
}

/// What a process is of the service.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// All of it, in one process.
    Serve,
    /// Answers requests, and streams.
    Api,
    /// Streams.
    Gateway,
    /// Runs syncs.
    Worker,
}

impl Role {
    /// The word for it: the command that begins it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Serve => "serve",
            Self::Api => "api",
            Self::Gateway => "gateway",
            Self::Worker => "worker",
        }
    }

    /// What it is called in traces.
    pub fn service_name(self) -> &'static str {
        match self {
            Self::Serve => "project-sync",
            Self::Api => "project-sync-api",
            Self::Gateway => "project-sync-gateway",
            Self::Worker => "project-sync-worker",
        }
    }

    /// Whether syncs are asked for here.
    pub fn asks(self) -> bool {
        matches!(self, Self::Serve | Self::Api)
    }

    /// Whether syncs are run here.
    pub fn works(self) -> bool {
        matches!(self, Self::Serve | Self::Worker)
    }

    /// Whether events are streamed here.
    pub fn streams(self) -> bool {
        self != Self::Worker
    }

    /// Whether it needs a database and a queue that other processes reach.
    fn needs_shared_servers(self) -> bool {
        self != Self::Serve
    }
}

impl Service {
    /// Opens everything.
    ///
    /// # Errors
    /// If a server is not there, or the settings do not name one that is needed.
    pub async fn open(global: &Global, settings: Settings, role: Role) -> Result<Self, CliError> {
        let telemetry = telemetry::for_service(global, &settings.telemetry, role)?;
        let metrics = telemetry::install_metrics(role)?;
        if role.needs_shared_servers() {
            settings.check_shared()?;
        }
        let shown_settings = Arc::new(Settings::shown(global.config.as_deref())?);
        let stop = cancel_on_signals();
        let mut app = App::open(global, settings).await?;
        let database = app.db.database();
        app.clock = match database.backend() {
            DbBackend::Sqlite => Clock::steady(),
            _ => Clock::following(&database).await?,
        };
        let dispatcher = app.dispatcher().await?;
        let gate = Self::gate(&app)?;
        tokio::spawn(telemetry::keep_metrics_up(metrics.clone(), database, stop.clone()));
        Ok(Self { app, gate, dispatcher, metrics, shown_settings, stop, _telemetry: telemetry })
    }

    /// What runs syncs.
    pub fn runner(&self) -> Result<Arc<Runner>, CliError> {
        self.app.runner_with(self.dispatcher.clone(), Persistence::Retry).map(Arc::new)
    }

    /// Runs syncs until the service is to end, and tells other systems of them. What tells goes on until the last sync has
    /// ended.
    pub async fn work(&self, runner: Arc<Runner>, ready: impl FnOnce()) {
        let syncs_ended = CancellationToken::new();
        let relay = Relay {
            db: self.app.db.database(),
            settings: self.app.settings.relay.clone(),
            clock: self.app.clock.clone(),
            name: runner.instance.name().to_owned(),
        };
        let syncs = async {
            worker::service::serve(runner, self.stop.clone(), ready).await;
            syncs_ended.cancel();
        };
        let webhooks = async {
            match self.webhook_sender() {
                Ok(sender) => worker::webhooks::serve(sender, self.stop.clone()).await,
                Err(error) => tracing::error!(%error, "nothing is told to webhooks"),
            }
        };
        tokio::join!(syncs, worker::relay::serve(relay, syncs_ended.clone()), webhooks);
    }

    /// What tells webhooks.
    fn webhook_sender(&self) -> Result<Sender, OutboundError> {
        let settings = &self.app.settings;
        let reach = settings.webhooks.reach(&settings.source);
        let (db, clock) = (self.app.db.database(), self.app.clock.clone());
        Sender::new(db, settings.webhooks.clone(), reach, settings.source.keys.clone(), clock)
    }

    /// Who may come in.
    ///
    /// # Errors
    /// If the operating system gives no random bytes.
    fn gate(app: &App) -> Result<Arc<Gate>, CliError> {
        let (settings, clock) = (app.settings.api.clone(), app.clock.clone());
        let signer = match Self::shared_signer(app)? {
            Some(signer) if settings.ticket_key.is_none() => signer,
            _ => settings.signer().map_err(|error| CliError::usage(error.to_string()))?,
        };
        let tenant = TenantName { id: app.tenant, name: projects::LOCAL_TENANT.to_owned() };
        Ok(Gate::new(settings, app.db.database(), tenant, Arc::new(move || clock.now()), signer))
    }

    /// What signs tickets alike in all processes of an installation: made from the keys that seal credentials, where all
    /// have them.
    fn shared_signer(app: &App) -> Result<Option<Signer>, CliError> {
        // Beside SQLite there is one process, and a file of keys is made when a credential is stored, not before.
        if app.db.database().backend() == DbBackend::Sqlite {
            return Ok(None);
        }
        let Ok(ring) = app.settings.source.keys.store().ring() else { return Ok(None) };
        let key = ring.derive("stream tickets").map_err(|error| CliError::usage(error.to_string()))?;
        Ok(Some(Signer::new(&key)))
    }

    /// What answers requests.
    pub fn api_state(&self) -> api::AppState {
        let clock = self.app.clock.clone();
        api::AppState {
            dispatcher: self.dispatcher.clone(),
            source_settings: self.app.settings.source.clone(),
            webhook_reach: self.app.settings.webhooks.reach(&self.app.settings.source),
            settings: self.app.settings.api.clone(),
            gate: Arc::clone(&self.gate),
            clock: Arc::new(move || clock.now()),
            metrics: Some(self.metrics.clone()),
            shown_settings: Arc::clone(&self.shown_settings),
            pages: Some(web::answer),
            triggers: self.app.settings.triggers.clone(),
        }
    }

    /// What streams events.
    ///
    /// # Errors
    /// If the settings cannot be worked with.
    pub fn gateway(&self) -> Result<Gateway, CliError> {
        // Every stream is a file to the system, and the usual limit is 1,024.
        if let Err(error) = rlimit::increase_nofile_limit(u64::MAX) {
            tracing::warn!(%error, "the limit of open files stays as it is");
        }
        let Dispatcher { db, progress, .. } = self.dispatcher.clone();
        Gateway::start(db, progress, self.app.settings.gateway.clone())
            .map_err(|error| CliError::usage(format!("settings: {error}")))
    }

    /// Serves API and streams until the service is to end, then finishes what was asked.
    pub async fn serve_all(&self, listener: TcpListener, gateway: Gateway) -> Result<(), CliError> {
        let router = api::router(self.api_state(), gateway.router(), gateway::openapi());
        self.serve_streams(listener, gateway, router).await
    }

    /// Serves streams, metrics and health.
    pub async fn serve_gateway(&self, listener: TcpListener, gateway: Gateway) -> Result<(), CliError> {
        // Pages are where the API is.
        let state = api::AppState { pages: None, ..self.api_state() };
        let router = api::beside(state, gateway.router());
        self.serve_streams(listener, gateway, router).await
    }

    async fn serve_streams(
        &self,
        listener: TcpListener,
        gateway: Gateway,
        router: Router,
    ) -> Result<(), CliError> {
        let door = Arc::new(Door(Arc::clone(&self.gate)));
        let router = router.layer(map_request(told_peer));
        gateway::serve(listener, gateway, router, door, self.stop.cancelled())
            .await
            .map_err(CliError::io("serving events"))
    }

    /// Opens the API's address, which must be one that may be open.
    pub async fn listen(&self) -> Result<TcpListener, CliError> {
        let settings = &self.app.settings.api;
        let has_users = users::any(&self.app.db.database().system()).await?;
        api::check_listen(settings, has_users).map_err(|error| CliError::usage(error.to_string()))?;
        bind(settings.listen).await
    }

    /// Where metrics of a part without an API are served, if anywhere.
    pub async fn metrics_listener(&self) -> Result<Option<TcpListener>, CliError> {
        match self.app.settings.telemetry.metrics_listen {
            Some(address) => bind(address).await.map(Some),
            None => Ok(None),
        }
    }

    /// Serves metrics and health alone.
    pub async fn serve_probes(&self, listener: TcpListener) -> Result<(), CliError> {
        let router = api::probes(self.api_state());
        let stop = self.stop.clone();
        api::serve(listener, router, async move { stop.cancelled().await })
            .await
            .map_err(CliError::io("serving metrics"))
    }

    /// Closes the database in order.
    pub async fn close(self) -> Result<(), CliError> {
        Ok(self.app.db.database().close().await?)
    }
}

/// Streams come in by the same door as requests.
struct Door(Arc<Gate>);

#[async_trait::async_trait]
impl gateway::Door for Door {
    async fn admit(&self, peer: IpAddr, uri: &Uri, headers: &HeaderMap) -> Option<HeaderMap> {
        api::admit(&self.0, Some(peer), uri, headers).await.map(|(headers, _)| headers)
    }

    async fn may_stay(&self, _peer: IpAddr, uri: &Uri, headers: &HeaderMap) -> bool {
        self.0.may_stay(uri, headers).await
    }
}

/// Tells the API who is connected, as the listener of the streams found it.
async fn told_peer(mut request: Request) -> Request {
    if let Some(gateway::Peer(address)) = request.extensions().get().copied() {
        request.extensions_mut().insert(api::Peer(address));
    }
    request
}

async fn bind(address: SocketAddr) -> Result<TcpListener, CliError> {
    TcpListener::bind(address).await.map_err(CliError::io(format!("cannot listen on {address}")))
}

/// Says on standard output that a part is there: programs that start it wait for this line.
pub fn announce(line: &str) -> Result<(), CliError> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}").and_then(|()| out.flush())?;
    Ok(())
}
