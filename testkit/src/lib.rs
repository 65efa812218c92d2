//! Stand-ins, private servers and repository makers for tests.

pub mod git_http;
pub mod github;
