//! Bytes that nobody thought of, for everything that parses what comes from outside.
//!
//! One program for all targets, since linking takes longer than looking: `FUZZ_TARGET` names the one that is fed. Each
//! knows more than that nothing may panic; what must hold is said where the parser is (`fuzzing` of each crate). Run it
//! by `./fuzz/run`.
#![no_main]

mod cost;
mod events;
mod identity;
mod memory;

use std::{process::exit, sync::OnceLock};

use libfuzzer_sys::fuzz_target;

/// A target's name and what is done with the bytes.
type Target = (&'static str, fn(&[u8]));

const TARGETS: [Target; 14] = [
    ("pack", source::fuzzing::pack),
    ("delta", source::fuzzing::delta),
    ("objects", source::fuzzing::objects),
    ("protocol", source::fuzzing::protocol),
    ("archive", source::fuzzing::archive),
    ("github", source::fuzzing::github),
    ("sources", source::fuzzing::sources),
    ("memory", memory::derive),
    ("events", events::read),
    ("position", gateway::fuzzing::position),
    ("head", gateway::fuzzing::head),
    ("requests", api::fuzzing::requests),
    ("identity", identity::check),
    ("migration", migration::fuzzing::sql),
];

static CHOSEN: OnceLock<fn(&[u8])> = OnceLock::new();

/// The target that is fed.
fn chosen() -> fn(&[u8]) {
    let name = std::env::var("FUZZ_TARGET").unwrap_or_default();
    if let Some((_, target)) = TARGETS.iter().find(|(one, _)| *one == name) {
        return *target;
    }
    eprintln!("FUZZ_TARGET must be one of: {}", TARGETS.map(|(name, _)| name).join(", "));
    exit(2)
}

fuzz_target!(|bytes: &[u8]| {
    let target = CHOSEN.get_or_init(chosen);
    cost::bounded(|| target(bytes));
});
