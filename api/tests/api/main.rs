//! The API over a real listener, on each database, with real repositories, the queue and the worker.

mod admin;
mod auth;
mod content;
mod contract;
mod errors;
mod idempotency;
mod metrics;
mod people;
mod projects;
mod routes;
mod scene;
mod syncs;
