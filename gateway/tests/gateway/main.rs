//! The gateway over real connections, on each database and its bus.

mod client;
mod connections;
mod projects;
mod stage;
mod syncs;
