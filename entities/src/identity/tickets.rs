//! Tickets: for a minute, whoever holds one may open a stream.
//!
//! `EventSource` of a page from another origin sends neither a header nor a cookie. So the page asks for a ticket, with
//! its token, and names it in the URL. A ticket says itself what it is good for and is signed; nothing of it is stored.
//! URLs end up in logs, therefore the short time.

use std::{fmt, time::Duration};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, SubsecRound, Utc, serde::ts_seconds};
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use uuid::Uuid;

use super::{IdentityError, Principal, Right, Rights};
use crate::ids::{ProjectId, SyncId, TenantId};

/// How long a ticket is good for.
pub const LIFETIME: Duration = Duration::from_secs(60);

/// The longest ticket that is looked at, in bytes.
pub const MAX_TICKET_BYTES: usize = 1_024;

/// The form of what is signed.
const VERSION: u8 = 1;

/// What somebody may open.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum StreamTarget {
    /// The stream of one sync.
    Sync(SyncId),
    /// The stream of one project and its syncs.
    Project(ProjectId),
    /// Every stream that the bearer may read.
    Any,
}

/// What a ticket says.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Ticket {
    /// Its form.
    version: u8,
    /// The tenant.
    pub tenant: TenantId,
    /// What the bearer may do there.
    pub rights: Rights,
    /// The only project that the bearer may do it to.
    pub project: Option<ProjectId>,
    /// What may be opened.
    pub target: StreamTarget,
    /// Who asked for the ticket: the id of a user or a token.
    pub principal: Option<Uuid>,
    /// When it ends.
    #[serde(with = "ts_seconds")]
    pub expires_at: DateTime<Utc>,
}

impl Ticket {
    /// A ticket for what somebody may read, from now on.
    pub fn new(principal: &Principal, target: StreamTarget, now: DateTime<Utc>) -> Self {
        Self {
            version: VERSION,
            tenant: principal.tenant.id,
            rights: principal.rights.and(Rights::of(&[Right::Read])),
            project: principal.project_id,
            target,
            principal: principal.id,
            expires_at: (now + LIFETIME).trunc_subsecs(0),
        }
    }

    /// Whether it opens the stream of a sync of a project.
    pub fn opens_sync(&self, sync: SyncId, of: ProjectId) -> bool {
        let is_meant = match self.target {
            StreamTarget::Sync(only) => only == sync,
            StreamTarget::Project(only) => only == of,
            StreamTarget::Any => true,
        };
        is_meant && self.may_read(of)
    }

    /// Whether it opens the stream of a project.
    pub fn opens_project(&self, project: ProjectId) -> bool {
        let is_meant = match self.target {
            StreamTarget::Sync(_) => false,
            StreamTarget::Project(only) => only == project,
            StreamTarget::Any => true,
        };
        is_meant && self.may_read(project)
    }

    fn may_read(&self, project: ProjectId) -> bool {
        self.rights.has(Right::Read) && self.project.is_none_or(|only| only == project)
    }
}

/// Why a ticket is refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum TicketError {
    /// It is none of ours.
    #[error("this is no ticket of this service")]
    NotOurs,
    /// Its minute is over.
    #[error("the ticket is too old; ask for another")]
    Expired,
}

/// What signs tickets, and knows its own signature. All processes of an installation have the same key.
#[derive(Clone)]
pub struct Signer {
    mac: Hmac<Sha256>,
}

impl Signer {
    /// One with a key.
    pub fn new(key: &[u8; 32]) -> Self {
        // A key shorter than a block of the hash is filled up with zeros (RFC 2104).
        let mut block = [0; 64];
        block[..key.len()].copy_from_slice(key);
        Self { mac: <Hmac<Sha256> as KeyInit>::new(&block.into()) }
    }

    /// One with a key that nobody else has: for a process that serves alone.
    ///
    /// # Errors
    /// If the operating system gives no random bytes.
    pub fn alone() -> Result<Self, IdentityError> {
        let mut key = [0; 32];
        getrandom::fill(&mut key).map_err(|_| IdentityError::Random)?;
        Ok(Self::new(&key))
    }

