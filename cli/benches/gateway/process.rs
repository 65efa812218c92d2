//! What the system tells about processes.

use std::{fs, time::Duration};

/// How long a tick of a processor's clock is, as Linux tells times to programs (`USER_HZ`).
const TICK: Duration = Duration::from_millis(10);

/// A process and those that it started, itself first.
pub fn family(id: u32) -> Vec<u32> {
    let mut members = vec![id];
    let all: Vec<(u32, u32)> = fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter_map(|id: u32| Some((id, after_name(id)?.get(1)?.parse().ok()?)))
        .collect();
    let mut next = 0;
    while let Some(&parent) = members.get(next) {
        members.extend(all.iter().filter(|(_, its_parent)| *its_parent == parent).map(|(id, _)| *id));
        next += 1;
    }
    members
}

/// Memory that is resident, in bytes; 0 where the system does not tell.
pub fn memory(id: u32) -> f64 {
    let status = fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
    let kib =
        status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB")?.parse().ok());
    kib.unwrap_or(0.0_f64) * 1_024.0
}

/// Processor time until now, in user and system mode; 0 where the system does not tell.
pub fn processor_time(id: u32) -> Duration {
    let fields = after_name(id).unwrap_or_default();
    let ticks: u32 = fields.iter().skip(11).take(2).filter_map(|text| text.parse::<u32>().ok()).sum();
    TICK * ticks
}

/// The fields of `/proc/ID/stat` from the third one on: the second is a name, which may hold anything.
fn after_name(id: u32) -> Option<Vec<String>> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    let (_, rest) = stat.rsplit_once(") ")?;
    Some(rest.split(' ').map(str::to_owned).collect())
}
