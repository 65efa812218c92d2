//! What is told in the end: for people, for programs, and as a table for a document.

use std::collections::BTreeMap;

use chrono::Utc;
use serde::Serialize;

use super::{
    asking::{Asked, Ended},
    histogram::{Histogram, Spread},
    machine,
    measuring::Used,
    verdict::Verdict,
    watching::Watched,
};
use crate::{
    error::CliError,
    out::Out,
    render::{
        table::{row, table},
        text,
    },
};

/// The report.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The version of this program.
    pub version: &'static str,
    /// Processors of the machine.
    pub processors: usize,
    /// Memory of the machine, in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory: Option<u64>,
    /// What the load went to.
    pub form: String,
    /// Projects.
    pub projects: usize,
    /// Clients that watched.
    pub clients: u32,
    /// Syncs that could run at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slots: Option<u32>,
    /// Files of each repository, if they are ours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub files: Option<u32>,
    /// Files that each commit changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changes: Option<u32>,
    /// How long the first sync of all projects took, together, in seconds; where they were made for this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_syncs_seconds: Option<f64>,
    /// The steps.
    pub steps: Vec<Step>,
}

/// One step: a rate, kept up for a while.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// Syncs that were to be asked for, a minute.
    pub rate: f64,
    /// How long, in seconds.
    pub seconds: f64,
    /// Requests that were due.
    pub due: u64,
    /// Those that made a sync.
    pub accepted: u64,
    /// Those that found one that waits already: one that was asked for twice is done once.
    pub joined: u64,
    /// Those that were refused or not answered.
    pub refused: u64,
    /// By the word for it.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub refusals: BTreeMap<String, u64>,
    /// From when a request was due to its answer.
    pub answered: Spread,
    /// From when a sync was asked for until it was begun.
    pub waited: Spread,
    /// From there to its end.
    pub ran: Spread,
    /// Syncs that were made a second.
    pub accepted_per_second: f64,
    /// Syncs that ended a second, of the step's own, in its time.
    pub ended_per_second: f64,
    /// How many that is.
    pub ended_in_time: u64,
    /// Syncs that completed, some of them later.
    pub completed: u64,
    /// Syncs that failed, by the word for it.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub failed: BTreeMap<String, u64>,
    /// Syncs that had not ended when we would not wait any longer.
    pub unfinished: u64,
    /// How busy the workers' slots were, in percent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slots_percent: Option<f64>,
    /// What came to the clients.
    pub watched: Watched,
    /// What it took.
    pub used: Used,
    /// What to make of it.
    pub verdict: Verdict,
}

impl Step {
    /// Counts what was asked for and what came of it.
    pub fn of(rate: f64, asked: &Asked, ended: &[(Ended, usize)], slots: Option<u32>) -> Self {
        let seconds = asked.took.as_secs_f64().max(0.001);
        let until = asked.began_at + asked.took;
        let (waited, ran) = (Histogram::new(), Histogram::new());
        let (mut ended_in_time, mut completed, mut busy) = (0_u64, 0, 0.0);
        let mut failed = BTreeMap::new();
        for (sync, _) in ended {
            let begun = sync.started_at.unwrap_or(sync.created_at);
            let over = sync.finished_at.unwrap_or(begun);
            waited.record((begun - sync.created_at).to_std().unwrap_or_default());
            ran.record((over - begun).to_std().unwrap_or_default());
            ended_in_time += u64::from(over <= until);
            busy += (over.min(until) - begun.min(until)).as_seconds_f64();
            if sync.status == "completed" {
                completed += 1;
            } else {
                let word = sync.error.as_ref().map_or(sync.status.as_str(), |error| error.code.as_str());
                *failed.entry(word.to_owned()).or_default() += 1;
            }
        }
        let accepted = asked.made.len() as u64;
        Self {
            rate,
            seconds,
            due: asked.due,
            accepted,
            joined: asked.joined,
            refused: asked.refusals(),
            refusals: asked.refused.clone(),
            answered: asked.answered,
            waited: waited.take(),
            ran: ran.take(),
            accepted_per_second: accepted as f64 / seconds,
            ended_per_second: ended_in_time as f64 / seconds,
            ended_in_time,
            completed,
            failed,
            unfinished: accepted - ended.len() as u64,
            slots_percent: slots.map(|slots| busy / (f64::from(slots) * seconds) * 100.0),
            ..Self::default()
        }
    }

