//! `bench load`: what an installation carries, and what ends first.
//!
//! Repositories are made ([`repositories`]), an installation is started or found ([`installation`], [`servers`]), every
//! project is synced once, clients connect ([`watching`]); then, step by step, syncs are asked for at a rate ([`asking`]) while
//! what is used is measured ([`measuring`]), and the step is judged ([`verdict`]) and told ([`report`]). Whatever was made is
//! removed in the end, also after Ctrl-C.

mod asking;
mod histogram;
mod installation;
mod machine;
mod measuring;
mod report;
mod repositories;
mod servers;
mod verdict;
mod watching;

use std::time::Duration;

use entities::ProjectId;
use serde_json::json;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use self::{
    asking::{Plan, ask, ends},
    installation::Installation,
    measuring::Sample,
    report::{Report, Step},
    repositories::{MAX_COMMITS, Repositories, Size},
    watching::Watchers,
};
use crate::{
    args::{
        Global, Output,
        bench::{Bench, BenchArgs, LoadArgs, MAX_SYNCS},
        operator::ServerArgs,
    },
    error::CliError,
    operator,
    out::{Out, tell},
    settings::Settings,
    signals::cancel_on_signals,
};

/// How much higher the rate of each step of a ramp is.
const FACTOR: f64 = 1.5;

/// At what rate first syncs are asked for, a second.
const FIRST_SYNCS: f64 = 200.0;

/// How often a project is tried to be deleted while a sync of it still ends, and the pause in between.
const DELETE_TRIES: u32 = 120;
const DELETE_PAUSE: Duration = Duration::from_millis(250);

/// Runs the command.
pub async fn run(global: &Global, args: &BenchArgs) -> Result<(), CliError> {
    let Bench::Load(args) = &args.what;
    let args = &**args;
    if args.changes > args.files {
        return Err(CliError::usage("--changes: a commit cannot change more files than there are"));
    }
    let stop = cancel_on_signals();
    if let Err(error) = rlimit::increase_nofile_limit(u64::MAX) {
        tracing::warn!(%error, "the limit of open files stays as it is");
    }
    let mut report = Report { clients: args.clients, ..Report::default() };
    let mut load = Load::open(global, args).await?;
    load.describe(&mut report);
    let measured = load.measure(&mut report, &stop).await;
    load.say("removing what was made");
    let removed = load.end().await;
    print(global, args, &report)?;
    measured.and(removed)?;
    report.complaint().map_or(Ok(()), |complaint| Err(CliError::Load(complaint)))
}

/// What was measured before an error or Ctrl-C is told, too.
fn print(global: &Global, args: &LoadArgs, report: &Report) -> Result<(), CliError> {
    if report.steps.is_empty() {
        return Ok(());
    }
    let mut out = Out::stdout();
    match (args.markdown, global.output) {
        (true, _) => report.print_markdown(&mut out),
        (false, Output::Table) => report.print(&mut out),
        (false, Output::Json) => {
            out.json(report)?;
            Ok(out.flush()?)
        }
    }
}

/// The load and what it goes to.
struct Load<'a> {
    global: &'a Global,
    args: &'a LoadArgs,
    installation: Installation,
    /// None where projects were given.
    repositories: Option<Repositories>,
    projects: Vec<ProjectId>,
    /// Those that are to be deleted, with their names.
    made: Vec<(ProjectId, String)>,
}

impl<'a> Load<'a> {
    async fn open(global: &'a Global, args: &'a LoadArgs) -> Result<Self, CliError> {
        let repositories = match args.running.project.is_empty() {
            true => Some(make_repositories(global, args).await?),
            false => None,
        };
        let installation = match (&args.running.server, &repositories) {
            (Some(server), _) => Installation::running(args, server)?,
            // To the end, which is near: what it makes in a server would be left there.
            (None, Some(repositories)) => Installation::start(args, repositories.folder()).await?,
            (None, None) => return Err(CliError::usage("--project needs --server")),
        };
        let (projects, made) = (Vec::new(), Vec::new());
        Ok(Self { global, args, installation, repositories, projects, made })
    }

    fn describe(&self, report: &mut Report) {
        let own = &self.args.own;
        report.form = match (&self.args.running.server, &own.database_url) {
            (Some(_), _) => "an installation that ran already".to_owned(),
            (None, Some(_)) => {
                format!(
                    "api + gateway + {} workers of {} slots on Postgres and Redis",
                    own.workers, own.concurrency
                )
            }
            (None, None) => format!("serve with {} slots on SQLite", own.concurrency),
        };
        report.slots = self.installation.slots;
        if self.repositories.is_some() {
            (report.files, report.changes) = (Some(self.args.files), Some(self.args.changes));
        }
    }

    fn say(&self, what: impl std::fmt::Display) {
        if !self.global.quiet {
            tell(what);
        }
    }

    async fn measure(&mut self, report: &mut Report, stop: &CancellationToken) -> Result<(), CliError> {
        self.find_projects(stop).await?;
        report.projects = self.projects.len();
        let begin = Instant::now();
        if !self.made.is_empty() {
            self.sync_first(stop).await?;
            report.first_syncs_seconds = Some(begin.elapsed().as_secs_f64());
        }
        self.say(format_args!("connecting {} clients", self.args.clients));
        let clients = self.args.clients as usize;
        let watchers = Watchers::connect(&self.installation.events, &self.projects, clients, stop).await?;
        for number in 0..steps(self.args) {
            let step = self.step(rate(self.args, number), &watchers, stop).await?;
            let has_kept_up = step.verdict.kept_up;
            report.steps.push(step);
            if !has_kept_up {
                break;
            }
        }
        Ok(())
    }

