//! The jobs of one priority that could be lent now: tenants in turn, the oldest of each first.

use std::collections::{BTreeSet, HashMap};

use entities::TenantId;

use crate::queue::MAX_REMEMBERED_TENANTS;

/// When a tenant was served, in ticks of the queue's clock; 0 if never.
type Stamp = u64;

#[derive(Default)]
pub(super) struct Lanes {
    /// What waits, of each tenant of which anything does.
    lanes: HashMap<TenantId, Lane>,
    /// The same tenants, the one that was served least recently first.
    turns: BTreeSet<(Stamp, TenantId)>,
    /// When tenants of which nothing waits were served.
    served: HashMap<TenantId, Stamp>,
}

struct Lane {
    served: Stamp,
    /// Order numbers and ids.
    jobs: BTreeSet<(u64, String)>,
}

impl Lanes {
    pub(super) fn is_empty(&self) -> bool {
        self.turns.is_empty()
    }

    pub(super) fn insert(&mut self, tenant: TenantId, seq: u64, id: String) {
        let lane = self.lanes.entry(tenant).or_insert_with(|| {
            let served = self.served.remove(&tenant).unwrap_or_default();
            self.turns.insert((served, tenant));
            Lane { served, jobs: BTreeSet::new() }
        });
        lane.jobs.insert((seq, id));
    }

    pub(super) fn remove(&mut self, tenant: TenantId, seq: u64, id: &str) {
        let Some(lane) = self.lanes.get_mut(&tenant) else { return };
        lane.jobs.remove(&(seq, id.to_owned()));
        if lane.jobs.is_empty() {
            let served = lane.served;
            self.turns.remove(&(served, tenant));
            self.retire(tenant, served);
        }
    }

    /// The id of the job whose turn it is; `stamp` says when its tenant is served. It is left where it is.
    pub(super) fn serve(&mut self, stamp: Stamp) -> Option<String> {
        let (_, tenant) = self.turns.pop_first()?;
        self.turns.insert((stamp, tenant));
        let lane = self.lanes.get_mut(&tenant)?;
        lane.served = stamp;
        lane.jobs.first().map(|(_, id)| id.clone())
    }

    /// Remembers when a tenant was served of which nothing waits any more.
    fn retire(&mut self, tenant: TenantId, served: Stamp) {
        self.lanes.remove(&tenant);
        if self.served.len() >= MAX_REMEMBERED_TENANTS {
            // They start anew, as if never served: that is unfair for one round at most.
            self.served.clear();
        }
        self.served.insert(tenant, served);
    }
}
