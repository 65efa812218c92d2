//! What is measured at loads that both sides bear.

use std::time::Duration;

use crate::{
    Bench,
    client::Clients,
    load::{Load, Outcome, publish},
    report::{Budget, Measured, Unit, measured},
    server::Side,
};

/// The number of the first event that is published: the first of all is written when a sync is asked for.
pub const FIRST: i64 = 2;

/// How long the streams have after the last event, where nothing is at its limit.
const GRACE: Duration = Duration::from_secs(10);

/// Memory that grows for each connection, while nothing is published and after a few events.
pub async fn memory(bench: &Bench, side: Side) -> Result<Vec<Measured>, String> {
    const TOPICS: usize = 10;
    let connections = bench.descriptors.saturating_sub(SPARE).min(10_000) / TOPICS * TOPICS;
    let mut server = bench.start(side, TOPICS).await?;
    let mut clients = Clients::start()?;
    let before = server.process.memory();
    clients.connect(&server, connections / TOPICS, 0).await?;
    let idle = server.process.memory();
    let load = Load { rate: 10.0 * TOPICS as f64, lasts: Duration::from_secs(1), padding: 0, grace: GRACE };
    let outcome = publish(&mut server, &mut clients, FIRST, load).await?;
    let after = server.process.memory();
    let each = |memory: f64| (memory - before) / connections as f64 / 1_024.0;
    let count = thousands(connections);
    Ok(vec![
        measured(
            format!("memory a connection, {count} idle"),
            each(idle),
            Unit::KbEach,
            Budget::AtMost(11.0),
        ),
        measured(
            "memory a connection, after 10 events each",
            each(after),
            Unit::KbEach,
            Budget::AtMost(11.0),
        ),
        wrong("memory", &outcome, connections),
    ])
}

/// One topic that many follow.
pub async fn fan_out(bench: &Bench, side: Side) -> Result<Vec<Measured>, String> {
    let mut all = Vec::new();
    for subscribers in [1_000, 5_000] {
        let mut server = bench.start(side, 1).await?;
        let mut clients = Clients::start()?;
        clients.connect(&server, subscribers, 0).await?;
        let load = Load { rate: 10.0, lasts: seconds(bench, 5, 10), padding: 0, grace: GRACE };
        let outcome = publish(&mut server, &mut clients, FIRST, load).await?;
        let name = format!("1 topic × {} at 10/s", thousands(subscribers));
        all.extend(figures(&name, &outcome, subscribers));
    }
    Ok(all)
}

/// Many topics that a few follow.
pub async fn topics(bench: &Bench, side: Side) -> Result<Vec<Measured>, String> {
    const TOPICS: usize = 1_000;
    const EACH: usize = 10;
    let mut server = bench.start(side, TOPICS).await?;
    let mut clients = Clients::start()?;
    clients.connect(&server, EACH, 0).await?;
    let load = Load { rate: TOPICS as f64, lasts: seconds(bench, 5, 10), padding: 0, grace: GRACE };
    let outcome = publish(&mut server, &mut clients, FIRST, load).await?;
    Ok(figures("1,000 topics × 10 at 1/s", &outcome, EACH * TOPICS))
}

/// From publishing to the client, when nothing else happens.
pub async fn unloaded(bench: &Bench, side: Side) -> Result<Vec<Measured>, String> {
    let mut server = bench.start(side, 1).await?;
    let mut clients = Clients::start()?;
    clients.connect(&server, 1, 0).await?;
    let load = Load { rate: 20.0, lasts: Duration::from_secs(10), padding: 0, grace: GRACE };
    let outcome = publish(&mut server, &mut clients, FIRST, load).await?;
    Ok(vec![
        measured("unloaded, 1 subscriber, p50", millis(outcome.counted.p50), Unit::Millis, Budget::None),
        measured(
            "unloaded, 1 subscriber, p99",
            millis(outcome.counted.p99),
            Unit::Millis,
            Budget::AtMost(20.0),
        ),
        wrong("unloaded", &outcome, 1),
    ])
}

