//! Where a follower of a project is: the id of the events of a project's stream.
//!
//! The syncs of a project are numbered in the order in which they were asked for, so one number says which of them a
//! follower knows of. Of those, it has seen everything but of a few that had not ended, which are named with the number
//! of the last event seen. `17.15-203.16-7` reads: I know of the syncs up to the 17th; of the 15th I have seen 203 events
//! and of the 16th 7, and all the others to their end.

use std::{collections::BTreeMap, fmt, str::FromStr};

/// The most syncs that an id names. Headers have limits; a follower that stood where more had not ended is told the
/// state instead.
pub(crate) const MAX_NAMED: usize = 200;

/// The longest id that is looked at, in bytes.
const MAX_ID_BYTES: usize = 8_000;

/// What stands for a position that names too many syncs. It cannot be parsed.
const UNNAMED: &str = "many";

/// Where a follower of a project is.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(crate) struct Position {
    /// The number of the last sync that it knows of.
    pub(crate) known: i64,
    /// Those up to there that it has not seen to their end, with the last event that it saw of each.
    pub(crate) open: BTreeMap<i64, i64>,
}

impl Position {
    /// Gets to know of a sync and has seen its events up to `seq`.
    pub(crate) fn learn(&mut self, ordinal: i64, seq: i64) {
        self.known = self.known.max(ordinal);
        self.open.insert(ordinal, seq);
    }

    /// Sees an event of a sync that it knows of.
    pub(crate) fn see(&mut self, ordinal: i64, seq: i64, is_terminal: bool) {
        if is_terminal {
            self.open.remove(&ordinal);
        } else if let Some(last) = self.open.get_mut(&ordinal) {
            *last = seq;
        }
    }

    /// Whether it has seen something that `other` has not.
    pub(crate) fn is_ahead_of(&self, other: &Self) -> bool {
        let is_known = |ordinal: &i64| *ordinal <= self.known;
        self.known > other.known
            || other.open.iter().filter(|(ordinal, _)| is_known(ordinal)).any(|(ordinal, seen)| {
                // What is not open here was seen to its end.
                self.open.get(ordinal).is_none_or(|here| here > seen)
            })
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.open.len() > MAX_NAMED {
            return f.write_str(UNNAMED);
        }
        write!(f, "{}", self.known)?;
        self.open.iter().try_for_each(|(ordinal, seq)| write!(f, ".{ordinal}-{seq}"))
    }
}

/// That is no position.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("this is no id of an event")]
pub(crate) struct NoPosition;

impl FromStr for Position {
    type Err = NoPosition;

    /// Takes exactly what `to_string` makes.
    fn from_str(text: &str) -> Result<Self, NoPosition> {
        if text.len() > MAX_ID_BYTES {
            return Err(NoPosition);
        }
        let mut parts = text.split('.');
        let known = number(parts.next().unwrap_or_default())?;
        let mut position = Self { known, open: BTreeMap::new() };
        for part in parts {
            let (ordinal, seq) = part.split_once('-').ok_or(NoPosition)?;
            let ordinal = number(ordinal)?;
            let is_next = position.open.last_key_value().is_none_or(|(last, _)| *last < ordinal);
            if ordinal == 0 || ordinal > known || !is_next || position.open.len() == MAX_NAMED {
                return Err(NoPosition);
            }
            position.open.insert(ordinal, number(seq)?);
        }
        Ok(position)
    }
}

/// A number as we write it: digits without a zero before them.
pub(crate) fn number(text: &str) -> Result<i64, NoPosition> {
    let is_plain =
        text.bytes().all(|byte| byte.is_ascii_digit()) && (text.len() == 1 || !text.starts_with('0'));
    text.parse().ok().filter(|_| is_plain).ok_or(NoPosition)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_written_is_read(known in 0_i64.., open in prop::collection::btree_map(1_i64.., 0_i64.., 0..20)) {
            let open: BTreeMap<i64, i64> = open.into_iter().filter(|(ordinal, _)| *ordinal <= known).collect();
            let position = Position { known, open };
            prop_assert_eq!(position.to_string().parse::<Position>(), Ok(position.clone()));
            prop_assert!(!position.is_ahead_of(&position));
        }

        #[test]
        fn anything_may_be_sent(text in "\\PC*|[0-9.-]{0,40}") {
            if let Ok(position) = text.parse::<Position>() {
                prop_assert_eq!(position.to_string(), text);
            }
        }

        /// Two that saw the same events of a project, one of them more, are ordered.
        #[test]
        fn who_saw_more_is_ahead(steps in prop::collection::vec((1_i64..8, any::<bool>()), 1..60), cut in 0_usize..60) {
            let mut position = Position::default();
            let mut seen: BTreeMap<i64, i64> = BTreeMap::new();
            let mut earlier = None;
            for (index, (ordinal, ends)) in steps.iter().enumerate() {
                if index == cut {
                    earlier = Some(position.clone());
                }
                let ordinal = (*ordinal).min(position.known + 1);
                if ordinal > position.known {
                    position.learn(ordinal, 0);
                }
                if position.open.contains_key(&ordinal) {
                    let seq = seen.entry(ordinal).or_default();
                    *seq += 1;
                    position.see(ordinal, *seq, *ends);
                }
            }
            let earlier = earlier.unwrap_or_else(|| position.clone());
            prop_assert_eq!(position.is_ahead_of(&earlier), position != earlier);
            prop_assert!(!earlier.is_ahead_of(&position));
        }
    }

    #[test]
    fn ids_read_as_documented() {
        let mut position = Position { known: 17, open: BTreeMap::from([(15, 203), (16, 7)]) };
        assert_eq!(position.to_string(), "17.15-203.16-7");
        position.see(15, 204, true);
        position.learn(18, 0);
        position.see(18, 1, false);
        assert_eq!(position.to_string(), "18.16-7.18-1");
        for bogus in
            ["", "-1", "017", "17.", "17.18-1", "17.16", "17.16-1.15-1", "17.0-1", "17 ", "many", "1.1--1"]
        {
            assert_eq!(bogus.parse::<Position>(), Err(NoPosition), "{bogus}");
        }
        let many = Position { known: 500, open: (1..=500).map(|ordinal| (ordinal, 1)).collect() };
        assert_eq!(many.to_string().parse::<Position>(), Err(NoPosition));
    }
}