    /// The projects that were given, or new ones, one of each repository.
    async fn find_projects(&mut self, stop: &CancellationToken) -> Result<(), CliError> {
        let Some(repositories) = &self.repositories else {
            let server = ServerArgs {
                server: self.args.running.server.clone(),
                server_token_file: self.args.running.server_token_file.clone(),
            };
            let operator = operator::open(self.global, Settings::default(), &server).await?;
            for name in &self.args.running.project {
                self.projects.push(operator.project(name).await?);
            }
            return operator.close().await;
        };
        let folder = repositories.folder().file_name().unwrap_or_default().to_string_lossy().into_owned();
        self.say(format_args!("making {} projects", repositories.all.len()));
        for (number, repository) in repositories.all.iter().enumerate() {
            let name = format!("{}-{number}", folder.trim_start_matches('.'));
            let source = json!({ "kind": "git", "url": repository.path });
            let body = json!({ "name": name, "source": source });
            let answer = tokio::select! {
                answer = self.installation.api.post(&["projects"], &body) => answer?,
                () = stop.cancelled() => return Err(CliError::Interrupted),
            };
            let id: ProjectId = serde_json::from_value(answer["id"].clone())
                .map_err(|error| CliError::io("reading the id of a project")(error.into()))?;
            self.made.push((id, name));
            self.projects.push(id);
        }
        Ok(())
    }

    /// The first sync of each project reads all of it; it is not part of the load.
    async fn sync_first(&self, stop: &CancellationToken) -> Result<(), CliError> {
        let api = &self.installation.api;
        let plan = Plan {
            per_second: FIRST_SYNCS,
            lasts: Duration::from_secs(u64::from(MAX_SYNCS)),
            at_most: self.projects.len(),
        };
        let asked = ask(api, &self.projects, None, plan, stop).await?;
        let ended = ends(api, &asked.made, stop).await?;
        let completed = ended.iter().filter(|(sync, _)| sync.status == "completed").count();
        if completed == self.projects.len() {
            return Ok(());
        }
        let error = ended.iter().find_map(|(sync, _)| sync.error.as_ref());
        let why = error.map_or(String::new(), |error| format!(" ({})", error.code));
        let message = format!("only {completed} of {} first syncs completed{why}", self.projects.len());
        let hint = "the service must be allowed to read the repositories: source.local_folders";
        Err(CliError::Blocked { message, hint: Some(hint.to_owned()) })
    }

    async fn step(&self, rate: f64, watchers: &Watchers, stop: &CancellationToken) -> Result<Step, CliError> {
        self.say(format_args!("{rate:.0} syncs a minute"));
        let api = &self.installation.api;
        let plan = Plan {
            per_second: rate / 60.0,
            lasts: match self.args.syncs {
                Some(_) => Duration::from_secs(u64::from(MAX_SYNCS) * 60),
                None => Duration::from_secs(u64::from(self.args.seconds)),
            },
            at_most: self.args.syncs.unwrap_or(MAX_SYNCS) as usize,
        };
        let before = Sample::take(&self.installation).await?;
        let asked = ask(api, &self.projects, self.repositories.as_ref(), plan, stop).await?;
        let used = before.until(&Sample::take(&self.installation).await?, &self.installation);
        let ended = ends(api, &asked.made, stop).await?;
        let endings = ended.iter().map(|(_, project)| watchers.of(*project)).sum();
        let watched = watchers.take(endings, stop).await?;
        let mut step = Step { watched, used, ..Step::of(rate, &asked, &ended, self.installation.slots) };
        step.verdict = verdict::judge(&step);
        Ok(step)
    }

    /// Removes what was made.
    async fn end(self) -> Result<(), CliError> {
        if self.args.running.server.is_none() {
            return self.installation.end().await;
        }
        let mut result = Ok(());
        for (id, name) in &self.made {
            result = result.and(self.delete(*id, name).await);
        }
        result
    }

    async fn delete(&self, id: ProjectId, name: &str) -> Result<(), CliError> {
        let mut tries = 1;
        loop {
            match self.installation.api.delete_confirmed(&["projects", &id.to_string()], name).await {
                Err(CliError::Refused { status: 409, .. }) if tries < DELETE_TRIES => {
                    tries += 1;
                    sleep(DELETE_PAUSE).await;
                }
                result => return result,
            }
        }
    }
}

async fn make_repositories(global: &Global, args: &LoadArgs) -> Result<Repositories, CliError> {
    let wanted: f64 = (0..steps(args)).map(|number| requests(args, number)).sum();
    let commits = (wanted / f64::from(args.projects)).ceil() as usize + 2;
    let size = Size {
        files: args.files as usize,
        changes: args.changes as usize,
        commits: commits.min(MAX_COMMITS),
    };
    if !global.quiet {
        tell(format_args!("making {} repositories of {} commits", args.projects, size.commits));
    }
    let (folder, count) = (args.running.folder.clone(), args.projects as usize);
    tokio::task::spawn_blocking(move || Repositories::make(folder.as_deref(), count, size))
        .await
        .map_err(|error| CliError::io("making repositories")(std::io::Error::other(error)))?
}

fn steps(args: &LoadArgs) -> u32 {
    if args.ramp { args.steps } else { 1 }
}

/// Syncs a minute, in the step with this number.
fn rate(args: &LoadArgs, step: u32) -> f64 {
    f64::from(args.rate) * FACTOR.powi(step.try_into().unwrap_or(i32::MAX))
}

/// Requests of a step, at most.
fn requests(args: &LoadArgs, step: u32) -> f64 {
    let most = f64::from(args.syncs.unwrap_or(MAX_SYNCS));
    (rate(args, step) / 60.0 * f64::from(args.seconds)).min(most).max(f64::from(args.syncs.unwrap_or(0)))
}
