//! Whom the gate let in.

use std::net::IpAddr;

use entities::{
    TenantId,
    identity::{
        Principal,
        audit::{Action, Actor, NewRecord},
        sessions,
        tickets::Ticket,
    },
};

/// Who asks, as far as it is known. It travels in the extensions of the request.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Caller {
    /// Who it is; nobody on the routes that are for everybody, and where a ticket says what may be opened.
    pub principal: Option<Principal>,
    /// The session, where it is one.
    pub session: Option<sessions::Found>,
    /// The ticket, where one was sent.
    pub ticket: Option<Ticket>,
    /// Where the request comes from, as far as it is known.
    pub address: Option<IpAddr>,
    /// Whether the installation is open to its machine, and the request comes from there.
    pub is_open: bool,
}

impl Caller {
    /// The tenant that they act in.
    pub fn tenant(&self) -> Option<TenantId> {
        let of_principal = self.principal.as_ref().map(|principal| principal.tenant.id);
        of_principal.or_else(|| self.ticket.as_ref().map(|ticket| ticket.tenant))
    }

    /// A line for the audit log: that this caller did something.
    pub(crate) fn did(&self, action: Action) -> NewRecord {
        let address = self.address();
        let actor = match &self.principal {
            Some(principal) => Actor::of(principal, address.as_deref()),
            None => Actor::claimed(None, address.as_deref()),
        };
        NewRecord::new(actor, action)
    }

    /// The address as text.
    pub(crate) fn address(&self) -> Option<String> {
        self.address.map(|address| address.to_string())
    }
}