    /// The ticket as it is sent: `payload.signature`, both in URL-safe base64.
    pub fn sign(&self, ticket: &Ticket) -> String {
        // Ids, words and a number: there is nothing that could fail.
        let payload = URL_SAFE_NO_PAD.encode(serde_json::to_vec(ticket).unwrap_or_default());
        let signature = self.signature(&payload).finalize().into_bytes();
        format!("{payload}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    /// What a ticket says that somebody sent.
    ///
    /// # Errors
    /// If we did not sign it, or it is too old.
    pub fn verify(&self, text: &str, now: DateTime<Utc>) -> Result<Ticket, TicketError> {
        if text.len() > MAX_TICKET_BYTES {
            return Err(TicketError::NotOurs);
        }
        let (payload, signature) = text.split_once('.').ok_or(TicketError::NotOurs)?;
        let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| TicketError::NotOurs)?;
        // Compared in a time that does not depend on what was guessed.
        self.signature(payload).verify_slice(&signature).map_err(|_| TicketError::NotOurs)?;
        let payload = URL_SAFE_NO_PAD.decode(payload).map_err(|_| TicketError::NotOurs)?;
        let ticket: Ticket = serde_json::from_slice(&payload).map_err(|_| TicketError::NotOurs)?;
        if ticket.version != VERSION {
            return Err(TicketError::NotOurs);
        }
        if now >= ticket.expires_at {
            return Err(TicketError::Expired);
        }
        Ok(ticket)
    }

    fn signature(&self, payload: &str) -> Hmac<Sha256> {
        let mut mac = self.mac.clone();
        // What the signature is of is said in it: the same key may sign other things one day.
        mac.update(b"stream-ticket\0");
        mac.update(payload.as_bytes());
        mac
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signer(…)")
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use proptest::prelude::*;

    use super::*;
    use crate::identity::TenantName;

    fn principal() -> Principal {
        Principal::local(TenantName { id: TenantId::generate(), name: "local".to_owned() })
    }

    #[test]
    fn a_ticket_is_good_for_a_minute() {
        let (signer, now) = (Signer::alone().unwrap(), Utc::now().trunc_subsecs(0));
        let ticket = Ticket::new(&principal(), StreamTarget::Any, now);
        let text = signer.sign(&ticket);
        assert!(text.len() <= MAX_TICKET_BYTES / 2);
        assert_eq!(signer.verify(&text, now + TimeDelta::seconds(59)), Ok(ticket));
        assert_eq!(signer.verify(&text, now + TimeDelta::seconds(60)), Err(TicketError::Expired));
        assert_eq!(Signer::alone().unwrap().verify(&text, now), Err(TicketError::NotOurs));
    }

    #[test]
    fn a_ticket_opens_what_it_names() {
        let (sync, project, other) = (SyncId::generate(), ProjectId::generate(), ProjectId::generate());
        let ticket = |target| Ticket::new(&principal(), target, Utc::now());
        let one = ticket(StreamTarget::Sync(sync));
        assert!(one.opens_sync(sync, project) && !one.opens_sync(SyncId::generate(), project));
        assert!(!one.opens_project(project));
        let all_of_one = ticket(StreamTarget::Project(project));
        assert!(all_of_one.opens_sync(sync, project) && all_of_one.opens_project(project));
        assert!(!all_of_one.opens_sync(sync, other) && !all_of_one.opens_project(other));
        // What the bearer may not do, the ticket does not open.
        let bound = Principal { project_id: Some(other), ..principal() };
        let bound = Ticket::new(&bound, StreamTarget::Any, Utc::now());
        assert!(
            bound.opens_project(other) && !bound.opens_project(project) && !bound.opens_sync(sync, project)
        );
        let blind = Principal { rights: Rights::of(&[Right::Sync]), ..principal() };
        assert!(!Ticket::new(&blind, StreamTarget::Any, Utc::now()).opens_project(project));
    }

    proptest! {
        #[test]
        fn a_changed_ticket_is_none(at in 0..1000usize, letter in "[A-Za-z0-9_.-]") {
            let (signer, now) = (Signer::new(&[7; 32]), Utc::now());
            let text = signer.sign(&Ticket::new(&principal(), StreamTarget::Any, now));
            let at = at % text.len();
            let changed = format!("{}{letter}{}", &text[..at], &text[at + 1..]);
            if changed != text {
                prop_assert_eq!(signer.verify(&changed, now), Err(TicketError::NotOurs));
            }
        }

        #[test]
        fn anything_else_is_none(text in ".{0,200}") {
            prop_assert_eq!(Signer::new(&[7; 32]).verify(&text, Utc::now()), Err(TicketError::NotOurs));
        }
    }
}
