//! Serving until told to stop.

use std::{future::Future, io};

use axum::Router;
use tokio::net::TcpListener;

/// Serves requests until `shutdown` ends; then takes no new ones and ends once those that came are answered.
///
/// # Errors
/// If the listener fails.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    axum::serve(listener, router).with_graceful_shutdown(shutdown).await
}
