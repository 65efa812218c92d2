//! `serve`, `api` and `worker`: the service, in one process or its parts.

use std::net::SocketAddr;

use tokio::net::TcpListener;

use crate::{
    args::{GatewayArgs, Global, ServeArgs, WorkerArgs},
    error::CliError,
    service::{Role, Service, announce},
    settings::Settings,
};

/// Runs everything in one process.
pub async fn serve(global: &Global, settings: Settings, args: &ServeArgs) -> Result<(), CliError> {
    let mut settings = at(settings, args.listen);
    // Whoever asks from another machine does not get to read what is on this one, and around it.
    if !settings.api.listen.ip().is_loopback() {
        settings.source.confine();
    }
    let service = Service::open(global, settings, Role::Serve).await?;
    let listener = service.listen().await?;
    let runner = service.runner()?;
    let gateway = service.gateway()?;
    announce_address(&listener)?;
    let work = service.work(runner, || {});
    let (served, ()) = tokio::join!(service.serve_all(listener, gateway), work);
    served.and(service.close().await)
}

/// Runs the API alone. It streams, too: gateways are for more clients than one process has room for.
pub async fn api(global: &Global, settings: Settings, args: &ServeArgs) -> Result<(), CliError> {
    let mut settings = at(settings, args.listen);
    settings.source.confine();
    let service = Service::open(global, settings, Role::Api).await?;
    let listener = service.listen().await?;
    announce_address(&listener)?;
    let gateway = service.gateway()?;
    let served = service.serve_all(listener, gateway).await;
    served.and(service.close().await)
}

/// Streams events alone.
pub async fn gateway(global: &Global, settings: Settings, args: &GatewayArgs) -> Result<(), CliError> {
    let address = args.listen.unwrap_or(settings.gateway.listen);
    // What the API's section says of who may ask holds here, too.
    let service = Service::open(global, at(settings, Some(address)), Role::Gateway).await?;
    let listener = service.listen().await?;
    let gateway = service.gateway()?;
    announce_address(&listener)?;
    let served = service.serve_gateway(listener, gateway).await;
    served.and(service.close().await)
}

/// Runs a worker alone.
pub async fn worker(global: &Global, mut settings: Settings, args: &WorkerArgs) -> Result<(), CliError> {
    settings.source.confine();
    if let Some(concurrency) = args.concurrency {
        settings.worker.concurrency = concurrency.get();
    }
    if args.metrics_listen.is_some() {
        settings.telemetry.metrics_listen = args.metrics_listen;
    }
    let service = Service::open(global, settings, Role::Worker).await?;
    let runner = service.runner()?;
    let name = runner.instance.name().to_owned();
    let ready = move || {
        // A reader that went away does not matter to the work.
        let _ = announce(&format!("worker {name} ready"));
    };
    let work = service.work(runner, ready);
    let served = match service.metrics_listener().await? {
        Some(listener) => tokio::join!(service.serve_probes(listener), work).0,
        None => {
            work.await;
            Ok(())
        }
    };
    served.and(service.close().await)
}

/// The settings, listening at another address if one is named: who is let in depends on it.
fn at(settings: Settings, listen: Option<SocketAddr>) -> Settings {
    let listen = listen.unwrap_or(settings.api.listen);
    Settings { api: api::Settings { listen, ..settings.api }, ..settings }
}

fn announce_address(listener: &TcpListener) -> Result<(), CliError> {
    let address: SocketAddr = listener.local_addr().map_err(CliError::io("reading the address"))?;
    announce(&format!("listening on http://{address}"))
}
