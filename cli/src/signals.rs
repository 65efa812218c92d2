//! Ctrl-C: the first time the sync ends in order, the second time the program ends at once.

use tokio_util::sync::CancellationToken;

use crate::{error::INTERRUPTED, out::tell};

/// A token that fires when the user (SIGINT) or the system (SIGTERM) asks for the end. A second signal exits.
pub fn cancel_on_signals() -> CancellationToken {
    let token = CancellationToken::new();
    let fired = token.clone();
    tokio::spawn(async move {
        if next_signal().await.is_err() {
            // Without a handler the system's own default holds: the program ends.
            return;
        }
        fired.cancel();
        tell("interrupted: ending in order; once more to stop at once");
        if next_signal().await.is_ok() {
            std::process::exit(i32::from(INTERRUPTED));
        }
    });
    token
}

#[cfg(unix)]
async fn next_signal() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    Ok(())
}

#[cfg(not(unix))]
async fn next_signal() -> std::io::Result<()> {
    tokio::signal::ctrl_c().await
}
