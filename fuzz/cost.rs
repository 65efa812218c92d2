//! What an input costs: what is slow is an attack, too.
//!
//! Counted is the time of the processor, not that of the clock: fuzzing is what a machine does when it has nothing else to
//! do, and an input that waits for its turn is not a slow one. What does not end at all is ended by the fuzzer.

use std::{
    fs,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// How much of the processor one input may take.
const MOST: Duration = Duration::from_secs(10);

/// How often it is looked what was taken so far: each look costs more than most inputs.
const LOOK: Duration = Duration::from_secs(1);

/// How long one of the ticks is that Linux counts in.
const TICK: Duration = Duration::from_millis(10);

/// What was taken so far.
#[derive(Clone, Copy)]
struct Look {
    at: Instant,
    taken: Duration,
}

/// Runs a target with one input. Panics if that took more of the processor than any input may.
pub fn bounded(run: impl FnOnce()) {
    static LAST: Mutex<Option<Look>> = Mutex::new(None);
    let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
    let before = match *last {
        Some(look) if look.at.elapsed() < LOOK => look,
        _ => *last.insert(look()),
    };
    run();
    // Most of it, if not all, was taken by this input.
    if before.at.elapsed() >= MOST {
        let taken = look().taken.saturating_sub(before.taken);
        assert!(taken < MOST + LOOK, "one input took {taken:?} of the processor");
    }
}

fn look() -> Look {
    let at = Instant::now();
    Look { at, taken: taken().unwrap_or_default() }
}

/// How much of the processor this thread has taken, in steps of [`TICK`]. None where there is no Linux to tell.
fn taken() -> Option<Duration> {
    let stat = fs::read_to_string("/proc/thread-self/stat").ok()?;
    // The name of the program, in brackets, may hold anything. After it: the state, ten numbers, then user and system.
    let mut fields = stat.rsplit_once(')')?.1.split_ascii_whitespace().skip(11);
    let mut ticks = || fields.next()?.parse::<u32>().ok();
    Some(TICK * (ticks()? + ticks()?))
}
