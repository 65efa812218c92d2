//! Reading to a client what it missed, from the database, a page at a time.

use std::{collections::VecDeque, sync::Arc};

use bus::EventKind;
use entities::{SyncId, TenantDb, syncs};
use sea_orm::DbErr;

use super::{PAGE, parsed, told};
use crate::{frame::Frame, position::Position};

/// What a client missed.
pub(crate) struct Replay {
    db: TenantDb,
    parts: VecDeque<Part>,
    /// Where a follower of a project is.
    position: Option<Position>,
}

/// Events of one sync.
pub(crate) struct Part {
    pub(crate) sync: SyncId,
    /// Its number in its project.
    pub(crate) ordinal: i64,
    /// After this event,
    pub(crate) after: i64,
    /// up to this one.
    pub(crate) until: i64,
}

impl Replay {
    /// Of one sync.
    pub(crate) fn of_sync(db: TenantDb, sync: SyncId, after: i64, until: i64) -> Self {
        Self { db, parts: VecDeque::from([Part { sync, ordinal: 0, after, until }]), position: None }
    }

    /// Of the syncs of a project, for somebody at this position.
    pub(crate) fn of_project(db: TenantDb, parts: Vec<Part>, position: Position) -> Self {
        Self { db, parts: parts.into(), position: Some(position) }
    }

    /// Whether everything is there that was missed. What is removed from then on is not.
    ///
    /// # Errors
    /// If the database is away.
    pub(crate) async fn is_whole(&self) -> Result<bool, DbErr> {
        for part in &self.parts {
            let kept = syncs::count_events(&self.db, part.sync, part.after, part.until).await?;
            if kept != part.until - part.after {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// What comes next. None at the end; a page may be empty.
    ///
    /// # Errors
    /// If the database is away.
    pub(crate) async fn next_page(&mut self) -> Result<Option<Vec<Frame>>, DbErr> {
        let Some(part) = self.parts.front_mut() else { return Ok(None) };
        let limit = PAGE.min(u64::try_from(part.until - part.after).unwrap_or(0));
        let page = match limit {
            0 => Vec::new(),
            limit => syncs::events(&self.db, part.sync, part.after, limit).await?,
        };
        if let Some(position) = &mut self.position
            && part.ordinal > position.known
        {
            position.learn(part.ordinal, 0);
        }
        let mut frames = Vec::with_capacity(page.len());
        let is_done = page.last().is_none_or(|last| last.seq >= part.until);
        for row in page {
            part.after = row.seq;
            let Some(event) = parsed(row) else { continue };
            let id = match &mut self.position {
                Some(position) => {
                    let is_end = event.event.kind() == EventKind::Terminal;
                    position.see(part.ordinal, event.seq, is_end);
                    position.to_string()
                }
                None => event.seq.to_string(),
            };
            frames.push(told(id, Arc::new(event))?.frame);
        }
        if is_done {
            self.parts.pop_front();
        }
        Ok(Some(frames))
    }
}
