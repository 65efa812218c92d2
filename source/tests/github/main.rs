//! The GitHub source against a stand-in that serves real repositories.

mod attacks;
mod credentials;
mod faults;
mod heads;
mod limits;
mod secrecy;
mod snapshots;
mod stand_in;
mod support;
