//! What is told over HTTP, to real receivers, from real databases.

extern crate project_sync_worker as worker;

mod answers;
mod many;
mod scene;
mod sending;
