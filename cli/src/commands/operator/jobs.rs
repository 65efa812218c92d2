//! `jobs`: syncs as operators see them.

use api::model::JobFilterDto;
use entities::SyncId;
use serde_json::Value;

use super::{
    bulk::{self, Done, Words, carry_out, each},
    is_json, latest, project, watch,
};
use crate::{
    args::{
        Global,
        operator::{JobFilterArgs, JobsBulkArgs, JobsCommand, JobsLsArgs},
    },
    commands::print_table,
    error::CliError,
    operator::{
        JobsVerb, Operator, find,
        view::{self, Job},
    },
    out::Out,
    render::{
        table::{row, table},
        text::{clean, cut, duration, time},
    },
};

/// The longest name that a table shows, in characters.
const NAME_CHARS: usize = 40;

/// Runs the command.
pub async fn run(global: &Global, operator: &dyn Operator, command: &JobsCommand) -> Result<(), CliError> {
    let words = |verb, done| Words { verb, done, one: "job", many: "jobs" };
    match command {
        JobsCommand::Ls(args) => ls(global, operator, args).await,
        JobsCommand::Show(args) => {
            let id = find::job(operator, &args.id).await?;
            show(global, &operator.job(id).await?)
        }
        JobsCommand::Watch(args) => watch::run(global, operator, find::job(operator, &args.id).await?).await,
        JobsCommand::Cancel(args) => {
            change(global, operator, args, JobsVerb::Cancel, words("cancel", "asked to end")).await
        }
        JobsCommand::Requeue(args) => {
            change(global, operator, args, JobsVerb::Requeue, words("requeue", "requeued")).await
        }
        JobsCommand::Rm(args) => {
            change(global, operator, args, JobsVerb::Remove, words("remove", "removed")).await
        }
    }
}

async fn ls(global: &Global, operator: &dyn Operator, args: &JobsLsArgs) -> Result<(), CliError> {
    let mut jobs: Vec<Value> = Vec::new();
    for filter in filters(operator, &args.filter).await? {
        jobs.extend(latest(args.limit, async |from, limit| operator.jobs(&filter, from, limit).await).await?);
    }
    // Ids made later sort later.
    jobs.sort_by(|a, b| b["id"].as_str().cmp(&a["id"].as_str()));
    jobs.truncate(usize::try_from(args.limit).unwrap_or(usize::MAX));
    let mut out = Out::stdout();
    if is_json(global) {
        out.json_array(jobs)?;
        out.flush()?;
        return Ok(());
    }
    let mut rows = table(["ID", "PROJECT", "BRANCH", "STATUS", "BY", ">TRIES", "ASKED FOR", "WORKER"]);
    for job in &jobs {
        let job: Job = view::read(job)?;
        let name = |text: &str| cut(&clean(text), NAME_CHARS).into_owned();
        let cells = [
            job.id.clone(),
            name(&job.project),
            name(&job.branch),
            clean(&standing(&job)).into_owned(),
            clean(&job.trigger).into_owned(),
            job.attempts.to_string(),
            time(job.created_at),
            clean(job.worker.as_deref().unwrap_or_default()).into_owned(),
        ];
        row(&mut rows, cells);
    }
    print_table(&mut out, &rows, "no jobs")
}

/// Where a job stands, in a few words.
fn standing(job: &Job) -> String {
    let mut text = job.status.clone();
    match (job.status.as_str(), &job.error, &job.phase, job.run_after) {
        ("pending", _, _, Some(at)) => text += &format!(" until {}", time(at)),
        ("running", _, Some(phase), _) => text += &format!(": {phase}"),
        ("failed" | "cancelled", Some(error), ..) => text += &format!(": {}", error.code),
        _ => {}
    }
    if job.cancel_requested && !job.has_ended() {
        text += ", asked to end";
    }
    text
}

/// Prints one job.
pub fn show(global: &Global, job: &Value) -> Result<(), CliError> {
    let mut out = Out::stdout();
    if is_json(global) {
        out.json(job)?;
    } else {
        for line in lines(&view::read(job)?) {
            out.line(line)?;
        }
    }
    out.flush()?;
    Ok(())
}