    fn failures(&self) -> u64 {
        self.failed.values().sum()
    }
}

impl Report {
    /// What did not hold that always must; none if all is well.
    pub fn complaint(&self) -> Option<String> {
        let sum = |of: fn(&Step) -> u64| self.steps.iter().map(of).sum::<u64>();
        let counts = [
            (sum(|step| step.watched.lost), "events were lost"),
            (sum(|step| step.watched.doubled), "events came twice"),
            (sum(Step::failures), "syncs failed"),
            (sum(|step| step.unfinished), "syncs did not end"),
        ];
        let told: Vec<String> = counts
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| format!("{count} {what}"))
            .collect();
        (!told.is_empty()).then(|| told.join(", "))
    }

    /// Prints it for people.
    ///
    /// # Errors
    /// If nobody reads.
    pub fn print(&self, out: &mut Out) -> Result<(), CliError> {
        out.line(self.title())?;
        for step in &self.steps {
            out.line("")?;
            step.print(out)?;
        }
        Ok(out.flush()?)
    }

    fn title(&self) -> String {
        let memory = self.memory.map_or(String::new(), |memory| format!(", {}", text::bytes(memory)));
        let first = self.first_syncs_seconds.map_or(String::new(), |seconds| {
            format!("; first syncs of {} projects: {seconds:.1} s", self.projects)
        });
        let size = match (self.files, self.changes) {
            (Some(files), Some(changes)) => format!(" of {files} files, {changes} changed by each commit"),
            _ => String::new(),
        };
        format!(
            "project-sync {} on {} processors{memory}: {}; {} projects{size}; {} clients{first}",
            self.version, self.processors, self.form, self.projects, self.clients
        )
    }

    /// Prints it as Markdown: a table of the steps, and one of what each took.
    ///
    /// # Errors
    /// If nobody reads.
    pub fn print_markdown(&self, out: &mut Out) -> Result<(), CliError> {
        out.line(format_args!("{} ({}).\n", self.title(), Utc::now().format("%Y-%m-%d")))?;
        out.line(
            "| syncs asked/min | ended/s | request p50 / p99 ms | wait p50 / p99 ms | sync p50 / p99 ms | event age p50 / p99 \
             ms | events/s | lost, doubled | failed | kept up |",
        )?;
        out.line("|---:|---:|---:|---:|---:|---:|---:|---:|---:|---|")?;
        for step in &self.steps {
            out.line(format_args!(
                "| {:.0} | {:.1} | {} | {} | {} | {} | {:.0} | {}, {} | {} | {} |",
                step.rate,
                step.ended_per_second,
                pair(step.answered),
                pair(step.waited),
                pair(step.ran),
                pair(step.watched.age),
                step.watched.events as f64 / step.seconds,
                step.watched.lost,
                step.watched.doubled,
                step.failures() + step.unfinished,
                if step.verdict.kept_up { "yes".to_owned() } else { step.verdict.why_not.join("; ") },
            ))?;
        }
        out.line("\n| syncs asked/min | processors, % of one | memory | Postgres | Redis | ends first |")?;
        out.line("|---:|---|---|---|---|---|")?;
        for step in &self.steps {
            let shares: Vec<String> =
                step.used.shares().into_iter().map(|(name, share)| format!("{name} {share:.0}")).collect();
            let processes = step.used.processes.iter();
            let memory: Vec<String> = processes
                .map(|process| format!("{} {}", process.name, text::bytes(process.memory)))
                .collect();
            out.line(format_args!(
                "| {:.0} | {} | {} | {} | {} | {} |",
                step.rate,
                shares.join(", "),
                memory.join(", "),
                step.postgres().unwrap_or_default(),
                step.redis().unwrap_or_default(),
                step.verdict.bottleneck,
            ))?;
        }
        Ok(out.flush()?)
    }
}

