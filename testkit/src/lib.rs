//! Stand-ins, private servers and repository makers for the tests.

pub mod github;
