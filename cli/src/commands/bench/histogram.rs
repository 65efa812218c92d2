//! Counting many durations in little memory, from many tasks at once.

use std::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};

use serde::Serialize;

/// Buckets of each power of two: a duration is told within 1/32.
const PARTS: u64 = 32;

/// How often durations were seen, by size, in microseconds. It takes 15 KB whatever is counted.
pub struct Histogram {
    buckets: Vec<AtomicU64>,
}

/// What is told of durations, in milliseconds.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Spread {
    /// How many were counted.
    pub count: u64,
    /// Half of them took no longer.
    pub p50_ms: f64,
    /// 99 of 100 took no longer.
    pub p99_ms: f64,
}

impl Histogram {
    /// Nothing was seen.
    pub fn new() -> Self {
        Self { buckets: (0..=bucket(u64::MAX)).map(|_| AtomicU64::new(0)).collect() }
    }

    /// Counts a duration.
    pub fn record(&self, duration: Duration) {
        let micros = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        self.buckets[bucket(micros)].fetch_add(1, Relaxed);
    }

    /// What was counted since the last time, which is forgotten then.
    pub fn take(&self) -> Spread {
        let counts: Vec<u64> = self.buckets.iter().map(|bucket| bucket.swap(0, Relaxed)).collect();
        let count = counts.iter().sum();
        Spread { count, p50_ms: percentile(&counts, count, 0.5), p99_ms: percentile(&counts, count, 0.99) }
    }
}

/// The duration that `share` of those counted do not exceed, in milliseconds; 0 without any.
fn percentile(counts: &[u64], count: u64, share: f64) -> f64 {
    let wanted = ((count as f64 * share).ceil() as u64).max(1);
    let mut seen = 0;
    for (number, count) in counts.iter().enumerate() {
        seen += count;
        if seen >= wanted {
            return upper_bound(number) as f64 / 1_000.0;
        }
    }
    0.0
}

fn bucket(value: u64) -> usize {
    if value < PARTS {
        return value as usize;
    }
    let shift = value.ilog2() - PARTS.ilog2();
    (u64::from(shift) * PARTS + (value >> shift)) as usize
}

/// The highest value of a bucket.
fn upper_bound(bucket: usize) -> u64 {
    let bucket = bucket as u64;
    if bucket < 2 * PARTS {
        return bucket;
    }
    let shift = bucket / PARTS - 1;
    u64::try_from((u128::from(bucket % PARTS + PARTS + 1) << shift) - 1).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_within_a_thirty_second() {
        let histogram = Histogram::new();
        (1..=1_000).for_each(|ms| histogram.record(Duration::from_millis(ms)));
        let spread = histogram.take();
        assert_eq!(spread.count, 1_000);
        for (told, right) in [(spread.p50_ms, 500.0), (spread.p99_ms, 990.0)] {
            assert!(told >= right && told <= right * (1.0 + 1.0 / 32.0), "{told} is not {right}");
        }
        assert_eq!(histogram.take(), Spread::default());
    }

    #[test]
    fn every_duration_has_its_bucket() {
        for value in [0, 1, 31, 32, 63, 64, 65, 1_000, u64::MAX / 2, u64::MAX] {
            let number = bucket(value);
            assert!(upper_bound(number) >= value, "{value}");
            assert!(number == 0 || upper_bound(number - 1) < value, "{value}");
        }
    }
}
