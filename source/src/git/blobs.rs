//! Reading many blobs on a few threads.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use bytes::Bytes;
use entities::ObjectId;
use tokio::{runtime::Handle, sync::mpsc, task::JoinSet};

use crate::{Blob, SourceContext, SourceError, object};

/// The most threads that read blobs for one call.
const MAX_THREADS: usize = 2;

/// How many blobs a thread takes at a time: few enough to share the work, many enough to stay close together on disk.
const CHUNK: usize = 64;

/// Something on one thread that blobs can be read from.
pub(super) trait ReadBlob {
    /// All bytes of a blob.
    fn read_blob(&mut self, id: ObjectId) -> Result<Bytes, SourceError>;
}

/// Reads the blobs `ids` in about that order, checks their ids and sends them. `open` makes one reader for each thread.
pub(super) async fn send_all<R: ReadBlob>(
    ids: Vec<ObjectId>,
    open: impl Fn() -> Result<R, SourceError> + Send + Sync + 'static,
    sender: mpsc::Sender<Blob>,
    context: &SourceContext,
) -> Result<(), SourceError> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let threads = ids.len().div_ceil(CHUNK).min(MAX_THREADS).min(cores);
    let work = Arc::new(Work { ids, next: AtomicUsize::new(0), sender, context: context.clone() });
    let open = Arc::new(open);
    let mut tasks = JoinSet::new();
    for _ in 0..threads {
        let (work, open, runtime) = (Arc::clone(&work), Arc::clone(&open), Handle::current());
        tasks.spawn_blocking(move || work.run(&mut open()?, &runtime).inspect_err(|_| work.stop()));
    }
    drop(work);
    let mut result = Ok(());
    while let Some(joined) = tasks.join_next().await {
        let joined = joined.unwrap_or_else(|error| {
            Err(SourceError::Io { action: "read blobs".into(), source: std::io::Error::other(error) })
        });
        result = result.and(joined);
    }
    result
}

struct Work {
    ids: Vec<ObjectId>,
    /// Index of the first blob that no thread has taken.
    next: AtomicUsize,
    sender: mpsc::Sender<Blob>,
    context: SourceContext,
}

impl Work {
    fn run(&self, reader: &mut impl ReadBlob, runtime: &Handle) -> Result<(), SourceError> {
        loop {
            let start = self.next.fetch_add(CHUNK, Ordering::Relaxed).min(self.ids.len());
            let chunk = &self.ids[start..(start + CHUNK).min(self.ids.len())];
            if chunk.is_empty() {
                return Ok(());
            }
            for id in chunk {
                self.context.check()?;
                let data = reader.read_blob(*id)?;
                if object::blob_id(&data) != *id {
                    return Err(SourceError::Corrupt(format!("blob {id} has other bytes than its id says")));
                }
                self.send(Blob { id: *id, data }, runtime)?;
            }
        }
    }

    /// Makes the other threads end after the chunk they are at.
    fn stop(&self) {
        self.next.store(self.ids.len(), Ordering::Relaxed);
    }

    fn send(&self, blob: Blob, runtime: &Handle) -> Result<(), SourceError> {
        match self.sender.try_send(blob) {
            Ok(()) => Ok(()),
            Err(mpsc::error::TrySendError::Closed(_)) => Err(SourceError::Cancelled),
            Err(mpsc::error::TrySendError::Full(blob)) => runtime.block_on(async {
                tokio::select! {
                    sent = self.sender.send(blob) => sent.map_err(|_| SourceError::Cancelled),
                    () = self.context.cancel().cancelled() => Err(SourceError::Cancelled),
                }
            }),
        }
    }
}
