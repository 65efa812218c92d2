//! Stand-ins, private servers and repository makers: the world that the tests drive the real code in.
//!
//! - [`postgres`], [`redis`] and [`rabbitmq`] start private servers; the `private-servers` program runs a command under them.
//! - [`address`] keeps a port for whoever is to listen there later.
//! - [`proxy`] stands before a server and cuts those behind it off.
//! - [`service`] runs the real program as the processes of a service.
//! - [`database`] gives each test a migrated database of its own, on SQLite and on Postgres.
//! - [`repo`] makes real repositories with the real `git`: by hand, with every nasty entry, at random, or large.
//! - [`github`] is a GitHub faked as state over real repositories, for the real API client.
//! - [`receiver`] is one who is told over HTTP what happened, with faults on demand.
//! - [`git_http`] serves them over git's smart HTTP, with faults on demand.
//!
//! What the makers cannot do makes the test fail: they panic with the command and what it said.

pub mod address;
pub mod database;
pub mod git_http;
pub mod github;
pub mod postgres;
pub mod proxy;
pub mod rabbitmq;
pub mod receiver;
pub mod redis;
pub mod repo;
pub mod server;
pub mod service;
