//! What a topic told last, for any number of readers: one ring of frames, and a cursor for each reader.

use std::{collections::VecDeque, sync::Arc};

use bus::ProgressEvent;

use crate::frame::Frame;

/// How many events a ring holds at most: for this long a reader may stand still, at ten events a second 25 seconds.
pub(crate) const RING_EVENTS: usize = 256;

/// How many bytes a ring holds at most, besides the event that came last.
pub(crate) const RING_BYTES: usize = 512 << 10;

/// An event in a ring.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    /// By which a client says that this was the last one it saw; none for what is no event of a sync.
    pub(crate) id: Option<Box<str>>,
    /// As it is sent.
    pub(crate) frame: Frame,
    /// The event of a sync, if it is one.
    pub(crate) event: Option<Arc<ProgressEvent>>,
}

/// The places in a ring are numbered from 0 and never again.
#[derive(Default, Debug)]
pub(crate) struct Ring {
    told: VecDeque<Told>,
    /// The place of the first one.
    first: u64,
    bytes: usize,
}

/// What is at a place of a ring and after it.
#[derive(Debug)]
pub(crate) enum Since<'a> {
    /// These; none if the place is the next one to be taken.
    Told(std::collections::vec_deque::Iter<'a, Told>),
    /// That place is gone: the reader was too slow.
    Gone,
}

impl Ring {
    /// Adds an event; the oldest ones go when there is no more room.
    pub(crate) fn push(&mut self, told: Told) {
        self.bytes += told.frame.len();
        self.told.push_back(told);
        while self.told.len() > RING_EVENTS || (self.bytes > RING_BYTES && self.told.len() > 1) {
            if let Some(old) = self.told.pop_front() {
                self.bytes -= old.frame.len();
                self.first += 1;
            }
        }
    }

    /// The place of the oldest event that it has.
    pub(crate) fn first(&self) -> u64 {
        self.first
    }

    /// The place that the next event will take.
    pub(crate) fn next(&self) -> u64 {
        self.first + self.told.len() as u64
    }

    /// The events from a place on.
    pub(crate) fn since(&self, place: u64) -> Since<'_> {
        match place.checked_sub(self.first) {
            Some(skipped) => Since::Told(self.told.range((skipped as usize).min(self.told.len())..)),
            None => Since::Gone,
        }
    }

    /// The place after the event with this id, if the ring still has it.
    pub(crate) fn after(&self, id: &str) -> Option<u64> {
        // Who comes again mostly saw one of the last ones.
        let from_end = self.told.iter().rev().position(|told| told.id.as_deref() == Some(id))?;
        Some(self.next() - from_end as u64)
    }

    /// The oldest event that it has.
    pub(crate) fn oldest(&self) -> Option<&Told> {
        self.told.front()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn told(number: usize, size: usize) -> Told {
        let data = serde_json::json!({ "number": number, "text": "x".repeat(size) });
        let id = number.to_string();
        Told { frame: Frame::event(Some(&id), "x", &data).unwrap(), id: Some(id.into()), event: None }
    }

    fn ids(since: Since<'_>) -> Option<Vec<String>> {
        match since {
            Since::Told(told) => Some(told.map(|told| told.id.as_deref().unwrap().to_owned()).collect()),
            Since::Gone => None,
        }
    }

    proptest! {
        /// Whatever went through: every place shows the events after it or is gone, and what is held is bounded.
        #[test]
        fn places_stay_what_they_are(sizes in prop::collection::vec(0_usize..20_000, 1..600)) {
            let mut ring = Ring::default();
            for (number, size) in sizes.iter().enumerate() {
                prop_assert_eq!(ring.next(), number as u64);
                ring.push(told(number, *size));
            }
            let held = ring.told.len();
            prop_assert!(held <= RING_EVENTS && (held == 1 || ring.bytes <= RING_BYTES));
            prop_assert_eq!(ring.bytes, ring.told.iter().map(|told| told.frame.len()).sum::<usize>());
            let gone = sizes.len() - held;
            for place in 0..=sizes.len() {
                let expected = (place >= gone).then(|| (place..sizes.len()).map(|n| n.to_string()).collect::<Vec<_>>());
                prop_assert_eq!(ids(ring.since(place as u64)), expected);
                let after = (place >= gone && place < sizes.len()).then_some(place as u64 + 1);
                prop_assert_eq!(ring.after(&place.to_string()), after);
            }
        }
    }
}
