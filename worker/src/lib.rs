//! The diff-aware sync pipeline: sources on one side, rows on the other.
//!
//! [`pipeline`] runs one sync; [`memory`] derives knowledge from files; [`proof`] shows that rows and commit are the same;
//! [`relay`] and [`webhooks`] tell other systems.

pub mod clock;
pub mod error;
pub mod instance;
pub mod memory;
pub mod pipeline;
pub mod proof;
pub mod relay;
pub mod service;
pub mod settings;
pub mod telemetry;
pub mod triggers;
pub mod webhooks;
