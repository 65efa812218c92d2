//! Checks that all is well, and what to do if it is not.

use std::time::{Duration, Instant};

use bus::{Dispatcher, JobQueue, queue::QueueStats};
use chrono::{DateTime, TimeDelta, Utc};
use entities::{
    Database, ProjectSync, SystemDb, now_of,
    queue::{self, DeadFilter},
    syncs,
};
use sea_orm::{ConnectionTrait, DbErr};

/// How long each part is given to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// How far the clock of this process may be from the database's.
pub const CLOCK_TOLERANCE: TimeDelta = TimeDelta::seconds(2);

/// After this time a sync that could be begun and was not counts as stuck.
pub const STUCK_AFTER: TimeDelta = TimeDelta::seconds(60);

/// How many syncs are named at most.
const MAX_NAMED: u64 = 5;

/// How well a part is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Health {
    /// As it should be.
    Ok,
    /// Worth a look.
    Warn,
    /// Broken.
    Fail,
}

/// What was found of one part.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Check {
    /// The part: a stable word.
    pub name: &'static str,
    /// How well it is.
    pub health: Health,
    /// What was found.
    pub detail: String,
    /// What to do, if something is to be done.
    pub advice: Option<&'static str>,
}

impl Check {
    fn ok(name: &'static str, detail: impl Into<String>) -> Self {
        Self { name, health: Health::Ok, detail: detail.into(), advice: None }
    }

    fn warn(name: &'static str, detail: impl Into<String>, advice: &'static str) -> Self {
        Self { name, health: Health::Warn, detail: detail.into(), advice: Some(advice) }
    }

    fn fail(name: &'static str, detail: impl Into<String>, advice: &'static str) -> Self {
        Self { name, health: Health::Fail, detail: detail.into(), advice: Some(advice) }
    }
}

/// Checks everything. `now` is the time that leases are compared with, `machine` reads the clock of this machine. Never
/// fails: what does not answer is what is told.
pub async fn doctor(
    dispatcher: &Dispatcher,
    now: DateTime<Utc>,
    machine: impl Fn() -> DateTime<Utc>,
) -> Vec<Check> {
    let db = &dispatcher.db;
    let mut checks = vec![database(db).await];
    if checks[0].health != Health::Fail {
        let migrated = migrations(db).await;
        let is_migrated = migrated.health == Health::Ok;
        checks.push(migrated);
        checks.push(clock(db, machine).await);
        if is_migrated {
            let system = db.system();
            for check in [
                leases(&system, now).await,
                stuck(&system, now).await,
                dead(&system).await,
                pauses(&system).await,
            ] {
                checks.push(check.unwrap_or_else(|error| {
                    Check::fail("syncs", error.to_string(), "look at the database's log")
                }));
            }
        }
    }
    checks.extend(queue_checks(&*dispatcher.queue).await);
    checks
}

async fn database(db: &Database) -> Check {
    let advice = "check that the database runs, and database.url";
    let started = Instant::now();
    match tokio::time::timeout(PATIENCE, db.pool().execute_unprepared("SELECT 1")).await {
        Ok(Ok(_)) => Check::ok("database", format!("answers in {}", took(started))),
        Ok(Err(error)) => Check::fail("database", error.to_string(), advice),
        Err(_) => Check::fail("database", format!("no answer within {} s", PATIENCE.as_secs()), advice),
    }
}

async fn migrations(db: &Database) -> Check {
    let advice = "run: project-sync migrate up";
    match migration::pending(db.pool()).await {
        Ok(pending) if pending.is_empty() => Check::ok("migrations", "all applied"),
        Ok(pending) => Check::fail("migrations", format!("pending: {}", pending.join(", ")), advice),
        Err(error) => Check::fail("migrations", error.to_string(), advice),
    }
}

