//! Figures of several runs, and the table that they are printed in.

use crate::server::Side;

/// How a figure is written.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Unit {
    /// Thousands of bytes a connection.
    KbEach,
    /// Millions of bytes.
    Megabytes,
    Millis,
    /// Microseconds.
    Micros,
    PerSecond,
    Times,
    Count,
}

/// What we hold ourselves to.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Budget {
    AtMost(f64),
    AtLeast(f64),
    /// Of the reference's figure.
    TimesAtMost(f64),
    TimesAtLeast(f64),
    /// Only told.
    None,
}

/// A figure of one run.
pub struct Measured {
    pub figure: String,
    pub value: f64,
    pub unit: Unit,
    pub budget: Budget,
    /// What should be said besides.
    pub note: Option<String>,
}

/// A figure without a note.
pub fn measured(figure: impl Into<String>, value: f64, unit: Unit, budget: Budget) -> Measured {
    Measured { figure: figure.into(), value, unit, budget, note: None }
}

/// All figures.
pub struct Table {
    rows: Vec<Row>,
    notes: Vec<String>,
}

struct Row {
    figure: String,
    unit: Unit,
    budget: Budget,
    is_printed: bool,
    /// The values of each side's runs.
    sides: Vec<(Side, Vec<f64>)>,
}

impl Table {
    /// Prints the head.
    pub fn new() -> Self {
        print_line(
            ["", "ours", "nchan, 1 worker", "nchan, all cores", "ratio", "budget", "met"].map(str::to_owned),
        );
        println!("|{}|{}", "-".repeat(FIRST_WIDTH + 2), "---|".repeat(6));
        Self { rows: Vec::new(), notes: Vec::new() }
    }

    /// Takes the figures of a run.
    pub fn take(&mut self, side: Side, all: Vec<Measured>) {
        for Measured { figure, value, unit, budget, note } in all {
            if let Some(note) = note {
                self.note(format!("{figure}, {side}: {note}"));
            }
            let place = self.rows.iter().position(|row| row.figure == figure).unwrap_or_else(|| {
                self.rows.push(Row { figure, unit, budget, is_printed: false, sides: Vec::new() });
                self.rows.len() - 1
            });
            let sides = &mut self.rows[place].sides;
            match sides.iter_mut().find(|(its_side, _)| *its_side == side) {
                Some((_, values)) => values.push(value),
                None => sides.push((side, vec![value])),
            }
        }
    }

    /// Says something below the table.
    pub fn note(&mut self, text: String) {
        self.notes.push(text);
    }

    /// Prints the figures that were taken since the last time.
    pub fn print_new(&mut self) {
        for row in self.rows.iter_mut().filter(|row| !row.is_printed) {
            row.print();
            row.is_printed = true;
        }
    }

    /// Prints the notes.
    pub fn print_notes(&self) {
        println!();
        for note in &self.notes {
            println!("- {note}");
        }
    }
}

/// How wide the names of figures are.
const FIRST_WIDTH: usize = 58;

impl Row {
    fn print(&self) {
        let ours = self.median(|side| side == Side::Ours);
        let of_one = self.median(|side| side == Side::Nchan(1));
        let of_all = self.median(|side| matches!(side, Side::Nchan(workers) if workers > 1));
        let is_high_better = matches!(self.budget, Budget::TimesAtLeast(_) | Budget::AtLeast(_));
        let better = if is_high_better { f64::max } else { f64::min };
        let reference = of_one.into_iter().chain(of_all).reduce(better);
        let ratio =
            ours.zip(reference).filter(|(_, reference)| *reference != 0.0).map(|(ours, it)| ours / it);
        let is_met = match self.budget {
            Budget::AtMost(limit) => ours.map(|ours| ours <= limit),
            Budget::AtLeast(limit) => ours.map(|ours| ours >= limit),
            Budget::TimesAtMost(limit) => ratio.map(|ratio| ratio <= limit),
            Budget::TimesAtLeast(limit) => ratio.map(|ratio| ratio >= limit),
            Budget::None => None,
        };
        let budget = match self.budget {
            Budget::AtMost(limit) => format!("≤ {}", self.unit.write(limit)),
            Budget::AtLeast(limit) => format!("≥ {}", self.unit.write(limit)),
            Budget::TimesAtMost(limit) => format!("≤ {limit} × nchan"),
            Budget::TimesAtLeast(limit) => format!("≥ {limit} × nchan"),
            Budget::None => String::new(),
        };
        print_line([
            self.figure.clone(),
            self.write(|side| side == Side::Ours),
            self.write(|side| side == Side::Nchan(1)),
            self.write(|side| matches!(side, Side::Nchan(workers) if workers > 1)),
            ratio.map_or(String::new(), |ratio| format!("{ratio:.2}")),
            budget,
            is_met.map_or("", |is_met| if is_met { "yes" } else { "NO" }).to_owned(),
        ]);
    }

    fn values(&self, is_it: impl Fn(Side) -> bool) -> Vec<f64> {
        let found = self.sides.iter().find(|(side, _)| is_it(*side));
        let mut values = found.map(|(_, values)| values.clone()).unwrap_or_default();
        values.sort_unstable_by(f64::total_cmp);
        values
    }

    fn median(&self, is_it: impl Fn(Side) -> bool) -> Option<f64> {
        let values = self.values(is_it);
        values.get(values.len() / 2).copied()
    }

    /// The median, with the lowest and the highest if there were several runs.
    fn write(&self, is_it: impl Fn(Side) -> bool) -> String {
        let values = self.values(is_it);
        match &values[..] {
            [] => String::new(),
            [only] => self.unit.write(*only),
            [lowest, .., highest] => {
                let write = |value| self.unit.write_bare(value);
                let median = self.unit.write(values[values.len() / 2]);
                format!("{median} ({}–{})", write(*lowest), write(*highest))
            }
        }
    }
}

impl Unit {
    fn write(self, value: f64) -> String {
        let unit = match self {
            Self::KbEach => " KB",
            Self::Megabytes => " MB",
            Self::Millis => " ms",
            Self::Micros => " µs",
            Self::PerSecond => "/s",
            Self::Times => " ×",
            Self::Count => "",
        };
        self.write_bare(value) + unit
    }

    fn write_bare(self, value: f64) -> String {
        match self {
            Self::PerSecond | Self::Count => thousands(value),
            Self::KbEach | Self::Megabytes | Self::Millis | Self::Micros if value >= 10.0 => {
                format!("{value:.1}")
            }
            _ => format!("{value:.2}"),
        }
    }
}

fn print_line([first, rest @ ..]: [String; 7]) {
    println!("| {first:<FIRST_WIDTH$} | {} |", rest.join(" | "));
}

/// A number with commas.
pub fn thousands(number: f64) -> String {
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
