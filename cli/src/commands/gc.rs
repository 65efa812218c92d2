//! `gc`: forgets old syncs, and removes what no kept one needs.

use std::{ops::RangeInclusive, time::Duration};

use entities::{
    BranchId, TenantDb,
    gc::{self, Expired, Order, Plan, Removed, Retention, RowCounts, UnshownCounts},
    projects,
};
use serde::{Deserialize, Serialize};

use crate::{
    args::GcArgs,
    error::CliError,
    find,
    open::App,
    out::Out,
    render::text::{clean, count},
};

/// The most branches that are listed for people.
const MAX_SHOWN: usize = 20;

/// What is kept (`[retention]`).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "snake_case")]
pub struct RetentionSettings {
    /// The states of this many of each branch's latest completed syncs; 0 is no rule.
    pub keep_syncs: u64,
    /// The states of the syncs that completed in as many days; 0 is no rule.
    pub keep_days: u32,
    /// Seconds between forgetting states and removing what they showed, for those who read them just now.
    pub grace_seconds: u64,
}

impl Default for RetentionSettings {
    fn default() -> Self {
        Self { keep_syncs: 0, keep_days: 0, grace_seconds: 5 }
    }
}

impl RetentionSettings {
    /// The numbers of the section: the key, what it is, and what it may be.
    pub fn numbers(&self) -> Vec<(&'static str, u64, RangeInclusive<u64>)> {
        vec![
            ("keep_syncs", self.keep_syncs, 0..=1_000_000),
            ("keep_days", self.keep_days.into(), 0..=36_500),
            ("grace_seconds", self.grace_seconds, 0..=3_600),
        ]
    }
}

/// What was or would be removed, as it is printed.
#[derive(Serialize, Default)]
#[serde(rename_all = "camelCase")]
struct Record {
    dry_run: bool,
    branches: Vec<BranchRecord>,
    states: i64,
    rows: RowsRecord,
    /// None if it is too much to count without doing it.
    contents: Option<ContentsRecord>,
    syncs: u64,
    /// None: only counted as they are removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    events: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    answers: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sessions: Option<u64>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct BranchRecord {
    project: String,
    branch: String,
    /// The first sync whose state was kept until now.
    kept_from: i64,
    /// The first one whose state is kept from now on.
    keep_from: i64,
}

#[derive(Serialize, Default)]
struct RowsRecord {
    files: u64,
    directories: u64,
    memory: u64,
}

#[derive(Serialize, Default, Clone, Copy)]
struct ContentsRecord {
    files: u64,
    memory: u64,
}

/// Runs the command.
pub async fn run(app: &App, args: &GcArgs) -> Result<(), CliError> {
    let settings = app.settings.retention;
    let retention = Retention {
        keep_syncs: args.keep_syncs.unwrap_or(settings.keep_syncs),
        keep_days: args.keep_days.unwrap_or(settings.keep_days),
    };
    let mut order = Order { retention, keep_events: args.keep_events, ..Order::default() };
    let tenants = match &args.project {
        Some(project) => {
            order.project = Some(find::project(app, project).await?.project.id);
            vec![app.db.clone()]
        }
        None => tenants(app).await?,
    };
    let dry_run = !args.yes;
    let mut record = Record { dry_run, contents: Some(ContentsRecord::default()), ..Record::default() };
    for db in &tenants {
        let plan = gc::plan(db, &order, app.clock.now()).await?;
        record.branches.extend(branches(db, &plan).await?);
        if dry_run {
            record.plan(&plan);
        }
    }
    if !dry_run {
        carry_out(app, &tenants, &order, &mut record).await?;
    }
    let mut out = Out::stdout();
    if app.is_json() {
        out.json(&record)?;
    } else {
        print(&mut out, &record)?;
    }
    out.flush()?;
    if dry_run && !args.dry_run {
        let hint = Some("--yes does it".to_owned());
        return Err(CliError::Usage { message: "nothing was changed".to_owned(), hint });
    }
    Ok(())
}

