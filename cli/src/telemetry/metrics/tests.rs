//! docs/METRICS.md names every metric as the program describes it.

use std::{collections::BTreeMap, fmt::Write, fs, path::PathBuf};

use metrics::{counter, gauge, histogram};
use worker::relay::telemetry as relay;

use super::*;

/// Between these lines of the document stands what the program says.
const BEGIN: &str = "<!-- metrics: begin -->\n";
const END: &str = "<!-- metrics: end -->\n";

/// One metric as it is shown.
#[derive(Default)]
struct Shown {
    kind: String,
    help: String,
    /// Names and values of its labels, as they were seen.
    labels: BTreeMap<String, Vec<String>>,
}

/// What a process of all roles shows that has seen one of everything.
fn shown() -> BTreeMap<String, Shown> {
    let recorder = builder().unwrap().build_recorder();
    let handle = recorder.handle();
    metrics::with_local_recorder(&recorder, || {
        describe();
        begin(Role::Serve);
        for state in ["idle", "used"] {
            gauge!(CONNECTIONS, "state" => state).set(0.0);
        }
        gauge!(CONNECTIONS_MAX).set(0.0);
        for state in ["ready", "delayed", "running", "dead"] {
            gauge!(bus::telemetry::QUEUE_DEPTH, "state" => state).set(0.0);
            gauge!(bus::telemetry::QUEUE_OLDEST_SECONDS, "state" => state).set(0.0);
        }
        for place in ["ready", "delayed", "lent"] {
            gauge!(bus::telemetry::QUEUE_MESSAGES, "place" => place).set(0.0);
        }
        for why in ["lease", "long"] {
            gauge!(bus::telemetry::STUCK, "why" => why).set(0.0);
        }
        gauge!(bus::telemetry::WORKERS).set(0.0);
        let labels = [("method", "GET"), ("route", "…"), ("status", "200")];
        counter!(api::HTTP_REQUESTS, &labels).increment(1);
        histogram!(api::HTTP_DURATION, &labels).record(0.0);
        github();
        for name in [relay::PENDING, relay::OLDEST_SECONDS, relay::CONNECTED] {
            gauge!(name).set(0.0);
        }
        for name in [webhooks::PENDING, webhooks::OLDEST_SECONDS] {
            gauge!(name).set(0.0);
        }
    });
    let text = handle.render();
    let mut shown: BTreeMap<String, Shown> = BTreeMap::new();
    for line in text.lines() {
        if let Some((name, help)) = line.strip_prefix("# HELP ").and_then(|rest| rest.split_once(' ')) {
            shown.entry(name.to_owned()).or_default().help = help.to_owned();
        } else if let Some((name, kind)) = line.strip_prefix("# TYPE ").and_then(|rest| rest.split_once(' '))
        {
            shown.entry(name.to_owned()).or_default().kind = kind.to_owned();
        } else if let Some((name, labels)) = line.split_once('{') {
            let name = ["_bucket", "_sum", "_count"].iter().fold(name, |name, end| {
                name.strip_suffix(end).filter(|base| shown.contains_key(*base)).unwrap_or(name)
            });
            let metric = shown.get_mut(name).unwrap_or_else(|| panic!("{line} comes before its type"));
            let labels = labels.split_once('}').expect("labels end").0;
            for (label, value) in labels.split(',').filter_map(|pair| pair.split_once('=')) {
                let value = value.trim_matches('"').to_owned();
                let values = metric.labels.entry(label.to_owned()).or_default();
                if !values.contains(&value) {
                    values.push(value);
                    values.sort_unstable();
                }
            }
        }
    }
    shown
}

/// What shows once GitHub's API was asked.
fn github() {
    for resource in source::budget::Resource::ALL.map(source::budget::Resource::as_str) {
        for name in [source::GITHUB_LIMIT, source::GITHUB_REMAINING, source::GITHUB_RESET] {
            gauge!(name, "resource" => resource).set(0.0);
        }
    }
    for status in ["2xx", "3xx", "4xx", "5xx"] {
        counter!(source::GITHUB_REQUESTS, "status" => status).increment(0);
    }
    for status in ["2xx", "3xx", "4xx", "5xx", "none"] {
        histogram!(source::GITHUB_REQUEST_SECONDS, "status" => status).record(0.0);
    }
    for result in ["minted", "refused", "failed"] {
        counter!(source::GITHUB_TOKENS, "result" => result).increment(0);
    }
}

#[test]
fn all_metrics_are_described_and_of_bounded_labels() {
    for (name, metric) in shown() {
        assert!(metric.help.ends_with('.'), "{name}: {:?}", metric.help);
        assert!(name.starts_with("project_sync_"), "{name}");
        assert_eq!(metric.kind == "counter", name.ends_with("_total"), "{name} is a {}", metric.kind);
        let buckets = metric.labels.get("le").map(Vec::len);
        assert_eq!(buckets.is_some(), metric.kind == "histogram", "{name} is a {}", metric.kind);
        assert!(buckets.is_none_or(|count| count <= 20), "{name}: {buckets:?}");
        for label in metric.labels.keys() {
            let is_known = [
                "code", "host", "how", "kind", "le", "method", "outcome", "phase", "place", "reason",
                "resource", "result", "role", "route", "source", "state", "status", "trigger", "version",
                "why",
            ]
            .contains(&label.as_str());
            assert!(is_known, "{name} has the label {label}, whose values may be without end");
        }
    }
}

/// With UPDATE_METRICS=1 the document is written.
#[test]
fn the_document_names_every_metric() {
    let mut table = String::from("| Metric | Type | Labels | What it tells |\n| --- | --- | --- | --- |\n");
    for (name, metric) in shown() {
        let labels: Vec<String> = metric
            .labels
            .iter()
            .filter(|(label, _)| *label != "le")
            .map(|(label, values)| match label.as_str() {
                "method" | "route" | "status" | "version" => format!("`{label}`"),
                _ => format!("`{label}`: {}", values.join(", ")),
            })
            .collect();
        let Shown { kind, help, .. } = metric;
        writeln!(table, "| `{name}` | {kind} | {} | {help} |", labels.join("; ")).unwrap();
    }
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/METRICS.md");
    let document = fs::read_to_string(&path).unwrap();
    let (before, rest) = document.split_once(BEGIN).unwrap();
    let (_, after) = rest.split_once(END).unwrap();
    let wanted = format!("{before}{BEGIN}\n{table}\n{END}{after}");
    if std::env::var_os("UPDATE_METRICS").is_some() {
        fs::write(&path, &wanted).unwrap();
    }
    let document = fs::read_to_string(&path).unwrap();
    assert!(document == wanted, "docs/METRICS.md is not what the program shows: UPDATE_METRICS=1 writes it");
}
