//! What is around all routes.

mod cors;
mod fallback;
mod guard;
mod idempotency;
mod observe;
mod pages;
mod timeout;

pub(crate) use cors::{cors, headers as cors_headers};
pub(crate) use fallback::{method_not_allowed, not_found, panicked};
pub(crate) use guard::guard;
pub(crate) use idempotency::idempotent;
pub(crate) use observe::observe;
pub use observe::{DURATION, REQUESTS, begin_metrics, describe_metrics};
pub use pages::Pages;
pub(crate) use pages::pages;
pub(crate) use timeout::bounded;
