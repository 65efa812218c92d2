//! Whether an installation kept up with a step, and which resource ends first: rules that can be read.
//!
//! It kept up if all of these hold: nothing was refused; 99 of 100 requests were answered within [`MAX_ANSWER_MS`] of when
//! they were due; 99 of 100 syncs were begun within [`MAX_WAIT_MS`]; 99 of 100 events were with the clients within
//! [`MAX_AGE_MS`]; at least [`MIN_DONE`] of the syncs ended while more were asked for; at most [`MAX_JOINED`] of the requests
//! found one that waits already.
//!
//! A resource is used up from [`USED_UP`] on. Of several the first in this order is named, because those behind it follow
//! from it: a machine without time left also keeps its workers busy.

use serde::Serialize;

use super::{machine, report::Step};

/// The longest that requests may take, in milliseconds.
pub const MAX_ANSWER_MS: f64 = 1_000.0;

/// The longest that syncs may wait, in milliseconds.
pub const MAX_WAIT_MS: f64 = 2_000.0;

/// The oldest that events may be, in milliseconds.
pub const MAX_AGE_MS: f64 = 1_000.0;

/// The part of the syncs that must end within the step.
pub const MIN_DONE: f64 = 0.9;

/// The part of the requests that may find a sync which waits already.
pub const MAX_JOINED: f64 = 0.05;

/// From which part on a resource is used up, in percent.
pub const USED_UP: f64 = 85.0;

/// What is said of a step.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Verdict {
    /// Whether it kept up.
    pub kept_up: bool,
    /// What did not hold.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub why_not: Vec<String>,
    /// The resource that ends first, and how much of it is used.
    pub bottleneck: String,
}

/// A resource, and how much of it is used, in percent.
type Resource = (String, f64);

/// Judges a step.
pub fn judge(step: &Step) -> Verdict {
    let why_not = why_not(step);
    let resources = resources(step);
    let busiest = resources.iter().max_by(|(_, one), (_, other)| one.total_cmp(other));
    let used_up = resources.iter().find(|(_, percent)| *percent >= USED_UP);
    let bottleneck = match (used_up, busiest) {
        (Some((name, percent)), _) => format!("{name}: {percent:.0} % used"),
        (None, Some((name, percent))) if why_not.is_empty() => {
            format!("none yet; nearest to its end: {name}, {percent:.0} % used")
        }
        (None, Some((name, percent))) => format!(
            "none of those measured is used up ({name} is nearest, {percent:.0} %): it waits for locks, the disk or others"
        ),
        (None, None) => "not known: the system does not tell".to_owned(),
    };
    Verdict { kept_up: why_not.is_empty(), why_not, bottleneck }
}

fn why_not(step: &Step) -> Vec<String> {
    let mut why = Vec::new();
    let mut too_long = |what: &str, p99: f64, limit: f64| {
        if p99 > limit {
            why.push(format!("{what} {p99:.0} ms (at most {limit:.0})"));
        }
    };
    too_long("requests took", step.answered.p99_ms, MAX_ANSWER_MS);
    too_long("syncs waited", step.waited.p99_ms, MAX_WAIT_MS);
    too_long("events were as old as", step.watched.age.p99_ms, MAX_AGE_MS);
    if step.refused > 0 {
        why.push(format!("{} requests were refused", step.refused));
    }
    if (step.ended_in_time as f64) < MIN_DONE * step.accepted as f64 {
        why.push(format!("{} of {} syncs ended in time", step.ended_in_time, step.accepted));
    }
    if step.joined as f64 > MAX_JOINED * step.due as f64 {
        why.push(format!("{} of {} requests found a sync that waits already", step.joined, step.due));
    }
    why
}

/// What can be used up, in the order in which it is named.
fn resources(step: &Step) -> Vec<Resource> {
    let mut resources = Vec::new();
    let used = &step.used;
    if let Some(percent) = used.machine_percent {
        let processors = machine::processors() as f64;
        let shares = used.shares().into_iter().map(|(name, share)| (name, share / processors));
        let others = used.others_percent.map(|percent| ("others".to_owned(), percent));
        let mut shares: Vec<Resource> = shares.chain(others).filter(|(_, share)| *share >= 1.0).collect();
        shares.sort_by(|(_, one), (_, other)| other.total_cmp(one));
        let shares: Vec<String> =
            shares.into_iter().map(|(name, share)| format!("{name} {share:.0} %")).collect();
        resources.push((format!("the machine's processors ({})", shares.join(", ")), percent));
    }
    if let Some(percent) = used.redis.as_ref().and_then(|redis| redis.processor_percent) {
        resources.push(("the one thread of Redis".to_owned(), percent));
    }
    if let Some(postgres) = &used.postgres {
        let share = postgres.connections as f64 / postgres.max_connections.max(1) as f64;
        resources.push(("connections of Postgres".to_owned(), share * 100.0));
    }
    if let Some(percent) = step.slots_percent {
        resources.push(("the workers' slots".to_owned(), percent));
    }
    resources
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::bench::{
        histogram::Spread,
        measuring::{PostgresUse, ProcessUse, Used},
    };

    fn step(machine: f64, slots: f64, wait: f64) -> Step {
        let process = |name: &str, processor_percent| ProcessUse {
            name: name.to_owned(),
            processor_percent,
            memory: 0,
            descriptors: 0,
        };
        let postgres = PostgresUse {
            processor_percent: Some(10.0),
            transactions_per_second: 0.0,
            connections: 30,
            max_connections: 100,
        };
        Step {
            due: 100,
            accepted: 100,
            ended_in_time: 100,
            waited: Spread { count: 100, p50_ms: 1.0, p99_ms: wait },
            slots_percent: Some(slots),
            used: Used {
                machine_percent: Some(machine),
                processes: vec![process("worker 1", 30.0), process("worker 2", 30.0), process("api", 50.0)],
                postgres: Some(postgres),
                ..Used::default()
            },
            ..Step::default()
        }
    }

    #[test]
    fn the_first_that_is_used_up_is_named() {
        let verdict = judge(&step(40.0, 20.0, 5.0));
        assert!(verdict.kept_up && verdict.bottleneck.starts_with("none yet"), "{verdict:?}");
        assert!(verdict.bottleneck.contains("(workers "), "{verdict:?}");
        let verdict = judge(&step(95.0, 100.0, 9_000.0));
        assert!(!verdict.kept_up && verdict.bottleneck.starts_with("the machine's"), "{verdict:?}");
        let verdict = judge(&step(50.0, 97.0, 9_000.0));
        assert!(verdict.bottleneck.starts_with("the workers' slots: 97"), "{verdict:?}");
        let verdict = judge(&step(50.0, 60.0, 9_000.0));
        assert!(verdict.bottleneck.contains("waits for locks"), "{verdict:?}");
        assert_eq!(verdict.why_not.len(), 1, "{verdict:?}");
    }

    #[test]
    fn each_rule_is_looked_at() {
        let good = || step(40.0, 20.0, 5.0);
        let broken: [fn(&mut Step); 5] = [
            |step| step.refused = 1,
            |step| step.joined = 6,
            |step| step.ended_in_time = 89,
            |step| step.answered.p99_ms = 1_001.0,
            |step| step.watched.age.p99_ms = 1_001.0,
        ];
        for (number, damage) in broken.into_iter().enumerate() {
            let mut step = good();
            damage(&mut step);
            assert_eq!(judge(&step).why_not.len(), 1, "{number}");
        }
    }
}
