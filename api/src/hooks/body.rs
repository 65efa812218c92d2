//! The body of a hook: as large as hosts make them, and yet bounded for all of them together.

use std::{sync::Arc, time::Duration};

use axum::{body::Body, http::HeaderMap};
use futures::StreamExt;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::problem::{Code, Problem};

/// How long a body may take to arrive. Hosts themselves wait for 10 seconds until they are answered.
const BODY_PATIENCE: Duration = Duration::from_secs(10);

/// What is held is counted in pieces of this many bytes.
const PIECE_BYTES: usize = 1_024;

/// Seconds after which a host may come again.
const RETRY_AFTER_SECONDS: u64 = 5;

/// How many bytes of hooks may be held at once.
pub(crate) struct Budget {
    pieces: Arc<Semaphore>,
    /// The largest body, in bytes.
    most: usize,
    /// How long a body may take to arrive.
    patience: Duration,
}

/// A body, and its part of the budget.
pub(super) struct Held {
    pub(super) bytes: Vec<u8>,
    _part: Option<OwnedSemaphorePermit>,
}

impl Budget {
    /// One for so many bytes at once; `most` in one body.
    pub(crate) fn new(at_once: usize, most: usize) -> Self {
        let pieces = (at_once.max(most) / PIECE_BYTES + 1).min(Semaphore::MAX_PERMITS);
        Self { pieces: Arc::new(Semaphore::new(pieces)), most, patience: BODY_PATIENCE }
    }

    /// Reads a body, and shows each part of it to `each` as it comes.
    pub(super) async fn read(
        &self,
        headers: &HeaderMap,
        body: Body,
        mut each: impl FnMut(&[u8]),
    ) -> Result<Held, Problem> {
        let told = headers.get("content-length").and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
        if told.is_some_and(|bytes| bytes > self.most as u64) {
            return Err(self.too_large());
        }
        let read = async {
            let mut held = Held { bytes: Vec::new(), _part: None };
            let (mut stream, mut pieces) = (body.into_data_stream(), 0);
            while let Some(part) = stream.next().await {
                let part = part.map_err(|_| Problem::new(Code::Malformed, "the body broke off"))?;
                let length = held.bytes.len() + part.len();
                if length > self.most {
                    return Err(self.too_large());
                }
                let wanted = length / PIECE_BYTES + 1;
                if wanted > pieces {
                    self.take(&mut held, wanted - pieces)?;
                    pieces = wanted;
                }
                each(&part);
                held.bytes.extend_from_slice(&part);
            }
            Ok(held)
        };
        tokio::time::timeout(self.patience, read).await.unwrap_or_else(|_| {
            let detail = format!("the body did not arrive within {} seconds", self.patience.as_secs());
            Err(Problem::new(Code::BodyTimeout, detail))
        })
    }

    /// Takes more of the budget. Nobody waits for it: whoever holds the rest may never give it back.
    fn take(&self, held: &mut Held, pieces: usize) -> Result<(), Problem> {
        let full = || {
            let detail = "too many large hooks at once; send it again";
            Problem::new(Code::NotReady, detail).retry_after(RETRY_AFTER_SECONDS)
        };
        let pieces = u32::try_from(pieces).map_err(|_| full())?;
        let more = Arc::clone(&self.pieces).try_acquire_many_owned(pieces).map_err(|_| full())?;
        match &mut held._part {
            Some(part) => part.merge(more),
            none => *none = Some(more),
        }
        Ok(())
    }

    fn too_large(&self) -> Problem {
        let detail = format!("the body is larger than {} bytes (triggers.max_hook_bytes)", self.most);
        Problem::new(Code::BodyTooLarge, detail)
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Bytes;

    use super::*;

    fn body(parts: usize) -> Body {
        let parts = (0..parts).map(|_| Ok::<_, std::convert::Infallible>(Bytes::from_static(&[7; 1_000])));
        Body::from_stream(futures::stream::iter(parts))
    }

    #[tokio::test]
    async fn bodies_are_bounded_each_and_together() {
        let budget = Budget::new(16_000, 10_000);
        let mut seen = 0;
        let first = budget.read(&HeaderMap::new(), body(9), |part| seen += part.len()).await.ok().unwrap();
        assert_eq!((first.bytes.len(), seen), (9_000, 9_000));
        let code = async |parts| match budget.read(&HeaderMap::new(), body(parts), |_| {}).await {
            Ok(_) => None,
            Err(problem) => Some(problem.code()),
        };
        assert_eq!(code(11).await, Some(Code::NotReady), "what is held counts, however large it would get");
        assert_eq!(code(5).await, None);
        drop(first);
        assert_eq!(code(11).await, Some(Code::BodyTooLarge));
        assert_eq!(code(10).await, None, "all that was held is free again");
        let mut told = HeaderMap::new();
        told.insert("content-length", 10_001.into());
        let refused = budget.read(&told, body(1), |_| panic!("not read")).await;
        assert_eq!(refused.err().unwrap().code(), Code::BodyTooLarge);
    }

    #[tokio::test]
    async fn a_body_that_does_not_end_holds_nothing_for_long() {
        let budget = Budget { patience: Duration::from_millis(50), ..Budget::new(10_000, 10_000) };
        let part =
            futures::stream::iter([Ok::<_, std::convert::Infallible>(Bytes::from_static(&[7; 9_000]))]);
        let endless = Body::from_stream(part.chain(futures::stream::pending()));
        let headers = HeaderMap::new();
        let reading = budget.read(&headers, endless, |_| {});
        let refused = tokio::time::timeout(Duration::from_secs(60), reading).await.unwrap();
        assert_eq!(refused.err().unwrap().code(), Code::BodyTimeout);
        assert!(budget.read(&headers, body(10), |_| {}).await.is_ok(), "all of it is free again");
    }
}
