//! The git source against repositories made by the real git, on disk and over smart HTTP served by the real git.

mod attacks;
mod faults;
mod incremental;
mod local;
mod remote;
mod support;
