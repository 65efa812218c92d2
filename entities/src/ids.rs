//! An id type for each table, so that one cannot be passed for another.

use std::{fmt, str::FromStr};

use sea_orm::{DbErr, DeriveValueType, TryFromU64, prelude::Uuid};
use serde::{Deserialize, Serialize};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, DeriveValueType, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// A new id. Ids made later sort later (UUID version 7).
            pub fn generate() -> Self {
                Self(Uuid::now_v7())
            }

            /// The first and the last id that begin with these hexadecimal digits; hyphens between them do not count.
            /// `None` if they are no such digits, none at all, or more than an id has.
            pub fn range_of_prefix(digits: &str) -> Option<(Self, Self)> {
                let digits: String = digits.chars().filter(|c| *c != '-').collect();
                if digits.is_empty() || digits.len() > 32 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
                    return None;
                }
                let padded = |fill: char| {
                    let text: String = digits.chars().chain(std::iter::repeat(fill)).take(32).collect();
                    u128::from_str_radix(&text, 16).ok().map(|bits| Self(Uuid::from_u128(bits)))
                };
                Some((padded('0')?, padded('f')?))
            }
        }
        impl TryFromU64 for $name {
            fn try_from_u64(_: u64) -> Result<Self, DbErr> {
                Err(DbErr::ConvertFromU64(stringify!($name)))
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    };
}

id!(
    /// The id of a tenant: whoever owns projects and must see nobody else's.
    TenantId
);
id!(
    /// The id of a user.
    UserId
);
id!(
    /// The id of an API token.
    ApiTokenId
);
id!(
    /// The id of a browser's session.
    SessionId
);
id!(
    /// The id of a line in the audit log.
    AuditId
);
id!(
    /// The id of something that the queue gave up on.
    DeadJobId
);
id!(
    /// The id of an event that other systems are told.
    EventId
);
id!(
    /// The id of a webhook: an address that events are sent to.
    WebhookId
);
id!(
    /// The id of the delivery of an event to a webhook.
    DeliveryId
);
id!(
    /// The id of a pause.
    PauseId
);
id!(
    /// The id of a project.
    ProjectId
);
id!(
    /// The id of a repository.
    RepositoryId
);
id!(
    /// The id of a branch.
    BranchId
);
id!(
    /// The id of a sync.
    SyncId
);
id!(
    /// The id of something that a host sent.
    HookDeliveryId
);
id!(
    /// The id of a schedule.
    ScheduleId
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_spans_the_ids_that_begin_with_it() {
        let id: SyncId = "0190d3f0-1234-7000-8000-000000000001".parse().unwrap();
        for prefix in ["0190", "0190D3F0-12", "0190d3f012347000-8000000000000001"] {
            let (first, last) = SyncId::range_of_prefix(prefix).unwrap();
            assert!((first..=last).contains(&id), "{prefix}");
        }
        let (first, last) = SyncId::range_of_prefix("0191").unwrap();
        assert!(!(first..=last).contains(&id));
        for bad in ["", "-", "xyz", "0190d3f0-1234-7000-8000-0000000000011"] {
            assert_eq!(SyncId::range_of_prefix(bad), None, "{bad:?}");
        }
    }
}
