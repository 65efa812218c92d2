//! The relay and a real RabbitMQ: order, at least once, and every fault that a broker has. Counted.

extern crate project_sync_worker as worker;

mod consumer;
mod faults;
mod many;
mod refused;
mod scene;
mod unroutable;
