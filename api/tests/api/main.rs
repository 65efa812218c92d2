//! The API over a real listener, on each database, with real repositories, the queue and the worker.

mod admin;
mod auth;
mod content;
mod contract;
mod errors;
mod idempotency;
mod metrics;
mod projects;
mod scene;
mod syncs;
