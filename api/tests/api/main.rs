//! The API over a real listener, on each database, with real repositories, the queue and the worker.

mod admin;
mod audit;
mod auth;
mod content;
mod contract;
mod errors;
mod github;
mod idempotency;
mod machines;
mod metrics;
mod people;
mod projects;
mod routes;
mod scene;
mod session;
mod syncs;
mod triggers;
mod webhooks;
