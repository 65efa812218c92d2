//! The GitHub source against a stand-in that serves real repositories.

mod attacks;
mod budget;
mod credentials;
mod faults;
mod heads;
mod installations;
mod limits;
mod secrecy;
mod shared;
mod snapshots;
mod stand_in;
mod support;