/// A job for people, a fact a line.
fn lines(job: &Job) -> Vec<String> {
    let number = job.number.map(|number| format!(" #{number}")).unwrap_or_default();
    let what = match (job.restore_of, job.forced) {
        (Some(of), _) => format!("{} of #{of}", job.kind),
        (None, true) => format!("{}, forced", job.kind),
        (None, false) => job.kind.clone(),
    };
    let mut facts = vec![
        ("job", job.id.clone()),
        ("project", job.project.clone()),
        ("branch", format!("{}{number}", job.branch)),
        ("status", format!("{} ({what})", standing(job))),
        ("asked", format!("{} by {}, priority {}", time(job.created_at), job.trigger, job.priority)),
        ("attempts", job.attempts.to_string()),
    ];
    let lease = job.lease_until.filter(|_| !job.has_ended());
    let held = lease.map(|until| format!(", lease until {}", time(until))).unwrap_or_default();
    facts.extend(job.worker.as_ref().map(|worker| ("worker", format!("{worker}{held}"))));
    facts.extend(job.run_after.map(|at| ("waits", format!("until {}", time(at)))));
    facts.extend(job.started_at.map(|at| ("started", time(at))));
    let took = job.duration_ms.map(|ms| format!(", after {}", duration(ms))).unwrap_or_default();
    facts.extend(job.finished_at.map(|at| ("ended", format!("{}{took}", time(at)))));
    facts.extend(job.commit.as_ref().map(|commit| ("commit", commit.clone())));
    for phase in &job.phases {
        let tries = if phase.attempts > 1 { format!(", {} tries", phase.attempts) } else { String::new() };
        facts.push(("phase", format!("{}: {}{tries}", phase.phase, duration(phase.duration_ms))));
    }
    facts.extend(job.error.as_ref().map(|error| ("error", format!("{}: {}", error.code, error.message))));
    for event in &job.events {
        facts.push((
            "event",
            format!("{} {} {}", event.seq, event.at.format("%H:%M:%S"), told(&event.payload)),
        ));
    }
    facts.into_iter().map(|(name, text)| format!("{name:<9}{}", clean(&text))).collect()
}

/// An event in words; one of a newer service by its type.
fn told(payload: &Value) -> String {
    let event = serde_json::from_value::<bus::ProgressEvent>(payload.clone()).ok();
    let line = event.and_then(|event| crate::live::line(&event.event));
    line.unwrap_or_else(|| payload["type"].as_str().unwrap_or("?").to_owned())
}

/// The filters that the arguments mean: one for each status, because the API takes one at a time.
async fn filters(operator: &dyn Operator, args: &JobFilterArgs) -> Result<Vec<JobFilterDto>, CliError> {
    let filter = JobFilterDto {
        status: None,
        project: project(operator, args.project.as_deref()).await?,
        branch: args.branch.clone(),
        trigger: args.trigger.map(Into::into),
        error_code: args.error.clone(),
        older_than_seconds: args.older_than,
    };
    let mut filters: Vec<JobFilterDto> = Vec::new();
    for status in &args.status {
        let one = JobFilterDto { status: Some((*status).into()), ..filter.clone() };
        if !filters.contains(&one) {
            filters.push(one);
        }
    }
    Ok(if filters.is_empty() { vec![filter] } else { filters })
}

async fn change(
    global: &Global,
    operator: &dyn Operator,
    args: &JobsBulkArgs,
    verb: JobsVerb,
    words: Words,
) -> Result<(), CliError> {
    let is_named = !args.ids.is_empty();
    bulk::check(is_named, args.filter != JobFilterArgs::default(), words.many)?;
    if is_named {
        let mut ids: Vec<SyncId> = Vec::new();
        for text in &args.ids {
            let id = find::job(operator, text).await?;
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
        return carry_out(global, words, args.how, true, async |dry_run| {
            let done = match dry_run {
                true => each(&ids, async |id| operator.job(id).await.map(|_| None)).await,
                false => each(&ids, async |id| operator.change_job(verb, id).await).await,
            };
            Ok(done.tried(dry_run))
        })
        .await;
    }
    let filters = filters(operator, &args.filter).await?;
    carry_out(global, words, args.how, false, async |dry_run| {
        let mut done = Done::default();
        for filter in &filters {
            done.bulk.add(operator.change_jobs(verb, filter, dry_run).await?);
        }
        Ok(done)
    })
    .await
}