impl Step {
    fn print(&self, out: &mut Out) -> Result<(), CliError> {
        let kept_up = if self.verdict.kept_up { "kept up" } else { "did NOT keep up" };
        out.line(format_args!("{:.0} syncs a minute for {:.0} s: {kept_up}", self.rate, self.seconds))?;
        for why in &self.verdict.why_not {
            out.line(format_args!("  {why}"))?;
        }
        out.line(format_args!(
            "  requests   {} due, {} made a sync ({:.1}/s), {} found one, {} refused{}; p50 / p99 {} ms",
            self.due,
            self.accepted,
            self.accepted_per_second,
            self.joined,
            self.refused,
            words(&self.refusals),
            pair(self.answered)
        ))?;
        out.line(format_args!(
            "  syncs      {} completed, {} failed{}, {} did not end; {:.1} ended a second",
            self.completed,
            self.failures(),
            words(&self.failed),
            self.unfinished,
            self.ended_per_second
        ))?;
        out.line(format_args!(
            "             waited p50 / p99 {} ms, ran {} ms",
            pair(self.waited),
            pair(self.ran)
        ))?;
        let watched = &self.watched;
        out.line(format_args!(
            "  events     {} to {} clients ({:.0}/s), age p50 / p99 {} ms; {} lost, {} doubled; {} connections broke",
            watched.events,
            watched.clients,
            watched.events as f64 / self.seconds,
            pair(watched.age),
            watched.lost,
            watched.doubled,
            watched.cut_off
        ))?;
        let mut processes = table(["  PROCESS", ">PROCESSOR", ">MEMORY", ">DESCRIPTORS"]);
        for process in &self.used.processes {
            let name = format!("  {}", process.name);
            let percent = format!("{:.0} %", process.processor_percent);
            row(
                &mut processes,
                [name, percent, text::bytes(process.memory), process.descriptors.to_string()],
            );
        }
        if !processes.is_empty() {
            out.line(processes.trim_fmt())?;
        }
        for (name, told) in [("Postgres", self.postgres()), ("Redis", self.redis())] {
            if let Some(told) = told {
                out.line(format_args!("  {name:<10} {told}"))?;
            }
        }
        out.line(format_args!("  ends first {}", self.verdict.bottleneck))?;
        Ok(())
    }

    fn postgres(&self) -> Option<String> {
        let used = self.used.postgres.as_ref()?;
        let processor = used.processor_percent.map_or(String::new(), |percent| format!("{percent:.0} %, "));
        Some(format!(
            "{processor}{:.0} transactions/s, {} of {} connections",
            used.transactions_per_second, used.connections, used.max_connections
        ))
    }

    fn redis(&self) -> Option<String> {
        let used = self.used.redis.as_ref()?;
        let processor = used.processor_percent.map_or(String::new(), |percent| format!("{percent:.0} %, "));
        let bytes = |bytes: f64| text::bytes(bytes.max(0.0) as u64);
        Some(format!(
            "{processor}{:.0} commands/s, {}/s, {} of data",
            used.commands_per_second,
            bytes(used.bytes_per_second),
            bytes(used.memory as f64)
        ))
    }
}

impl Default for Report {
    fn default() -> Self {
        Self {
            version: env!("CARGO_PKG_VERSION"),
            processors: machine::processors(),
            memory: machine::memory(),
            form: String::new(),
            projects: 0,
            clients: 0,
            slots: None,
            files: None,
            changes: None,
            first_syncs_seconds: None,
            steps: Vec::new(),
        }
    }
}

fn pair(spread: Spread) -> String {
    let one = |ms: f64| if ms < 10.0 { format!("{ms:.1}") } else { format!("{ms:.0}") };
    if spread.count == 0 {
        "–".to_owned()
    } else {
        format!("{} / {}", one(spread.p50_ms), one(spread.p99_ms))
    }
}

fn words(counts: &BTreeMap<String, u64>) -> String {
    let told: Vec<String> = counts.iter().map(|(word, count)| format!("{word} {count}")).collect();
    if told.is_empty() { String::new() } else { format!(" ({})", told.join(", ")) }
}
