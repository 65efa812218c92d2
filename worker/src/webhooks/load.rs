//! How much is on its way to whom.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, PoisonError},
};

use entities::{
    TenantId, WebhookId,
    webhooks::{Claimed, UnderWay},
};

/// What is on its way, by tenant and by webhook.
#[derive(Default)]
pub(super) struct Load {
    tenants: HashMap<TenantId, usize>,
    webhooks: HashMap<WebhookId, usize>,
}

impl Load {
    /// All of it.
    pub(super) fn under_way(&self) -> UnderWay {
        UnderWay { tenants: counts(&self.tenants), webhooks: counts(&self.webhooks) }
    }

    /// Counts one more.
    pub(super) fn add(&mut self, claimed: &Claimed) {
        *self.tenants.entry(claimed.tenant_id).or_default() += 1;
        *self.webhooks.entry(claimed.webhook_id).or_default() += 1;
    }

    /// Counts one less.
    pub(super) fn remove(&mut self, claimed: &Claimed) {
        less(&mut self.tenants, &claimed.tenant_id);
        less(&mut self.webhooks, &claimed.webhook_id);
    }
}

fn counts<K: Copy>(counts: &HashMap<K, usize>) -> Vec<(K, usize)> {
    counts.iter().map(|(key, count)| (*key, *count)).collect()
}

/// One less of `key`; what there is none of is not remembered.
fn less<K: Hash + Eq + Clone>(counts: &mut HashMap<K, usize>, key: &K) {
    if let Some(count) = counts.get_mut(key) {
        *count -= 1;
        if *count == 0 {
            counts.remove(key);
        }
    }
}

/// How much is on its way to each host: webhooks of many tenants may name the same one.
#[derive(Clone, Default)]
pub(super) struct Hosts(Arc<Mutex<HashMap<String, usize>>>);

/// A place among those that are on their way to a host, until it is dropped.
pub(super) struct Place {
    hosts: Hosts,
    host: String,
}

impl Hosts {
    /// A place, if fewer than `most` are taken.
    pub(super) fn take(&self, host: &str, most: usize) -> Option<Place> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(host.to_owned()).or_default();
        if *count >= most {
            return None;
        }
        *count += 1;
        Some(Place { hosts: self.clone(), host: host.to_owned() })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        less(&mut self.hosts.0.lock().unwrap_or_else(PoisonError::into_inner), &self.host);
    }
}
