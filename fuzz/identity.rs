//! What people and machines are known by.

use std::sync::OnceLock;

use chrono::{DateTime, Utc};
use entities::identity::{
    tickets::{MAX_TICKET_BYTES, Signer},
    tokens::{PREFIX, is_token},
};

/// A token or a ticket that somebody sent. Nothing is taken for one of ours that we did not make.
pub fn check(bytes: &[u8]) {
    static SIGNER: OnceLock<Signer> = OnceLock::new();
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if is_token(text) {
        assert!(text.starts_with(PREFIX) && text.len() == PREFIX.len() + 64 && text.is_ascii());
    }
    let signer = SIGNER.get_or_init(|| Signer::new(&[7; 32]));
    if let Ok(ticket) = signer.verify(text, DateTime::<Utc>::MIN_UTC) {
        assert_eq!(signer.sign(&ticket), text, "a ticket is written in two ways");
        assert!(text.len() <= MAX_TICKET_BYTES);
    }
    // Another key signs other tickets.
    assert!(Signer::new(&[8; 32]).verify(text, DateTime::<Utc>::MIN_UTC).is_err());
}
