//! Reading the events of one sync for the topic of its project.

use std::sync::Arc;

use bus::{EventKind, ProgressEvent};
use entities::{SyncId, syncs};
use tokio::sync::mpsc;

use super::{OpenError, PAGE, parsed};
use crate::hub::Inner;

/// What is heard of a sync.
pub(super) enum Heard {
    Event(Arc<ProgressEvent>),
    /// Events before this one are kept nowhere any more.
    AfterHole(Arc<ProgressEvent>),
    /// Its row is gone.
    Gone,
}

/// Reads the events of one sync for the topic of its project.
pub(super) struct Reader {
    pub(super) hub: Arc<Inner>,
    pub(super) ordinal: i64,
    pub(super) sync: SyncId,
    pub(super) last: i64,
    pub(super) sender: mpsc::Sender<(i64, Heard)>,
}

impl Reader {
    /// Reads to the end of the sync, whatever happens to the database meanwhile.
    pub(super) async fn run(mut self) {
        loop {
            match self.read().await {
                Ok(Some(heard)) => {
                    // Fails only if the project's topic is closed.
                    let _ = self.sender.send((self.ordinal, heard)).await;
                    return;
                }
                Ok(None) => return,
                Err(error) => {
                    tracing::debug!(%error, sync = %self.sync, "events cannot be read now");
                    self.hub.next_check().await;
                }
            }
        }
    }

    /// Reads until the sync has ended, which was told then, or is gone.
    async fn read(&mut self) -> Result<Option<Heard>, OpenError> {
        let mut is_after_hole = false;
        loop {
            let topic = match self.hub.sync(self.sync).await {
                Err(OpenError::NotFound) => return Ok(Some(Heard::Gone)),
                topic => topic?,
            };
            let Some(mut cursor) = topic.after(self.last) else {
                let page = syncs::events(&topic.db, self.sync, self.last, PAGE).await?;
                if page.is_empty() {
                    self.hub.next_check().await;
                }
                for row in page {
                    is_after_hole |= row.seq > self.last + 1;
                    self.last = row.seq;
                    if let Some(event) = parsed(row)
                        && self.send(Arc::new(event), std::mem::take(&mut is_after_hole)).await
                    {
                        return Ok(None);
                    }
                }
                continue;
            };
            drop(topic);
            while let Ok(told) = cursor.next().await {
                let Some(told) = told else { return Ok(Some(Heard::Gone)) };
                let Some(event) = told.event else {
                    // Those who follow the sync alone are told so by it.
                    is_after_hole = true;
                    continue;
                };
                self.last = event.seq;
                if self.send(event, std::mem::take(&mut is_after_hole)).await {
                    return Ok(None);
                }
            }
        }
    }

    /// Passes an event on. `true` if it was the last one, or nobody wants it.
    async fn send(&self, event: Arc<ProgressEvent>, is_after_hole: bool) -> bool {
        let is_end = event.event.kind() == EventKind::Terminal;
        let heard = match is_after_hole {
            true => Heard::AfterHole(event),
            false => Heard::Event(event),
        };
        self.sender.send((self.ordinal, heard)).await.is_err() || is_end
    }
}
