//! The HTTP API.
//!
//! [`router`] makes the routes over an [`AppState`]; each endpoint is one file under `routes/`, thin: what it takes out
//! of the request is in `extract`, what it answers in [`model`], what it does in `bus`, `entities` and `source`. Around
//! all of them are the layers: who may ask, how long it may take, what is noted of it, and answers that are given again
//! for the same request. Whatever is refused is a [`Problem`].
//!
//! [`admin`] is what operators do; the commands use it without a server, too.

mod access;
pub mod admin;
mod cursor;
mod extract;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod hooks;
mod layers;
mod look;
pub mod model;
mod openapi;
mod places;
mod problem;
mod routes;
mod serve;
mod settings;
mod state;

pub use access::{Caller, Gate, Peer, admit};
pub use layers::{
    DURATION as HTTP_DURATION, Pages, REQUESTS as HTTP_REQUESTS, begin_metrics, describe_metrics,
};
pub use openapi::openapi;
pub use problem::{Code, PROBLEM_JSON, Problem, ProblemBody, TYPE_PREFIX};
pub use routes::{beside, probes, router};
pub use serve::serve;
pub use settings::{Access, ListenError, Settings, SettingsError, check_listen};
pub use state::{AppState, Clock};
