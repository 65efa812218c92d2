//! Any git repository: on this machine, or over smart HTTP.
//!
//! Nothing is kept between syncs: a local repository is read in place, and what a server sends is a pack in a temporary
//! folder that goes away with its [`Snapshot`](super::Snapshot). No git program is run.

mod blobs;
mod commit;
#[cfg(feature = "fuzzing")]
pub(crate) mod fuzzing;
mod local;
mod odb;
mod pack;
mod pktline;
mod protocol;
mod refs;
pub mod remote;
mod snapshot;
mod transport;
mod tree;

use std::sync::Arc;

use super::{Source, SourceError};
use crate::settings::SourceSettings;

/// Opens the repository at `url`: a path or an `http(s)` URL. Nothing is read yet.
pub fn open(url: &str, settings: &SourceSettings) -> Arc<dyn Source> {
    if is_remote(url) {
        Arc::new(remote::RemoteSource::new(url, settings))
    } else {
        Arc::new(local::LocalSource::new(url, settings))
    }
}

/// Whether a source is asked over the network. Anything else is a path, whatever it looks like.
pub(crate) fn is_remote(url: &str) -> bool {
    url.starts_with("http://") || url.starts_with("https://")
}

/// Runs `work` on a thread that may wait for the disk.
async fn blocking<T: Send + 'static>(
    action: &'static str,
    work: impl FnOnce() -> Result<T, SourceError> + Send + 'static,
) -> Result<T, SourceError> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|error| Err(SourceError::io(action)(std::io::Error::other(error))))
}
