//! What the service tells of itself: spans, log lines, metrics, and that rules and dashboards ask for what is there.

mod collector;
mod evaluate;
mod logs;
mod metrics;
mod runbook;
mod stage;
mod traces;
