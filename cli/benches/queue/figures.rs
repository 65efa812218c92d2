//! Figures of several runs, and how they are printed.

use std::time::Duration;

/// How a figure is written.
#[derive(Clone, Copy)]
pub enum Unit {
    /// Jobs in a second.
    PerSecond,
    /// Milliseconds.
    Millis,
    /// Jobs.
    Jobs,
}

/// One figure of several runs.
pub struct Figure {
    median: f64,
    lowest: f64,
    highest: f64,
    unit: Unit,
}

impl Figure {
    /// The figure that `each` makes of every run. `None` without runs.
    pub fn of(runs: &[Vec<f64>], unit: Unit, each: impl Fn(&[f64]) -> f64) -> Option<Self> {
        let mut figures: Vec<f64> = runs.iter().map(|run| each(run)).collect();
        figures.sort_unstable_by(f64::total_cmp);
        let (lowest, highest) = (*figures.first()?, *figures.last()?);
        Some(Self { median: figures[figures.len() / 2], lowest, highest, unit })
    }

    fn write(&self) -> String {
        let write = |number: f64| match self.unit {
            Unit::PerSecond => thousands(number),
            Unit::Millis => format!("{number:.2}"),
            Unit::Jobs => format!("{number:.0}"),
        };
        let unit = match self.unit {
            Unit::PerSecond => "/s",
            Unit::Millis => " ms",
            Unit::Jobs => "",
        };
        format!("{}{unit} ({}–{})", write(self.median), write(self.lowest), write(self.highest))
    }
}

/// The value that `share` of a run's values do not exceed.
pub fn percentile(run: &[f64], share: f64) -> f64 {
    let mut sorted = run.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted[((sorted.len() as f64 * share).ceil() as usize).clamp(1, sorted.len()) - 1]
}

/// How many a second, from the milliseconds that `jobs` took.
pub fn rate(jobs: usize) -> impl Fn(&[f64]) -> f64 {
    move |run| jobs as f64 * 1_000.0 / run[0]
}

pub fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}

pub fn print_head() {
    println!("{:<46} {:>28} {:>28} {:>6}  bound", "case", "ours", "reference", "ratio");
}

/// Prints one comparison; the ratio is of ours to the reference.
pub fn report(case: &str, ours: Option<Figure>, reference: Option<Figure>, bound: &str) {
    let ratio = match (&ours, &reference) {
        (Some(ours), Some(reference)) => format!("{:.2}", ours.median / reference.median),
        _ => String::new(),
    };
    let [ours, reference] = [ours, reference].map(|figure| figure.map_or(String::new(), |it| it.write()));
    println!("{case:<46} {ours:>28} {reference:>28} {ratio:>6}  {bound}");
}

/// Prints the middle and the worst of many durations in milliseconds.
pub fn report_latency(case: &str, ours: &[Vec<f64>], reference: &[Vec<f64>], bounds: [&str; 2]) {
    for (name, share, bound) in [("p50", 0.5, bounds[0]), ("p99", 0.99, bounds[1])] {
        let figure = |runs| Figure::of(runs, Unit::Millis, |run| percentile(run, share));
        report(&format!("{case}, {name}"), figure(ours), figure(reference), bound);
    }
}

fn thousands(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut written = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            written.push(',');
        }
        written.push(digit);
    }
    written
}
