//! Getting a sync done: by running it here, or by waiting for whoever runs it.

use std::time::Duration;

use bus::{EventKind, ProgressEvent, SyncJob};
use entities::{
    Branch, ProjectSync, SyncId, SyncStatus, TenantDb,
    syncs::{self, NewSync, Requested},
};
use futures::StreamExt;
use source::Opened;
use tokio_util::sync::CancellationToken;
use worker::{
    error::SyncError,
    pipeline::{Rescued, RunOutcome, Runner, Stop},
};

use crate::{error::CliError, live::View};

/// How often the events of a sync that runs elsewhere are looked for.
const POLL: Duration = Duration::from_millis(200);

/// The most events that are read at once.
const EVENTS_AT_ONCE: u64 = 500;

/// How often we ask again after waiting for another sync, before we give up: the branch is never left to us.
const MAX_ROUNDS: u32 = 1_000;

/// Gets one sync of a branch done.
pub struct Drive<'a> {
    /// Runs it.
    runner: &'a Runner,
    /// The branch.
    branch: &'a Branch,
    /// What is wanted.
    wanted: NewSync,
    /// Shows it.
    view: &'a mut View,
    /// Fires when the user wants the end.
    cancel: CancellationToken,
    /// A pending sync that was made here.
    made: Option<ProjectSync>,
}

/// What came of watching a sync that runs elsewhere.
enum Watched {
    /// It ended on its own.
    Ended(Box<ProjectSync>),
    /// Its worker died, or it was gone before we looked.
    AskAgain,
}

impl<'a> Drive<'a> {
    /// Nothing is asked for yet.
    pub fn new(
        runner: &'a Runner,
        branch: &'a Branch,
        wanted: NewSync,
        view: &'a mut View,
        cancel: CancellationToken,
    ) -> Self {
        Self { runner, branch, wanted, view, cancel, made: None }
    }

    /// Runs a sync that is as wanted, or follows one that runs already, to its end. Other syncs of the branch that wait
    /// are run before, those that run are waited for.
    ///
    /// # Errors
    /// If the database is away, or the user interrupted the waiting. A sync that failed is no error here.
    pub async fn finish(mut self, opened: Option<Opened>) -> Result<ProjectSync, CliError> {
        let result = self.ask_until_done(opened).await;
        if let (Err(CliError::Interrupted), Some(made)) = (&result, &self.made) {
            // Left pending, it would be run by the next command, when nobody wants it any more.
            self.runner.dispatcher.cancel(made, self.runner.clock.now()).await?;
        }
        result
    }

    async fn ask_until_done(&mut self, mut opened: Option<Opened>) -> Result<ProjectSync, CliError> {
        for _ in 0..MAX_ROUNDS {
            let now = self.runner.clock.now();
            let wanted = self.wanted.clone();
            let Requested { sync, is_new } =
                self.runner.dispatcher.request(self.branch, wanted, false, now).await?;
            let outcome = if sync.status == SyncStatus::Running {
                if self.rescue(&sync).await? {
                    continue;
                }
                RunOutcome::BranchBusy
            } else {
                let is_wanted = self.is_wanted(&sync);
                if is_new {
                    self.made = Some(sync.clone());
                }
                self.run(&sync, if is_wanted { opened.take() } else { None }).await?
            };
            let ended = match outcome {
                RunOutcome::Ended(row, _) => row,
                RunOutcome::Interrupted(..) => continue,
                RunOutcome::Paused => return Err(CliError::Paused),
                RunOutcome::BranchBusy | RunOutcome::NotPending => match self.wait(&sync).await? {
                    Watched::Ended(row) => row,
                    Watched::AskAgain => continue,
                },
            };
            if self.is_wanted(&ended) {
                return Ok(*ended);
            }
            if self.cancel.is_cancelled() {
                return Err(CliError::Interrupted);
            }
        }
        Err(CliError::Ended {
            code: "branch-busy".to_owned(),
            message: "other syncs keep the branch busy; try again later".to_owned(),
        })
    }