/// Leases and retries are told in times that several machines compare.
async fn clock(db: &Database, machine: impl Fn() -> DateTime<Utc>) -> Check {
    let before = machine();
    let theirs = match now_of(db).await {
        Ok(time) => time,
        Err(error) => return Check::fail("clock", error.to_string(), "look at the database's log"),
    };
    // The database looked at its clock somewhere between these two.
    let ours = before + (machine() - before) / 2;
    let apart = (ours - theirs).abs();
    let detail = format!("{} ms from the database's", apart.num_milliseconds());
    match apart > CLOCK_TOLERANCE {
        true => Check::warn("clock", detail, "synchronise the clocks of all machines (NTP)"),
        false => Check::ok("clock", detail),
    }
}

/// A running sync whose lease is over has lost its worker; the others take it over.
async fn leases(db: &SystemDb, now: DateTime<Utc>) -> Result<Check, DbErr> {
    let running = syncs::all_running(db, MAX_NAMED).await?;
    let over: Vec<ProjectSync> =
        running.into_iter().filter(|sync| sync.lease_until.is_some_and(|until| until < now)).collect();
    if over.is_empty() {
        return Ok(Check::ok("leases", "all held"));
    }
    let advice = "start a worker: it takes over what others left";
    Ok(Check::warn("leases", format!("over: {}", named(&over)), advice))
}

async fn stuck(db: &SystemDb, now: DateTime<Utc>) -> Result<Check, DbErr> {
    let stuck = syncs::stuck(db, now - STUCK_AFTER, MAX_NAMED).await?;
    if stuck.is_empty() {
        return Ok(Check::ok("stuck", "nothing waits that could run"));
    }
    let detail = format!("waiting for more than {} s: {}", STUCK_AFTER.num_seconds(), named(&stuck));
    Ok(Check::warn("stuck", detail, "start workers, or more of them (worker.concurrency)"))
}

async fn dead(db: &SystemDb) -> Result<Check, DbErr> {
    let count = queue::count_dead(db, &DeadFilter::default()).await?;
    let advice = "look at them: project-sync dead ls; then dead requeue, or dead purge";
    Ok(match count {
        0 => Check::ok("dead", "nothing was given up"),
        count => Check::warn("dead", format!("{count} given up"), advice),
    })
}

async fn pauses(db: &SystemDb) -> Result<Check, DbErr> {
    let pauses = queue::pauses(db).await?;
    if pauses.is_empty() {
        return Ok(Check::ok("pauses", "nothing is paused"));
    }
    let whole = pauses.iter().any(|pause| pause.project_id.is_none());
    let projects = pauses.iter().filter(|pause| pause.project_id.is_some()).count();
    let detail = match (whole, projects) {
        (true, 0) => "the whole queue is paused".to_owned(),
        (true, projects) => format!("the whole queue is paused, and {projects} projects"),
        (false, projects) => format!("{projects} projects are paused"),
    };
    Ok(Check::warn("pauses", detail, "project-sync queue resume, when you are done"))
}

/// Checks the queue and who serves it; all that can be told while the database is away.
pub async fn queue_checks(queue: &dyn JobQueue) -> Vec<Check> {
    let advice =
        "check that the queue's server runs, and queue.redis_url; syncs wait in the database meanwhile";
    let started = Instant::now();
    match tokio::time::timeout(PATIENCE, queue.stats()).await {
        Ok(Ok(stats)) => {
            vec![Check::ok("queue", format!("answers in {}", took(started))), workers(&stats)]
        }
        Ok(Err(error)) => vec![Check::fail("queue", error.to_string(), advice)],
        Err(_) => {
            vec![Check::fail("queue", format!("no answer within {} s", PATIENCE.as_secs()), advice)]
        }
    }
}

fn workers(stats: &QueueStats) -> Check {
    match stats.workers.len() {
        0 => Check::warn(
            "workers",
            "none was heard of lately",
            "start one: project-sync serve, or project-sync worker",
        ),
        count => Check::ok("workers", format!("{count} heard of within the last lease")),
    }
}

fn named(syncs: &[ProjectSync]) -> String {
    let ids: Vec<String> = syncs.iter().map(|sync| sync.id.to_string()).collect();
    let more = if ids.len() as u64 >= MAX_NAMED { " and perhaps more" } else { "" };
    format!("{}{more}", ids.join(", "))
}

fn took(started: Instant) -> String {
    format!("{:.1} ms", started.elapsed().as_secs_f64() * 1_000.0)
}
