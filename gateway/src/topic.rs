//! A topic: what is told of one sync or one project, to all who follow it.

use std::sync::{
    Arc, Mutex, PoisonError, RwLock, RwLockReadGuard,
    atomic::{AtomicUsize, Ordering},
};

use tokio::{sync::watch, time::Instant};

use crate::{
    audience::Audience,
    ring::{Ring, Since, Told},
};

/// One topic: a ring of events, and those who follow it.
pub(crate) struct Topic {
    ring: RwLock<Ring>,
    audience: Audience,
    tail: watch::Sender<Tail>,
    followers: AtomicUsize,
    idle_since: Mutex<Instant>,
}

/// How far a topic is, as its followers are woken with it.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) struct Tail {
    /// The place that the next event will take.
    next: u64,
    /// Nothing follows any more.
    is_ended: bool,
}

impl Default for Topic {
    fn default() -> Self {
        Self {
            ring: RwLock::default(),
            audience: Audience::default(),
            tail: watch::Sender::default(),
            followers: AtomicUsize::new(0),
            idle_since: Mutex::new(Instant::now()),
        }
    }
}

impl Topic {
    /// What was told last. Nothing may be awaited under it.
    pub(crate) fn ring(&self) -> RwLockReadGuard<'_, Ring> {
        // A panic within `push` cannot leave it half-changed in a way that matters: at worst a size is wrong.
        self.ring.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Those who are written to by a speaker.
    pub(crate) fn audience(&self) -> &Audience {
        &self.audience
    }

    /// Changes whenever something is told.
    pub(crate) fn tail(&self) -> watch::Receiver<Tail> {
        self.tail.subscribe()
    }

    /// Tells something to all who follow.
    pub(crate) fn tell(&self, told: impl IntoIterator<Item = Told>) {
        let next = {
            let mut ring = self.ring.write().unwrap_or_else(PoisonError::into_inner);
            told.into_iter().for_each(|told| ring.push(told));
            ring.next()
        };
        self.tail.send_if_modified(|tail| std::mem::replace(&mut tail.next, next) != next);
    }

    /// Says that nothing follows.
    pub(crate) fn end(&self) {
        self.tail.send_if_modified(|tail| !std::mem::replace(&mut tail.is_ended, true));
    }

    /// Whether nothing follows.
    pub(crate) fn is_ended(&self) -> bool {
        self.tail.borrow().is_ended
    }

    /// Follows from a place on.
    pub(crate) fn follow(self: &Arc<Self>, place: u64) -> Cursor {
        self.followers.fetch_add(1, Ordering::Relaxed);
        Cursor { topic: Arc::clone(self), tail: self.tail.subscribe(), place }
    }

    /// Since when nobody follows; none while somebody does.
    pub(crate) fn idle_since(&self) -> Option<Instant> {
        let since = *self.idle_since.lock().unwrap_or_else(PoisonError::into_inner);
        (self.followers.load(Ordering::Acquire) == 0).then_some(since)
    }

    /// Waits until something is told after `place`, or nothing follows.
    pub(crate) async fn passes(&self, place: u64) {
        let mut tail = self.tail.subscribe();
        // Fails only if the topic is gone.
        let _ = tail.wait_for(|tail| tail.next > place || tail.is_ended).await;
    }
}

/// A place in a topic, from which somebody reads on.
pub(crate) struct Cursor {
    topic: Arc<Topic>,
    tail: watch::Receiver<Tail>,
    place: u64,
}

/// What there is for a reader.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Ahead {
    /// Something.
    More,
    /// Nothing yet.
    Nothing,
    /// Nothing, and nothing will come.
    Ended,
    /// Something that the ring has no more: the reader was too slow.
    Gone,
}

impl Cursor {
    /// The topic.
    pub(crate) fn topic(&self) -> &Arc<Topic> {
        &self.topic
    }

    /// Calls `each` with up to `max` events from the place on, and does not move. Tells what there is.
    pub(crate) fn peek(&mut self, max: usize, each: impl FnMut(&Told)) -> Ahead {
        // The tail first: what is told before the end is in the ring by then.
        let is_ended = self.tail.borrow_and_update().is_ended;
        match self.topic.ring().since(self.place) {
            Since::Gone => Ahead::Gone,
            Since::Told(told) if told.len() > 0 => {
                told.take(max).for_each(each);
                Ahead::More
            }
            Since::Told(_) if is_ended => Ahead::Ended,
            Since::Told(_) => Ahead::Nothing,
        }
    }

    /// Moves on.
    pub(crate) fn skip(&mut self, events: usize) {
        self.place += events as u64;
    }

    /// Waits until there may be something that `peek` did not tell of.
    pub(crate) async fn changed(&mut self) {
        // Fails only if the topic is gone, which this holds.
        let _ = self.tail.changed().await;
    }

    /// The next event: none after the last one, an error if the ring has it no more.
    pub(crate) async fn next(&mut self) -> Result<Option<Told>, TooSlow> {
        loop {
            let mut next = None;
            match self.peek(1, |told| next = Some(told.clone())) {
                Ahead::More => {
                    self.skip(1);
                    return Ok(next);
                }
                Ahead::Nothing => self.changed().await,
                Ahead::Ended => return Ok(None),
                Ahead::Gone => return Err(TooSlow),
            }
        }
    }
}

impl Drop for Cursor {
    fn drop(&mut self) {
        // Written before the last one is counted off, so that nobody sees an idle topic with an old moment.
        *self.topic.idle_since.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        self.topic.followers.fetch_sub(1, Ordering::Release);
    }
}

/// The ring went on without the reader.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the reader was too slow")]
pub(crate) struct TooSlow;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{frame::Frame, ring::RING_EVENTS};

    fn told(number: u64) -> Told {
        let id = number.to_string();
        Told { frame: Frame::event(Some(&id), "x", &number).unwrap(), id: Some(id.into()), event: None }
    }

    #[tokio::test]
    async fn followers_read_each_event_once_until_the_end() {
        let topic = Arc::new(Topic::default());
        topic.tell([told(0), told(1)]);
        let mut late = topic.follow(topic.ring().next());
        let mut early = topic.follow(0);
        let reading = tokio::spawn(async move {
            let mut ids = Vec::new();
            while let Some(told) = late.next().await.unwrap() {
                ids.push(told.id.unwrap().into_string());
            }
            ids
        });
        assert_eq!(early.next().await.unwrap().unwrap().id.as_deref(), Some("0"));
        topic.tell([told(2)]);
        topic.end();
        assert_eq!(reading.await.unwrap(), ["2"]);
        assert_eq!(early.peek(1, |_| {}), Ahead::More);
        assert!(topic.idle_since().is_none());
        drop(early);
        assert!(topic.idle_since().is_some());
    }

    #[tokio::test]
    async fn a_follower_that_stands_still_is_left_behind() {
        let topic = Arc::new(Topic::default());
        let mut cursor = topic.follow(0);
        for number in 0..=RING_EVENTS as u64 {
            topic.tell([told(number)]);
        }
        assert_eq!(cursor.next().await.unwrap_err(), TooSlow);
    }
}
