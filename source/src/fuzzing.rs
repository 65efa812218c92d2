//! The parsers of what comes from outside, for the fuzzer (`fuzz/`).

pub use crate::{
    git::fuzzing::{delta, objects, pack, protocol},
    github::fuzzing::{archive, github},
    guard::fuzzing::sources,
};
