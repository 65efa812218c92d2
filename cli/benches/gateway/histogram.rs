//! Counting many durations in little memory.

/// Buckets of each power of two: a value is told within 1/32.
const PARTS: u64 = 32;

/// How often values were seen, by size.
pub struct Histogram {
    buckets: Vec<u64>,
    count: u64,
    highest: u64,
}

impl Histogram {
    /// No values.
    pub fn new() -> Self {
        Self { buckets: vec![0; bucket(u64::MAX) + 1], count: 0, highest: 0 }
    }

    /// Counts a value.
    pub fn record(&mut self, value: u64) {
        self.buckets[bucket(value)] += 1;
        self.count += 1;
        self.highest = self.highest.max(value);
    }

    /// The value that `share` of the values do not exceed; 0 without values.
    pub fn percentile(&self, share: f64) -> u64 {
        let wanted = (self.count as f64 * share).ceil() as u64;
        let mut seen = 0;
        for (number, count) in self.buckets.iter().enumerate() {
            seen += count;
            if seen >= wanted.max(1) {
                return upper_bound(number).min(self.highest);
            }
        }
        0
    }
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
    ((u128::from(bucket % PARTS + PARTS + 1) << shift) - 1) as u64
}
