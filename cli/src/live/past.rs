//! Where a sync stands, as the events that a view would have shown to get there.

use bus::{Event, InterruptionSnapshot, PhaseStatus, SyncSnapshot, WarningSnapshot};

use crate::render::text::{clean, count};

/// The events: what a view needs of them, and no more.
pub fn events(snapshot: &SyncSnapshot) -> Vec<Event> {
    let mut events = vec![Event::Queued {
        project_id: snapshot.project_id,
        ordinal: snapshot.ordinal,
        branch: snapshot.branch.clone(),
        kind: snapshot.kind,
        trigger: snapshot.trigger,
        forced: snapshot.forced,
        restore_of: snapshot.restore_of,
        phases: snapshot.phases.iter().map(|phase| phase.phase.clone()).collect(),
    }];
    for phase in &snapshot.phases {
        let name = || phase.phase.clone();
        match phase.status {
            PhaseStatus::Done => {
                let duration_ms = phase.duration_ms.unwrap_or_default();
                events.push(Event::PhaseCompleted { phase: name(), duration_ms });
            }
            PhaseStatus::Running => {
                events.push(Event::PhaseStarted { phase: name(), attempt: phase.attempt });
                if let (Some(done), Some(unit)) = (phase.done, phase.unit) {
                    let (bytes, requests) = (snapshot.bytes, snapshot.requests);
                    let (phase, total) = (name(), phase.total);
                    events.push(Event::PhaseProgress { phase, done, total, unit, bytes, requests });
                }
            }
            PhaseStatus::ToCome | PhaseStatus::Failed => {}
        }
    }
    events.extend(snapshot.recent_warnings.iter().cloned().map(|warning| {
        let WarningSnapshot { phase, code, message } = warning;
        Event::Warning { phase, code, message }
    }));
    events.extend(snapshot.interruption.clone().map(|interruption| {
        let InterruptionSnapshot { reason, retry_at, error } = interruption;
        Event::Interrupted { reason, retry_at, error }
    }));
    events
}

/// What the events do not tell: which sync it is, and how much came before.
pub fn heading(snapshot: &SyncSnapshot) -> String {
    let warnings = match snapshot.warnings {
        0 => String::new(),
        warnings => {
            let warnings = i64::try_from(warnings).unwrap_or(i64::MAX);
            format!(", {} so far", count(warnings, "warning", "warnings"))
        }
    };
    let SyncSnapshot { kind, trigger, status, .. } = snapshot;
    format!("{kind} of {} ({trigger}): {status}{warnings}", clean(&snapshot.branch))
}

#[cfg(test)]
mod tests {
    use bus::ProgressEvent;
    use serde_json::json;

    use super::*;

    fn fresh() -> SyncSnapshot {
        let phases = bus::phases(entities::SyncKind::Sync).iter();
        let phases: Vec<_> =
            phases.map(|phase| json!({ "phase": phase, "status": "toCome", "attempt": 0 })).collect();
        serde_json::from_value(json!({
            "syncId": "0190d3f0-0000-7000-8000-000000000001",
            "projectId": "0190d3f0-0000-7000-8000-000000000002",
            "branch": "main", "ordinal": 3, "seq": 0, "kind": "sync", "trigger": "api", "forced": false,
            "status": "pending", "cancelRequested": false, "attempts": 0, "createdAt": "2026-01-02T03:04:05Z",
            "phases": phases, "bytes": 0, "requests": 0, "warnings": 0, "recentWarnings": [],
        }))
        .unwrap()
    }

    /// Goes on from `snapshot` with events, numbered.
    fn after(mut snapshot: SyncSnapshot, events: Vec<Event>) -> SyncSnapshot {
        for event in events {
            let (sync_id, seq, at) = (snapshot.sync_id, snapshot.seq + 1, snapshot.created_at);
            snapshot.apply(&ProgressEvent { sync_id, seq, at, event });
        }
        snapshot
    }

    #[test]
    fn who_joins_sees_what_the_others_see() {
        let started = |phase: &str, attempt| Event::PhaseStarted { phase: phase.into(), attempt };
        let done = |phase: &str| Event::PhaseCompleted { phase: phase.into(), duration_ms: 12 };
        let warning =
            |n: u32| Event::Warning { phase: "scan".into(), code: "odd".into(), message: n.to_string() };
        let progress = Event::PhaseProgress {
            phase: "import".into(),
            done: 3,
            total: Some(9),
            unit: bus::Unit::Blobs,
            bytes: 77,
            requests: 2,
        };
        let mut story = vec![started("prepare", 1), done("prepare"), started("scan", 1)];
        story.extend((0..15).map(warning));
        story.extend([done("scan"), started("import", 2), progress]);
        let shown = |snapshot: &SyncSnapshot| {
            let phases = snapshot.phases.iter().map(|phase| (phase.status, phase.done, phase.total));
            (phases.collect::<Vec<_>>(), snapshot.recent_warnings.clone(), snapshot.phase.clone())
        };
        for length in 0..=story.len() {
            let seen = after(fresh(), story[..length].to_vec());
            // What is done was begun, too, but no view needs to be told.
            assert_eq!(shown(&after(fresh(), events(&seen))), shown(&seen), "after {length} events");
        }
        let seen = after(fresh(), story.clone());
        assert_eq!(heading(&seen), "sync of main (api): running, 15 warnings so far");
        let reason = bus::Interruption::WorkerLost;
        story.push(Event::Interrupted { reason, retry_at: None, error: None });
        let seen = after(fresh(), story);
        assert_eq!(events(&seen).last(), Some(&Event::Interrupted { reason, retry_at: None, error: None }));
        assert_eq!(heading(&seen), "sync of main (api): pending, 15 warnings so far");
    }
}
