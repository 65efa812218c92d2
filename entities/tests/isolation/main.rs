//! Tenants are kept apart by the database itself, whatever the program asks: what the catalog says of every table, and
//! what a tenant gets who tries another one's rows.

mod catalog;
mod complete;
mod functions;
mod matrix;
mod outward;
mod roles;
mod stage;
