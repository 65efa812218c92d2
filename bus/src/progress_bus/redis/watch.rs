//! Watching one sync.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use entities::SyncId;
use futures::stream::{self, BoxStream};
use tokio::time::timeout;

use super::{Listener, Shared};
use crate::{EventKind, ProgressEvent, progress_bus::SUBSCRIPTION_EVENTS};

/// How long a watcher waits for a message before it looks into the log all the same: nobody notices a message that was
/// lost as the last one.
const SILENCE: Duration = Duration::from_secs(2);

/// The events of a sync after number `after`, those in its log first.
pub(super) async fn watch(
    shared: Arc<Shared>,
    sync: SyncId,
    after: i64,
) -> BoxStream<'static, ProgressEvent> {
    // First the ears, then the log: so nothing falls between the two.
    let listener = shared.listen(&shared.channel_of(sync)).await;
    let page = VecDeque::new();
    let watcher = Watcher { shared, sync, listener, last: after, page, is_behind: true, has_ended: false };
    Box::pin(stream::unfold(watcher, Watcher::next))
}

struct Watcher {
    shared: Arc<Shared>,
    sync: SyncId,
    /// Keeps the newest message, however slow the watcher is.
    listener: Listener,
    /// The number of the last event that was told or skipped.
    last: i64,
    /// What is to be told next.
    page: VecDeque<ProgressEvent>,
    /// The log may have more.
    is_behind: bool,
    has_ended: bool,
}

impl Watcher {
    async fn next(mut self) -> Option<(ProgressEvent, Self)> {
        loop {
            if let Some(event) = self.page.pop_front() {
                self.last = self.last.max(event.seq);
                self.has_ended = event.event.kind() == EventKind::Terminal;
                return Some((event, self));
            }
            if self.has_ended {
                return None;
            }
            if self.is_behind {
                self.read_page(None).await;
                continue;
            }
            let heard = &mut self.listener.heard;
            let hint = match timeout(SILENCE, heard.changed()).await {
                Ok(Ok(())) => heard.borrow_and_update().event.clone(),
                Ok(Err(_)) => return None,
                Err(_) => None,
            };
            match hint {
                Some(event) if event.seq <= self.last => {}
                Some(event) if event.seq == self.last + 1 => self.page.push_back(own(event)),
                hint => self.read_page(hint.map(own)).await,
            }
        }
    }

    /// Reads on in the log. What was heard is told in any case.
    async fn read_page(&mut self, heard: Option<ProgressEvent>) {
        match self.shared.read(self.sync, self.last, SUBSCRIPTION_EVENTS).await {
            Ok(entries) => {
                self.is_behind = entries.len() == SUBSCRIPTION_EVENTS;
                for (seq, event) in entries {
                    // What this program cannot read leaves a gap.
                    match event {
                        Some(event) => self.page.push_back(event),
                        None => self.last = self.last.max(seq),
                    }
                }
            }
            Err(error) => {
                tracing::debug!(%error, sync = %self.sync, "cannot read the log of events");
                self.is_behind = false;
            }
        }
        let known = self.page.back().map_or(self.last, |event| event.seq.max(self.last));
        if let Some(event) = heard
            && event.seq > known
            && !self.is_behind
        {
            self.page.push_back(event);
        }
    }
}

fn own(event: Arc<ProgressEvent>) -> ProgressEvent {
    Arc::unwrap_or_clone(event)
}
