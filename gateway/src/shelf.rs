//! The topics that are open: each once, however many ask for it at the same time, and for a while after nobody does.

use std::{
    collections::HashMap,
    future::Future,
    hash::Hash,
    ops::Deref,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{sync::OnceCell, task::AbortHandle};

use crate::topic::Topic;

/// How long a topic stays open after the last follower is gone: who was cut off comes again within it.
pub(crate) const LINGER: Duration = Duration::from_secs(10);

/// The most topics without a follower that stay open.
const MAX_IDLE: usize = 1_000;

/// A topic that is fed by a task.
pub(crate) struct Fed<T> {
    pub(crate) topic: Arc<T>,
    pub(crate) feed: AbortHandle,
}

impl<T> Drop for Fed<T> {
    fn drop(&mut self) {
        self.feed.abort();
    }
}

type Cell<T> = Arc<OnceCell<Fed<T>>>;

/// Open topics by what they are about.
pub(crate) struct Shelf<K, T> {
    cells: Mutex<HashMap<K, Cell<T>>>,
}

/// A topic that stays open as long as this is held, or followed.
pub(crate) struct Held<T> {
    topic: Arc<T>,
    _cell: Cell<T>,
}

impl<T> Deref for Held<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.topic
    }
}

impl<K, T> Default for Shelf<K, T> {
    fn default() -> Self {
        Self { cells: Mutex::default() }
    }
}

impl<K: Copy + Eq + Hash, T: AsRef<Topic>> Shelf<K, T> {
    fn cells(&self) -> MutexGuard<'_, HashMap<K, Cell<T>>> {
        self.cells.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The topic, opened by `open` if it is not open yet.
    ///
    /// # Errors
    /// Those of `open`; then the next one tries again.
    pub(crate) async fn get<E>(
        &self,
        key: K,
        open: impl Future<Output = Result<Fed<T>, E>>,
    ) -> Result<Held<T>, E> {
        let cell = Arc::clone(self.cells().entry(key).or_default());
        match cell.get_or_try_init(|| open).await {
            Ok(fed) => Ok(Held { topic: Arc::clone(&fed.topic), _cell: Arc::clone(&cell) }),
            Err(error) => {
                let mut cells = self.cells();
                // Others may be trying with the same cell, or be through already.
                if cells.get(&key).is_some_and(|kept| Arc::ptr_eq(kept, &cell) && !kept.initialized())
                    && Arc::strong_count(&cell) == 2
                {
                    cells.remove(&key);
                }
                Err(error)
            }
        }
    }

    /// Calls `each` with every open topic.
    pub(crate) fn each(&self, mut each: impl FnMut(K, &Arc<T>)) {
        for (key, cell) in &*self.cells() {
            if let Some(fed) = cell.get() {
                each(*key, &fed.topic);
            }
        }
    }

    /// Closes what nobody followed for long, and what was given up; tells how many stay open.
    pub(crate) fn sweep(&self) -> usize {
        let mut closed = Vec::new();
        let mut cells = self.cells();
        let mut idle = 0;
        cells.retain(|_, cell| {
            // Whoever is about to follow holds the cell.
            let is_free = Arc::strong_count(cell) == 1;
            let idle_since = match cell.get() {
                Some(fed) => (*fed.topic).as_ref().idle_since(),
                None if is_free => return false,
                None => None,
            };
            let Some(since) = idle_since.filter(|_| is_free) else { return true };
            idle += 1;
            let stays = since.elapsed() < LINGER && idle <= MAX_IDLE;
            if !stays {
                closed.push(Arc::clone(cell));
            }
            stays
        });
        let open = cells.len();
        // What a topic holds is freed without the lock.
        drop(cells);
        drop(closed);
        open
    }

    /// Takes a topic away, so that the next one opens it anew; it goes when nobody follows it any more.
    pub(crate) fn close(&self, key: K) {
        let closed = self.cells().remove(&key);
        drop(closed);
    }

    /// Closes all.
    pub(crate) fn clear(&self) {
        let closed = std::mem::take(&mut *self.cells());
        drop(closed);
    }
}
