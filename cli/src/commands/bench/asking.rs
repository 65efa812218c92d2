//! Asking for syncs at a rate, whatever becomes of those asked for before: an open loop. A request that was due and could
//! not be sent yet is as late as its user would find it, so latencies count from when it was due.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use entities::{ProjectId, SyncId};
use futures::StreamExt;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::{
    sync::Semaphore,
    task::JoinSet,
    time::{Instant, sleep, sleep_until},
};
use tokio_util::sync::CancellationToken;

use super::{
    histogram::{Histogram, Spread},
    repositories::Repositories,
};
use crate::{client::Client, error::CliError};

/// Requests that are under way at a time. More wait here, and their latency counts on.
const MAX_IN_FLIGHT: usize = 256;

/// Syncs that are looked at at a time, once all were asked for.
const LOOKS: usize = 16;

/// The pause between two looks at those that have not ended.
const LOOK_PAUSE: Duration = Duration::from_millis(250);

/// How long syncs may take to end after the last was asked for.
const PATIENCE: Duration = Duration::from_secs(180);

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Requests a second.
    pub per_second: f64,
    /// How long.
    pub lasts: Duration,
    /// The most requests.
    pub at_most: usize,
}

/// What came of it.
#[derive(Default)]
pub struct Asked {
    /// Syncs that were made, each with its project's place.
    pub made: Vec<(SyncId, usize)>,
    /// Requests that were due.
    pub due: u64,
    /// Requests that were answered with a sync that was there already.
    pub joined: u64,
    /// Requests that were refused or not answered, by the word for it.
    pub refused: BTreeMap<String, u64>,
    /// From when a request was due to its answer.
    pub answered: Spread,
    /// From the first request until the last was due.
    pub took: Duration,
    /// When the first was due.
    pub began_at: DateTime<Utc>,
}

/// How one request was answered.
enum Answer {
    Made(SyncId, usize),
    Joined,
    Refused(String),
}

/// Asks as planned, in the projects' turns. Each request comes with a new commit, where the repositories are ours.
///
/// # Errors
/// If a repository cannot be written, or the run is to end.
pub async fn ask(
    client: &Client,
    projects: &[ProjectId],
    repositories: Option<&Repositories>,
    plan: Plan,
    stop: &CancellationToken,
) -> Result<Asked, CliError> {
    let latencies = Arc::new(Histogram::new());
    let in_flight = Arc::new(Semaphore::new(MAX_IN_FLIGHT));
    let (begin, began_at) = (Instant::now(), Utc::now());
    let mut asked = Asked { began_at, ..Asked::default() };
    let mut answers = JoinSet::new();
    for number in 0..plan.at_most {
        let after = Duration::from_secs_f64(number as f64 / plan.per_second);
        // What cannot be sent for as long again would only be asked too late.
        if after >= plan.lasts || begin.elapsed() >= 2 * plan.lasts + MIN_OVERTIME {
            break;
        }
        asked.due += 1;
        let due = begin + after;
        let permit = async {
            sleep_until(due).await;
            Arc::clone(&in_flight).acquire_owned().await.ok()
        };
        let permit = tokio::select! {
            permit = permit => permit,
            () = stop.cancelled() => return Err(CliError::Interrupted),
        };
        let place = number % projects.len();
        if let Some(repositories) = repositories {
            repositories.all[place].commit().map_err(CliError::io("moving a branch"))?;
        }
        let (client, project, latencies) = (client.clone(), projects[place], Arc::clone(&latencies));
        answers.spawn(async move {
            let answer = request(&client, project, place).await;
            latencies.record(due.elapsed());
            drop(permit);
            answer
        });
        while let Some(Ok(answer)) = answers.try_join_next() {
            asked.count(answer);
        }
    }
    // A rate is over the whole time that it was kept up, the last interval included.
    let wanted = Duration::from_secs_f64(asked.due as f64 / plan.per_second);
    asked.took = begin.elapsed().max(wanted);
    tokio::select! {
        () = sleep_until(begin + wanted) => {}
        () = stop.cancelled() => return Err(CliError::Interrupted),
    }
    while let Some(answer) = answers.join_next().await {
        if let Ok(answer) = answer {
            asked.count(answer);
        }
    }
    asked.answered = latencies.take();
    Ok(asked)
}

/// What a step may last longer than twice its time, so that short ones are asked for in full.
const MIN_OVERTIME: Duration = Duration::from_secs(10);

impl Asked {
    fn count(&mut self, answer: Answer) {
        match answer {
            Answer::Made(sync, place) => self.made.push((sync, place)),
            Answer::Joined => self.joined += 1,
            Answer::Refused(word) => *self.refused.entry(word).or_default() += 1,
        }
    }

    /// Requests that were refused.
    pub fn refusals(&self) -> u64 {
        self.refused.values().sum()
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Started {
    is_new: bool,
    sync: Named,
}

#[derive(Deserialize)]
struct Named {
    id: SyncId,
}

async fn request(client: &Client, project: ProjectId, place: usize) -> Answer {
    let body = json!({ "queueNext": true });
    let answer = client.post(&["projects", &project.to_string(), "sync"], &body).await;
    match answer.map(serde_json::from_value::<Started>) {
        Ok(Ok(Started { is_new: true, sync })) => Answer::Made(sync.id, place),
        Ok(Ok(_)) => Answer::Joined,
        Ok(Err(_)) => Answer::Refused("strange-answer".to_owned()),
        Err(CliError::Refused { code, .. }) => Answer::Refused(code),
        Err(_) => Answer::Refused("no-answer".to_owned()),
    }
}

/// A sync that ended, as its row tells.
#[derive(Clone, Deserialize, Debug)]
#[serde(rename_all = "camelCase")]
pub struct Ended {
    /// How.
    pub status: String,
    /// When it was asked for.
    pub created_at: DateTime<Utc>,
    /// When a worker first began it.
    pub started_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub finished_at: Option<DateTime<Utc>>,
    /// Why it failed.
    pub error: Option<Failure>,
}

/// Why a sync failed.
#[derive(Clone, Deserialize, Debug)]
pub struct Failure {
    /// The stable word for it.
    pub code: String,
}

/// Waits until all these syncs have ended, and gives them with their projects' places. Those that do not end in time are
/// left out.
///
/// # Errors
/// If the run is to end.
pub async fn ends(
    client: &Client,
    made: &[(SyncId, usize)],
    stop: &CancellationToken,
) -> Result<Vec<(Ended, usize)>, CliError> {
    let deadline = Instant::now() + PATIENCE;
    let (mut open, mut ended) = (made.to_vec(), Vec::with_capacity(made.len()));
    loop {
        let looks = futures::stream::iter(open).map(|(sync, place)| async move {
            let answer: Result<Value, CliError> = client.get(&["syncs", &sync.to_string()], &()).await;
            let seen = answer.ok().and_then(|value| serde_json::from_value::<Ended>(value).ok());
            (sync, place, seen.filter(|seen| seen.finished_at.is_some()))
        });
        let seen: Vec<_> = tokio::select! {
            seen = looks.buffer_unordered(LOOKS).collect() => seen,
            () = stop.cancelled() => return Err(CliError::Interrupted),
        };
        open = Vec::new();
        for (sync, place, seen) in seen {
            match seen {
                Some(seen) => ended.push((seen, place)),
                None => open.push((sync, place)),
            }
        }
        if open.is_empty() || Instant::now() >= deadline {
            return Ok(ended);
        }
        sleep(LOOK_PAUSE).await;
    }
}