/// Forgets first and removes later, so that those who are reading have the time to end.
async fn carry_out(
    app: &App,
    tenants: &[TenantDb],
    order: &Order,
    record: &mut Record,
) -> Result<(), CliError> {
    for db in tenants {
        record.states += gc::forget(db, order, app.clock.now()).await?;
    }
    if record.states > 0 {
        tokio::time::sleep(Duration::from_secs(app.settings.retention.grace_seconds)).await;
    }
    for db in tenants {
        record.removed(&gc::remove(db, order, app.clock.now()).await?);
    }
    if order.project.is_none() {
        let Expired { answers, sessions } =
            gc::remove_expired(&app.db.database().system(), app.clock.now()).await?;
        (record.answers, record.sessions) = (Some(answers), Some(sessions));
    }
    Ok(())
}

/// The database in the name of each tenant.
async fn tenants(app: &App) -> Result<Vec<TenantDb>, CliError> {
    let database = app.db.database();
    let tenants = gc::tenants(&database.system()).await?;
    Ok(tenants.into_iter().map(|tenant| database.tenant(tenant.id)).collect())
}

async fn branches(db: &TenantDb, plan: &Plan) -> Result<Vec<BranchRecord>, CliError> {
    let mut records = Vec::with_capacity(plan.branches.len());
    for chunk in plan.branches.chunks(entities::temporal::ROWS_PER_STATEMENT) {
        let ids: Vec<BranchId> = chunk.iter().map(|planned| planned.branch.id).collect();
        let mut places = projects::places(db, ids).await?;
        records.extend(chunk.iter().map(|planned| BranchRecord {
            project: places.remove(&planned.branch.id).map(|place| place.project).unwrap_or_default(),
            branch: planned.branch.name.clone(),
            kept_from: planned.branch.kept_from,
            keep_from: planned.keep_from,
        }));
    }
    Ok(records)
}

impl Record {
    fn plan(&mut self, plan: &Plan) {
        self.states += plan.forgotten();
        self.rows.add(plan.rows);
        self.contents = self.contents.zip(plan.contents).map(|(all, more)| all.and(more));
        self.syncs += plan.syncs;
    }

    fn removed(&mut self, removed: &Removed) {
        self.rows.add(removed.rows);
        self.contents = self.contents.map(|all| all.and(removed.contents));
        self.syncs += removed.syncs;
        self.events = Some(self.events.unwrap_or_default() + removed.events);
    }
}

impl RowsRecord {
    fn add(&mut self, rows: RowCounts) {
        self.files += rows.files;
        self.directories += rows.directories;
        self.memory += rows.memory;
    }
}

impl ContentsRecord {
    fn and(self, more: UnshownCounts) -> Self {
        Self { files: self.files + more.blobs, memory: self.memory + more.texts }
    }
}

fn print(out: &mut Out, record: &Record) -> Result<(), CliError> {
    let counted = |n: u64, one: &str, many: &str| count(i64::try_from(n).unwrap_or(i64::MAX), one, many);
    for branch in record.branches.iter().take(MAX_SHOWN) {
        let (project, name) = (clean(&branch.project), clean(&branch.branch));
        out.line(format_args!("{project}, {name}: kept from #{}", branch.keep_from))?;
    }
    if record.branches.len() > MAX_SHOWN {
        out.line(format_args!("and {} more branches", record.branches.len() - MAX_SHOWN))?;
    }
    let would = if record.dry_run { "would be " } else { "" };
    out.line(format_args!("{would}forgotten  {}", count(record.states, "state", "states")))?;
    let RowsRecord { files, directories, memory } = record.rows;
    let mut removed = vec![
        counted(files, "row of a file", "rows of files"),
        counted(directories, "of a directory", "of directories"),
        counted(memory, "of memory", "of memory"),
    ];
    match record.contents {
        Some(contents) => removed.extend([
            counted(contents.files, "content", "contents"),
            counted(contents.memory, "text", "texts"),
        ]),
        None => removed.push("contents, uncounted".to_owned()),
    }
    removed.push(counted(record.syncs, "sync that came to nothing", "syncs that came to nothing"));
    removed.extend(record.events.map(|n| counted(n, "event", "events")));
    removed.extend(record.answers.map(|n| counted(n, "kept answer", "kept answers")));
    removed.extend(record.sessions.map(|n| counted(n, "session", "sessions")));
    out.line(format_args!("{would}removed    {}", removed.join(", ")))?;
    Ok(())
}