/// Some clients that hardly read, beside others.
pub async fn slow_readers(bench: &Bench, side: Side) -> Result<Vec<Measured>, String> {
    const SUBSCRIBERS: usize = 200;
    const SLOW: usize = 20;
    let load = Load { rate: 50.0, lasts: Duration::from_secs(10), padding: 1_800, grace: GRACE };
    let mut outcomes = Vec::new();
    for slow in [0, SLOW] {
        let mut server = bench.start(side, 1).await?;
        let mut clients = Clients::start()?;
        clients.connect(&server, SUBSCRIBERS, slow).await?;
        let before = server.process.memory();
        let outcome = publish(&mut server, &mut clients, FIRST, load).await?;
        let grown = (server.process.memory() - before).max(0.0) / 1_048_576.0;
        outcomes.push((outcome, grown));
    }
    let [(without, grown_without), (with, grown_with)] = &outcomes[..] else { return Ok(Vec::new()) };
    let [fast, slowed] = [without, with].map(|outcome| millis(outcome.counted.p99));
    let mut ratio = measured(
        "20 of 200 read 1 byte/s, 2 KB at 50/s, p99 of the others, by the former",
        slowed / fast,
        Unit::Times,
        Budget::AtMost(1.5),
    );
    ratio.note = Some(format!("{} of {SLOW} slow readers were dropped", with.counted.slow_closed));
    Ok(vec![
        measured("200 readers, 2 KB at 50/s, p50", millis(without.counted.p50), Unit::Millis, Budget::None),
        measured("200 readers, 2 KB at 50/s, p99", fast, Unit::Millis, Budget::None),
        measured(
            "20 of 200 read 1 byte/s, 2 KB at 50/s, p99 of the others",
            slowed,
            Unit::Millis,
            Budget::None,
        ),
        ratio,
        measured("200 readers, 2 KB at 50/s, memory grows", *grown_without, Unit::Megabytes, Budget::None),
        measured("20 of 200 read 1 byte/s, memory grows", *grown_with, Unit::Megabytes, Budget::None),
        wrong("slow readers: the others", with, SUBSCRIBERS - SLOW),
    ])
}

/// Descriptors that a server needs besides those of streams.
const SPARE: usize = 200;

/// As many connections as are allowed.
pub async fn many(bench: &Bench, side: Side) -> Result<Vec<Measured>, String> {
    const TOPICS: usize = 10;
    const WANTED: usize = 20_000;
    let connections = bench.descriptors.saturating_sub(SPARE).min(WANTED) / TOPICS * TOPICS;
    let mut server = bench.start(side, TOPICS).await?;
    let mut clients = Clients::start()?;
    let before = server.process.memory();
    clients.connect(&server, connections / TOPICS, 0).await?;
    let load = Load { rate: TOPICS as f64, lasts: Duration::from_secs(5), padding: 0, grace: GRACE };
    let outcome = publish(&mut server, &mut clients, FIRST, load).await?;
    let grown = (server.process.memory() - before) / connections as f64 / 1_024.0;
    let mut complete = measured(
        "many connections: those that got all events",
        outcome.counted.complete as f64,
        Unit::Count,
        Budget::AtLeast(connections as f64),
    );
    if connections < WANTED {
        let limit = thousands(bench.descriptors);
        complete.note = Some(format!(
            "{} connections, because a process may have {limit} descriptors",
            thousands(connections)
        ));
    }
    Ok(vec![
        complete,
        measured("many connections: memory of each", grown, Unit::KbEach, Budget::AtMost(11.0)),
        measured(
            "many connections, 10 topics at 1/s, p99",
            millis(outcome.counted.p99),
            Unit::Millis,
            Budget::None,
        ),
    ])
}

/// What is told of a fan-out.
fn figures(name: &str, outcome: &Outcome, streams: usize) -> Vec<Measured> {
    let mut all = vec![
        measured(format!("{name}, p50"), millis(outcome.counted.p50), Unit::Millis, Budget::None),
        measured(format!("{name}, p99"), millis(outcome.counted.p99), Unit::Millis, Budget::TimesAtMost(1.0)),
        measured(format!("{name}, CPU a delivery"), outcome.cost(), Unit::Micros, Budget::TimesAtMost(0.8)),
    ];
    let helper = outcome.helper_cost();
    all.extend(
        helper
            .map(|cost| measured(format!("{name}, CPU of Redis besides"), cost, Unit::Micros, Budget::None)),
    );
    all.push(wrong(name, outcome, streams));
    all
}

/// Events that were lost or came twice.
fn wrong(name: &str, outcome: &Outcome, streams: usize) -> Measured {
    let mut wrong = measured(
        format!("{name}, lost or doubled"),
        outcome.wrong(streams),
        Unit::Count,
        Budget::AtMost(0.0),
    );
    if outcome.counted.closed > 0 {
        wrong.note = Some(format!("{} streams were ended by the server", outcome.counted.closed));
    }
    wrong
}

fn seconds(bench: &Bench, short: u64, full: u64) -> Duration {
    Duration::from_secs(if bench.is_full { full } else { short })
}

/// Milliseconds from nanoseconds.
pub fn millis(nanoseconds: u64) -> f64 {
    nanoseconds as f64 / 1_000_000.0
}

/// A number as people write it.
fn thousands(number: usize) -> String {
    crate::report::thousands(number as f64)
}
