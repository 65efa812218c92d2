//! Speed and memory of syncs, as ratios to references measured in the same run: `cargo bench -p project-sync`.
//!
//! Arguments choose cases by name (`cargo bench -p project-sync -- first memory`). Every case runs the real binary on
//! repositories made for it, beside real `git` on the same repository. What is printed are medians, but for memory,
//! which is the highest seen. Nothing here passes or fails: see the README for the bounds that we hold ourselves to.

mod cases;
mod floor;
mod process;

use std::{env, time::Duration};

/// A case by name.
type Case = (&'static str, fn());

/// All cases, the quick ones first.
const CASES: [Case; 5] = [
    ("nothing", cases::nothing_changed),
    ("first", cases::first_import),
    ("few", cases::few_of_many),
    ("growth", cases::growth),
    ("memory", cases::memory),
];

fn main() {
    let wanted: Vec<String> = env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    println!("{:<44} {:>10} {:>10} {:>8}  bound", "case", "ours", "reference", "ratio");
    for (name, case) in CASES {
        if wanted.is_empty() || wanted.iter().any(|word| name.contains(word.as_str())) {
            case();
        }
    }
}

/// The middle one of some durations.
fn median(mut durations: Vec<Duration>) -> Duration {
    durations.sort_unstable();
    durations[durations.len() / 2]
}

/// Prints one comparison.
fn report(case: &str, ours: Duration, reference: Duration, bound: &str) {
    let ratio = ours.as_secs_f64() / reference.as_secs_f64();
    println!("{case:<44} {:>7.0} ms {:>7.0} ms {ratio:>8.2}  {bound}", millis(ours), millis(reference));
}

/// Prints one figure that has no reference.
fn report_plain(case: &str, value: &str, bound: &str) {
    println!("{case:<44} {value:>10} {:>10} {:>8}  {bound}", "", "");
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}
