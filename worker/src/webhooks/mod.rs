//! Webhooks: what happened is told over HTTP, to those who have no broker.
//!
//! Deliveries are rows, written in the transaction in which a sync ends (`entities::webhooks`). Each worker takes some that
//! are due, sends them signed, and notes what came of it. What nobody noted is due again when its lease ends: each event
//! arrives at least once, under its own id. No receiver is given more than a few at a time, so a slow one delays itself
//! alone. Where they are is named by users, so they are reached by way of `source::guard`. Nothing here touches a sync.

mod attempt;
mod judge;
mod load;
mod settings;
pub mod telemetry;
mod upkeep;

use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;
use entities::{
    Database,
    webhooks::{self, Claimed, Fairness},
};
use sea_orm::DbErr;
use source::{
    guard::{Outbound, OutboundError, Reach},
    settings::CredentialKeys,
};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use self::load::{Hosts, Load};
pub use self::settings::WebhookSettings;
use crate::clock::Clock;

/// How much longer than its patience a sender holds what it has taken: the time to read it and to note what came of it.
const LEASE_MARGIN: Duration = Duration::from_secs(30);

/// How much later what was taken and cannot be sent just now is due.
const HELD_BACK: TimeDelta = TimeDelta::seconds(1);

/// How long the sender may go on after its patience when the process is to end.
const STOP_MARGIN: Duration = Duration::from_secs(2);

/// What requests bear as their user agent.
const USER_AGENT: &str = concat!("project-sync/", env!("CARGO_PKG_VERSION"));

/// Sends deliveries. Cheap to clone.
#[derive(Clone)]
pub struct Sender {
    db: Database,
    settings: Arc<WebhookSettings>,
    keys: CredentialKeys,
    clock: Clock,
    outbound: Outbound,
    hosts: Hosts,
}

impl Sender {
    /// What sends within `reach`, with secrets that `keys` open.
    ///
    /// # Errors
    /// If the HTTP client cannot be set up.
    pub fn new(
        db: Database,
        settings: WebhookSettings,
        reach: Reach,
        keys: CredentialKeys,
        clock: Clock,
    ) -> Result<Self, OutboundError> {
        let outbound = Outbound::new(reach, settings.timeout(), USER_AGENT)?;
        Ok(Self { db, settings: Arc::new(settings), keys, clock, outbound, hosts: Hosts::default() })
    }

    /// Takes some of what is due, at most `free`, of those who have not enough on their way already.
    async fn claim(&self, load: &Load, free: usize) -> Result<Vec<Claimed>, DbErr> {
        let fairness = Fairness {
            total: free,
            per_tenant: self.settings.tenant_concurrency,
            per_webhook: self.settings.host_concurrency,
        };
        let lease = self.settings.timeout() + LEASE_MARGIN;
        let (now, system) = (self.clock.now(), self.db.system());
        webhooks::claim(&system, fairness, &load.under_way(), now, lease).await
    }
}

/// Sends what is due until `stop` fires; then what is on its way may end. Looks after the log, too.
pub async fn serve(sender: Sender, stop: CancellationToken) {
    if !sender.settings.enabled {
        return;
    }
    tokio::join!(send(&sender, &stop), upkeep::run(&sender, &stop));
}

async fn send(sender: &Sender, stop: &CancellationToken) {
    let mut written = bus::integration::written_deliveries();
    let poll = Duration::from_millis(sender.settings.poll_ms);
    let (mut load, mut under_way) = (Load::default(), JoinSet::new());
    while !stop.is_cancelled() {
        // From here on, so that what is written while we look is looked for again.
        written.mark_unchanged();
        fill(sender, &mut load, &mut under_way).await;
        tokio::select! {
            Some(ended) = under_way.join_next() => note_end(&mut load, ended),
            // The other side is a static: it never goes.
            _ = written.changed() => {}
            () = tokio::time::sleep(poll) => {}
            () = stop.cancelled() => {}
        }
        // Places that came free together are filled together.
        while let Some(ended) = under_way.try_join_next() {
            note_end(&mut load, ended);
        }
    }
    let patience = sender.settings.timeout() + STOP_MARGIN;
    let ending = async { while under_way.join_next().await.is_some() {} };
    if tokio::time::timeout(patience, ending).await.is_err() {
        tracing::warn!("deliveries are left to others when their lease ends");
    }
}

/// Takes as much as there are places for: as long as something is given, for a claim chooses among few.
async fn fill(sender: &Sender, load: &mut Load, under_way: &mut JoinSet<Claimed>) {
    loop {
        let free = sender.settings.concurrency.saturating_sub(under_way.len());
        if free == 0 {
            return;
        }
        let claimed = match sender.claim(load, free).await {
            Ok(claimed) if claimed.is_empty() => return,
            Ok(claimed) => claimed,
            Err(error) => return tracing::warn!(%error, "deliveries wait"),
        };
        for one in claimed {
            load.add(&one);
            let sender = sender.clone();
            under_way.spawn(async move {
                sender.deliver(&one).await;
                one
            });
        }
    }
}

fn note_end(load: &mut Load, ended: Result<Claimed, tokio::task::JoinError>) {
    match ended {
        Ok(claimed) => load.remove(&claimed),
        // A bug of ours: the delivery is due again when its lease ends, and its place is lost until we are begun anew.
        Err(error) => tracing::error!(%error, "a delivery broke off"),
    }
}
