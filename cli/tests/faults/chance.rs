//! What tests under faults share: they run alone, as often as is wanted, with chances that can be repeated.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rand::{Rng, SeedableRng, rngs::StdRng};
use tokio::sync::{Mutex, MutexGuard};

/// Held by each test: leases of a second need the machine's processors. Where each test is a process of its own, the
/// runner's settings see to it.
pub(crate) async fn alone() -> MutexGuard<'static, ()> {
    static ONE: Mutex<()> = Mutex::const_new(());
    ONE.lock().await
}

/// How often a random test does what it does, unless `FAULT_ROUNDS` says otherwise: then as much more or less.
pub(crate) fn rounds(usual: usize) -> usize {
    /// What `FAULT_ROUNDS` is measured by: the rounds of the longest test.
    const STANDARD: usize = 50;
    match number("FAULT_ROUNDS") {
        Some(wanted) => (usual * wanted as usize).div_ceil(STANDARD),
        None => usual,
    }
}

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable} is no number: {text}")))
}

/// Chance that can be repeated.
pub(crate) struct Chance(StdRng);

impl Chance {
    /// Of `FAULT_SEED`, or else of the time; it is printed.
    pub(crate) fn new() -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let seed = number("FAULT_SEED").unwrap_or(now.as_secs());
        println!("FAULT_SEED={seed}");
        Self(StdRng::seed_from_u64(seed))
    }

    /// A moment from 0 to `longest`.
    pub(crate) fn moment(&mut self, longest: Duration) -> Duration {
        longest.mul_f64(self.0.random_range(0.0..1.0))
    }

    /// A number below `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0.random_range(0..end)
    }
}
