//! Messages that come from the queue, the bus or the database.

use bus::{ProgressEvent, SyncJob};

/// Whatever is read as a job or an event is written and read again as the same.
pub fn read(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(job) = SyncJob::decode(text) {
        assert_eq!(SyncJob::decode(&job.encode()).ok().as_ref(), Some(&job));
    }
    if let Ok(event) = serde_json::from_str::<ProgressEvent>(text) {
        let Ok(written) = serde_json::to_string(&event) else { panic!("{event:?} cannot be written") };
        assert_eq!(serde_json::from_str::<ProgressEvent>(&written).ok().as_ref(), Some(&event));
    }
}
