//! What time it is: a value that is passed in, so that a test owns it.
//!
//! Leases compare times that different workers wrote, so a worker's clock that jumps must not make it take what others
//! hold. A service reads the time once, where all its workers read it (the database, if that is a server), and from then
//! on counts what has passed by the clock that never jumps.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use entities::{Database, now_of};
use sea_orm::DbErr;
use tokio::time::Instant;
use tokio_util::sync::{CancellationToken, DropGuard};

/// How often the time of the database is read again: two good clocks drift apart by less than 10 ms meanwhile.
const READ_AGAIN: Duration = Duration::from_secs(60);

/// Tells the time. Cheap to clone.
#[derive(Clone)]
pub struct Clock {
    now: Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>,
    /// What reads the time again ends with the last clone.
    _reader: Option<Arc<DropGuard>>,
}

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self::new(Utc::now)
    }

    /// A clock that asks `now`.
    pub fn new(now: impl Fn() -> DateTime<Utc> + Send + Sync + 'static) -> Self {
        Self { now: Arc::new(now), _reader: None }
    }

    /// The machine's time now, and from then on what passes.
    pub fn steady() -> Self {
        let reading = Reading::new(Utc::now());
        Self::new(move || reading.now())
    }

    /// The database's time now, read again each minute, and in between what passes.
    ///
    /// # Errors
    /// If the database does not tell.
    pub async fn following(db: &Database) -> Result<Self, DbErr> {
        let reading = Arc::new(Mutex::new(read(db).await?));
        let over = CancellationToken::new();
        let (db, kept, stop) = (db.clone(), Arc::clone(&reading), over.clone());
        tokio::spawn(async move {
            loop {
                tokio::select! {
                    () = tokio::time::sleep(READ_AGAIN) => {}
                    () = stop.cancelled() => return,
                }
                match read(&db).await {
                    Ok(newer) => *kept.lock().unwrap_or_else(PoisonError::into_inner) = newer,
                    Err(error) => tracing::debug!(%error, "the database's time is not read now"),
                }
            }
        });
        let now = move || reading.lock().unwrap_or_else(PoisonError::into_inner).now();
        Ok(Self { now: Arc::new(now), _reader: Some(Arc::new(over.drop_guard())) })
    }

    /// The time.
    pub fn now(&self) -> DateTime<Utc> {
        (self.now)()
    }
}

/// A time that was read, and when.
struct Reading {
    time: DateTime<Utc>,
    at: Instant,
}

impl Reading {
    fn new(time: DateTime<Utc>) -> Self {
        Self { time, at: Instant::now() }
    }

    fn now(&self) -> DateTime<Utc> {
        self.time + TimeDelta::from_std(self.at.elapsed()).unwrap_or_default()
    }
}

/// Reads the database's time; the answer is half as old as the question took.
async fn read(db: &Database) -> Result<Reading, DbErr> {
    let asked = Instant::now();
    let time = now_of(db).await?;
    let half = asked.elapsed() / 2;
    Ok(Reading { time, at: Instant::now().checked_sub(half).unwrap_or(asked) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passes_is_counted_whatever_the_machine_says() {
        let time = DateTime::UNIX_EPOCH;
        let at = Instant::now().checked_sub(Duration::from_secs(90)).unwrap();
        let passed = Reading { time, at }.now() - time;
        assert!(passed >= TimeDelta::seconds(90) && passed < TimeDelta::seconds(100), "{passed}");
    }
}
