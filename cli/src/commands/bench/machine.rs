//! What the system tells about itself and about processes. Only Linux tells: elsewhere all of it is left out.

use std::{fs, thread};

/// Ticks of a processor's clock in a second, as Linux tells times to programs (`USER_HZ`).
const TICKS: f64 = 100.0;

/// The most processes of a family that are looked at.
const MAX_FAMILY: usize = 4_096;

/// A process at a moment.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct ProcessState {
    /// Processor time until now, in user and system mode, in seconds.
    pub processor_seconds: f64,
    /// Memory that is resident, in bytes.
    pub memory: u64,
    /// Descriptors that are open: files and connections.
    pub descriptors: u64,
}

/// Processors that programs may use.
pub fn processors() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

/// Memory of the machine, in bytes.
pub fn memory() -> Option<u64> {
    kib(&fs::read_to_string("/proc/meminfo").ok()?, "MemTotal:")
}

/// Processor time of everything on the machine until now, in seconds, and what there was of it.
pub fn processor_seconds() -> Option<(f64, f64)> {
    let stat = fs::read_to_string("/proc/stat").ok()?;
    let fields: Vec<f64> =
        stat.lines().next()?.split_whitespace().skip(1).filter_map(|field| field.parse().ok()).collect();
    // user, nice, system, idle, iowait, irq, softirq, steal; guests are in the first two already.
    let whole: f64 = fields.iter().take(8).sum();
    let idle: f64 = fields.iter().skip(3).take(2).sum();
    Some(((whole - idle) / TICKS, whole / TICKS))
}

/// How a process stands.
pub fn process(id: u32) -> Option<ProcessState> {
    let fields = after_name(id)?;
    let status = fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    Some(ProcessState {
        processor_seconds: ticks(&fields, 11..13),
        memory: kib(&status, "VmRSS:").unwrap_or(0),
        descriptors: fs::read_dir(format!("/proc/{id}/fd")).map_or(0, |entries| entries.count() as u64),
    })
}

/// Processor time of a process and all that it started until now, those that have ended included, in seconds.
pub fn family_seconds(id: u32) -> Option<f64> {
    let own = after_name(id)?;
    let children = fs::read_dir("/proc")
        .ok()?
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok())
        .filter_map(after_name)
        .filter(|fields| fields.get(1).and_then(|parent| parent.parse().ok()) == Some(id))
        .take(MAX_FAMILY);
    Some(ticks(&own, 11..15) + children.map(|fields| ticks(&fields, 11..15)).sum::<f64>())
}

/// What started a process.
pub fn parent(id: u32) -> Option<u32> {
    after_name(id)?.get(1)?.parse().ok()
}

/// Whether that is a process of this machine with a name that begins like this. Servers tell their processes' numbers, which
/// elsewhere are those of others.
pub fn is_called(id: u32, name: &str) -> bool {
    fs::read_to_string(format!("/proc/{id}/comm")).is_ok_and(|comm| comm.starts_with(name))
}

/// The fields of `/proc/ID/stat` from the third one on: the second is a name, which may hold anything.
fn after_name(id: u32) -> Option<Vec<String>> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    let (_, rest) = stat.rsplit_once(") ")?;
    Some(rest.split_whitespace().map(str::to_owned).collect())
}

fn ticks(fields: &[String], range: std::ops::Range<usize>) -> f64 {
    let ticks = fields.get(range).unwrap_or_default().iter().filter_map(|text| text.parse::<f64>().ok());
    ticks.sum::<f64>() / TICKS
}

fn kib(text: &str, key: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(key))?;
    Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? << 10)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn linux_tells() {
        let own = process(std::process::id()).unwrap();
        assert!(own.memory > 1 << 20 && own.descriptors >= 3, "{own:?}");
        let (busy, whole) = processor_seconds().unwrap();
        assert!(busy > 0.0 && busy <= whole, "{busy} of {whole}");
        assert!(memory().unwrap() > own.memory);
        let above = parent(std::process::id()).unwrap();
        assert!(family_seconds(above).unwrap() >= own.processor_seconds);
    }
}
