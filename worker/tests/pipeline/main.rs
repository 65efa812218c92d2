//! The pipeline as a whole, over real repositories and real databases.

extern crate project_sync_worker as worker;

mod crashes;
mod github;
mod hard_cases;
mod histories;
mod hostile;
mod memory;
mod polling;
mod proof;
mod retention;
mod retention_races;
mod retention_rules;
mod scene;
mod service;
mod syncs;
mod triggers;
