//! What the program tells of itself: logs, metrics, traces.

mod metrics;

use std::{io, net::SocketAddr, ops::RangeInclusive, time::Duration};

use opentelemetry::{KeyValue, trace::TracerProvider};
use opentelemetry_otlp::WithExportConfig;
use opentelemetry_sdk::{
    Resource,
    runtime::Tokio,
    trace::{Sampler, SdkTracerProvider, span_processor_with_async_runtime::BatchSpanProcessor},
};
use serde::Deserialize;
use tracing_subscriber::{EnvFilter, Layer, layer::SubscriberExt, util::SubscriberInitExt};

pub use self::metrics::{install as install_metrics, keep_up as keep_metrics_up};
use crate::{args::Global, error::CliError, out::Paint, service::Role};

/// How long sending a batch of spans may take.
const EXPORT_TIMEOUT: Duration = Duration::from_secs(5);

/// How the program tells what it does (`[telemetry]`).
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "snake_case")]
pub struct TelemetrySettings {
    /// How services write their logs.
    pub log_format: LogFormat,
    /// What services log: a filter such as `info` or `info,project_sync_worker=debug`.
    pub log_filter: String,
    /// Where a worker of its own process serves `/metrics`, `/healthz` and `/readyz`; nowhere if unset. The API serves
    /// its own beside its routes.
    pub metrics_listen: Option<SocketAddr>,
    /// Where spans are sent to (OTLP over HTTP), such as `http://localhost:4318/v1/traces`; nowhere if unset.
    pub otlp_endpoint: Option<String>,
    /// One of how many traces that begin here is sent; 0 is none. A trace that began elsewhere is sent if whoever began
    /// it says so.
    pub otlp_sample_one_in: u32,
}

impl Default for TelemetrySettings {
    fn default() -> Self {
        Self {
            log_format: LogFormat::Pretty,
            log_filter: "info".to_owned(),
            metrics_listen: None,
            otlp_endpoint: None,
            otlp_sample_one_in: 1,
        }
    }
}

impl TelemetrySettings {
    /// The numbers of the section: the key, what it is, and what it may be.
    pub fn numbers(&self) -> Vec<(&'static str, u64, RangeInclusive<u64>)> {
        vec![("otlp_sample_one_in", self.otlp_sample_one_in.into(), 0..=1_000_000)]
    }
}

/// How logs are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// Lines for people.
    Pretty,
    /// One JSON object a line.
    Json,
}

/// Sends what is left when it is dropped.
#[must_use = "spans are lost when this is dropped early"]
pub struct Telemetry {
    traces: Option<SdkTracerProvider>,
}

impl Drop for Telemetry {
    fn drop(&mut self) {
        if let Some(traces) = &self.traces
            && let Err(error) = traces.shutdown_with_timeout(EXPORT_TIMEOUT)
        {
            tracing::debug!(%error, "the last spans are lost");
        }
    }
}

/// Logs of commands go to standard error: warnings, and more with `-v`. `RUST_LOG` wins over both.
pub fn for_command(global: &Global) {
    tracing_subscriber::fmt()
        .with_env_filter(filter(verbosity(global).unwrap_or("warn")))
        .with_writer(io::stderr)
        .with_ansi(Paint::stderr().is_on())
        .without_time()
        .init();
}

/// Logs of services go to standard error, as the settings say; spans go to a collector, if one is named.
///
/// # Errors
/// If the collector's address is none.
pub fn for_service(global: &Global, settings: &TelemetrySettings, role: Role) -> Result<Telemetry, CliError> {
    let one_in = settings.otlp_sample_one_in;
    let traces =
        settings.otlp_endpoint.as_deref().map(|endpoint| traces(endpoint, role, one_in)).transpose()?;
    let spans = traces.as_ref().map(|traces| {
        // Our own spans only: those of clients and servers below would be most of the traffic.
        tracing_opentelemetry::layer()
            .with_tracer(traces.tracer("project-sync"))
            .with_filter(EnvFilter::new("off,project_sync=info"))
    });
    let lines = tracing_subscriber::fmt::layer().with_writer(io::stderr);
    let lines = match settings.log_format {
        LogFormat::Pretty => lines.with_ansi(Paint::stderr().is_on()).boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    let filter = filter(verbosity(global).unwrap_or(&settings.log_filter));
    tracing_subscriber::registry().with(spans).with(lines.with_filter(filter)).init();
    Ok(Telemetry { traces })
}

/// What the flags ask for. `project_sync` is the beginning of the names of all our crates.
fn verbosity(global: &Global) -> Option<&'static str> {
    match (global.quiet, global.verbose) {
        (true, _) => Some("error"),
        (false, 0) => None,
        (false, 1) => Some("warn,project_sync=info"),
        (false, 2) => Some("info,project_sync=debug"),
        (false, _) => Some("trace"),
    }
}

/// What the client of the broker says is said by the relay, too, and better: it would also show whole messages.
const QUIET: &str = "lapin=off";

fn filter(level: &str) -> EnvFilter {
    EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(format!("{QUIET},{level}")))
}

/// What sends spans. What a collector that is away does not take is dropped: nothing waits for it.
fn traces(endpoint: &str, role: Role, one_in: u32) -> Result<SdkTracerProvider, CliError> {
    let exporter = opentelemetry_otlp::SpanExporter::builder()
        .with_http()
        .with_endpoint(endpoint)
        .with_timeout(EXPORT_TIMEOUT)
        .build()
        .map_err(|error| CliError::usage(format!("settings: telemetry.otlp_endpoint: {error}")))?;
    // OTEL_RESOURCE_ATTRIBUTES is read by the builder: whoever runs the service adds the environment or the cluster there.
    let resource = Resource::builder()
        .with_service_name(role.service_name())
        .with_attributes([
            KeyValue::new("service.namespace", "project-sync"),
            KeyValue::new("service.version", env!("CARGO_PKG_VERSION")),
            KeyValue::new("service.instance.id", uuid::Uuid::now_v7().to_string()),
        ])
        .build();
    let processor = BatchSpanProcessor::builder(exporter, Tokio).build();
    Ok(SdkTracerProvider::builder()
        .with_span_processor(processor)
        .with_sampler(sampler(one_in))
        .with_resource(resource)
        .build())
}

/// Whoever began a trace decides; of those that begin here, one of so many is sent.
fn sampler(one_in: u32) -> Sampler {
    let root = match one_in {
        0 => Sampler::AlwaysOff,
        1 => Sampler::AlwaysOn,
        _ => Sampler::TraceIdRatioBased(f64::from(one_in).recip()),
    };
    Sampler::ParentBased(Box::new(root))
}
