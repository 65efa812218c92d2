//! `doctor`: whether all is well, and what to do. What is away is what it tells, so nothing here may need it.

use std::time::Duration;

use api::{
    admin::{self, Check, Health},
    model::DoctorDto,
};
use chrono::{DateTime, Utc};
use entities::Database;
use sea_orm::DbBackend;
use serde_json::Value;

use super::is_json;
use crate::{
    args::{Global, operator::DoctorArgs},
    client::Client,
    error::CliError,
    open::{OpenedDatabase, missing_file},
    operator::{
        direct::{ELSEWHERE, dispatcher_or_away},
        remote::Remote,
        view::{self, Doctor},
    },
    out::{Out, Paint},
    render::text::clean,
    settings::Settings,
};

/// How long opening the database may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// What to do where nothing else is known.
const LOOK_AT_IT: &str = "look at the database's log, and at database.url";

/// Runs the command.
pub async fn run(global: &Global, args: &DoctorArgs) -> Result<(), CliError> {
    let answer = match &args.server.server {
        Some(url) => remote(Remote::new(Client::new(url, &args.server)?)).await?,
        None => {
            let checks = direct(global).await;
            crate::operator::json(&DoctorDto::from(checks))?
        }
    };
    let doctor: Doctor = view::read(&answer)?;
    let mut out = Out::stdout();
    if is_json(global) {
        out.json(&answer)?;
    } else {
        print(&mut out, &doctor)?;
    }
    out.flush()?;
    match doctor.checks.iter().filter(|check| check.status == "fail").count() {
        0 => Ok(()),
        failed => Err(CliError::Unhealthy(failed)),
    }
}

/// What a service finds. That it does not answer is found here.
async fn remote(remote: Remote) -> Result<Value, CliError> {
    let check = match remote.doctor().await {
        Ok(mut answer) => {
            let here = Check {
                name: "server",
                health: Health::Ok,
                detail: format!("{} answers", remote.address()),
                advice: None,
            };
            let here = crate::operator::json(&api::model::CheckDto::from(here))?;
            if let Some(checks) = answer["checks"].as_array_mut() {
                checks.insert(0, here);
            }
            return Ok(answer);
        }
        Err(error @ CliError::Unreachable { .. }) => Check {
            name: "server",
            health: Health::Fail,
            detail: error.to_string(),
            advice: Some(
                "check that the service runs, and the address; `doctor` without --server looks itself",
            ),
        },
        // A wrong token is no finding about the service.
        Err(error) => return Err(error),
    };
    crate::operator::json(&DoctorDto::from(vec![check]))
}

/// What is found from here.
async fn direct(global: &Global) -> Vec<Check> {
    let settings = match Settings::load(global.config.as_deref()) {
        Ok(settings) => settings,
        Err(error) => {
            let advice = error.hint().map_or(
                "correct the settings",
                |_| "correct them; `project-sync config` prints every setting with its default",
            );
            return vec![check("settings", Health::Fail, error.to_string(), Some(advice))];
        }
    };
    let mut checks = vec![check("settings", Health::Ok, "read and understood", None)];
    let opened = database(global, &settings).await;
    // A database that is not there is not asked for anything.
    let db = opened.as_ref().cloned().unwrap_or_default();
    let dispatcher = match dispatcher_or_away(&db, &settings).await {
        Ok(dispatcher) => dispatcher,
        Err(error) => {
            checks.push(check("queue", Health::Fail, error.to_string(), Some("correct queue.redis_url")));
            return checks;
        }
    };
    let mut found = match opened {
        Ok(_) => admin::doctor(&dispatcher, now(&db).await, Utc::now).await,
        Err(unopened) => {
            let queue = admin::queue_checks(&*dispatcher.queue).await;
            std::iter::once(unopened).chain(queue).collect()
        }
    };
    if settings.queue.redis_url.is_none() {
        // What was asked is the queue of this command.
        found.retain(|check| !matches!(check.name, "queue" | "workers"));
        found.push(check("queue", Health::Ok, ELSEWHERE, None));
    }
    checks.extend(found);
    // Closed in order, SQLite folds its log into the database. The report matters more.
    let _ = db.close().await;
    checks
}

/// The database as it is: nothing is made and nothing is migrated.
async fn database(global: &Global, settings: &Settings) -> Result<Database, Check> {
    if let Some(file) = missing_file(global, settings) {
        let detail = format!("there is none yet at {}", file.display());
        let advice = "`project-sync sync` or `project-sync serve` makes it; --data names another folder";
        return Err(check("database", Health::Warn, detail, Some(advice)));
    }
    match tokio::time::timeout(PATIENCE, OpenedDatabase::open(global, settings)).await {
        Ok(Ok(opened)) => Ok(opened.db),
        Ok(Err(error)) => {
            let advice = match error {
                CliError::OpenDatabase { file: Some(_), .. } => {
                    "the file must be a database of this program that can be written; a backup may stand beside it"
                }
                CliError::OpenDatabase { file: None, .. } => "check that the database runs, and database.url",
                _ => LOOK_AT_IT,
            };
            Err(check("database", Health::Fail, error.to_string(), Some(advice)))
        }
        Err(_) => {
            let detail = format!("no answer within {} s", PATIENCE.as_secs());
            Err(check(
                "database",
                Health::Fail,
                detail,
                Some("check that the database runs, and database.url"),
            ))
        }
    }
}

/// The time that leases are told in: this machine's where it is the only one, else the database's.
async fn now(db: &Database) -> DateTime<Utc> {
    let is_shared = db.backend() == DbBackend::Postgres;
    let theirs = if is_shared { entities::now_of(db).await.ok() } else { None };
    theirs.unwrap_or_else(Utc::now)
}

fn check(
    name: &'static str,
    health: Health,
    detail: impl Into<String>,
    advice: Option<&'static str>,
) -> Check {
    Check { name, health, detail: detail.into(), advice }
}

fn print(out: &mut Out, doctor: &Doctor) -> Result<(), CliError> {
    let paint = Paint::stdout();
    for check in &doctor.checks {
        let status = format!("{:<5}", clean(&check.status));
        let status = match check.status.as_str() {
            "ok" => paint.green(&status),
            "warn" => paint.yellow(&status),
            _ => paint.red(&status),
        };
        out.line(format_args!("{status} {:<11} {}", clean(&check.name), clean(&check.detail)))?;
        if let Some(advice) = &check.advice {
            out.line(format_args!("{:<18}{}", "", clean(advice)))?;
        }
    }
    Ok(())
}