    fn db(&self) -> TenantDb {
        self.runner.dispatcher.db.tenant(self.branch.tenant_id)
    }

    /// Whether a sync does what we want.
    fn is_wanted(&self, sync: &ProjectSync) -> bool {
        sync.forced == self.wanted.forced && sync.restore_seq == self.wanted.restore_seq
    }

    /// Ends a sync whose worker is gone. Tells whether it did.
    async fn rescue(&self, other: &ProjectSync) -> Result<bool, CliError> {
        match self.runner.rescue(other).await {
            // Another command was faster.
            Err(SyncError::ClaimLost) => Ok(false),
            result => Ok(result? != Rescued::No),
        }
    }

    /// Runs a sync here and shows its events.
    async fn run(&mut self, sync: &ProjectSync, opened: Option<Opened>) -> Result<RunOutcome, CliError> {
        let mut events = self.runner.dispatcher.progress.subscribe(sync.id, 0).await;
        let job = SyncJob::new(sync.id);
        let stop = Stop { cancel: self.cancel.clone(), ..Default::default() };
        let mut run = std::pin::pin!(self.runner.run(&job, opened, stop));
        let mut seen = 0;
        let outcome = loop {
            tokio::select! {
                outcome = &mut run => break outcome?,
                Some(event) = events.next() => {
                    if event.seq > seen + 1 {
                        // We fell behind and lost some: they are in the database.
                        show_kept(&self.db(), self.view, sync.id, &mut seen).await?;
                    }
                    if event.seq == seen + 1 {
                        seen = event.seq;
                        self.view.show(&event);
                    }
                }
            }
        };
        if matches!(outcome, RunOutcome::Ended(..)) {
            show_kept(&self.db(), self.view, sync.id, &mut seen).await?;
        }
        Ok(outcome)
    }

    /// Waits for a sync that we could not run: until it ends, or until the one that keeps the branch busy does.
    async fn wait(&mut self, sync: &ProjectSync) -> Result<Watched, CliError> {
        let running = match syncs::get(&self.db(), sync.id).await? {
            Some(row) if row.status == SyncStatus::Pending => {
                syncs::running(&self.db(), self.branch.id).await?
            }
            row => row,
        };
        match running {
            Some(running) => self.follow(running).await,
            // It ended in between.
            None => Ok(Watched::AskAgain),
        }
    }

    /// Shows the events of a sync that runs elsewhere until it ends.
    async fn follow(&mut self, mut row: ProjectSync) -> Result<Watched, CliError> {
        if !row.status.is_terminal() {
            self.view.note("another command syncs this branch; following it");
        }
        let mut seen = 0;
        loop {
            let has_ended = row.status.is_terminal();
            show_kept(&self.db(), self.view, row.id, &mut seen).await?;
            if has_ended {
                let is_lost = row.error_code.as_deref() == Some("worker-lost");
                return Ok(if is_lost { Watched::AskAgain } else { Watched::Ended(Box::new(row)) });
            }
            if self.rescue(&row).await? {
                return Ok(Watched::AskAgain);
            }
            tokio::select! {
                () = tokio::time::sleep(POLL) => {}
                // The other command's sync goes on.
                () = self.cancel.cancelled() => return Err(CliError::Interrupted),
            }
            let gone = SyncError::Internal("the row of a sync is gone");
            row = syncs::get(&self.db(), row.id).await?.ok_or(gone)?;
        }
    }
}

/// Shows the events that the database keeps after number `seen`.
async fn show_kept(db: &TenantDb, view: &mut View, sync: SyncId, seen: &mut i64) -> Result<(), CliError> {
    loop {
        let events = syncs::events(db, sync, *seen, EVENTS_AT_ONCE).await?;
        let Some(last) = events.last() else { return Ok(()) };
        *seen = last.seq;
        for event in events {
            // An event of another form is of a newer version of this program.
            if let Ok(event) = serde_json::from_value::<ProgressEvent>(event.payload) {
                view.show(&event);
                if event.event.kind() == EventKind::Terminal {
                    return Ok(());
                }
            }
        }
    }
}
