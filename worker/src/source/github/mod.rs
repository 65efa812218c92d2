//! Repositories on GitHub, GitHub Enterprise, and servers that speak its API.

use std::sync::Arc;

use super::{Source, SourceError};
use crate::settings::SourceSettings;

/// Opens `owner/name` on the server with this API base URL (the public GitHub if `None`).
pub fn open(
    _owner: &str,
    _name: &str,
    _api_url: Option<&str>,
    _settings: &SourceSettings,
) -> Result<Arc<dyn Source>, SourceError> {
    unimplemented!()
}
