//! What somebody may do, and the roles that stand for it.

use std::fmt;

use sea_orm::{DeriveActiveEnum, EnumIter, JsonValue};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::ToSchema;

use crate::status::words;

words!(
    /// What a user is in a tenant.
    Role {
        /// Does everything in it, and says who else may do what.
        Owner = "owner",
        /// Reads, and starts, cancels and restores syncs.
        Member = "member",
        /// Reads.
        Viewer = "viewer",
    }
);

impl Role {
    /// What the role lets its bearer do.
    pub fn rights(self) -> Rights {
        match self {
            Self::Owner => Rights::of(&[Right::Read, Right::Sync, Right::Admin]),
            Self::Member => Rights::of(&[Right::Read, Right::Sync]),
            Self::Viewer => Rights::of(&[Right::Read]),
        }
    }

    /// The role that is called so.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Owner, Self::Member, Self::Viewer].into_iter().find(|role| role.as_str() == word)
    }
}

/// One thing that somebody may do.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum Right {
    /// Look at projects, syncs, files and memory of the tenant, and follow its streams.
    Read,
    /// Start, cancel and restore syncs of the tenant.
    Sync,
    /// Make and delete projects of the tenant; say who may do what in it.
    Admin,
    /// Operate the installation: the queue, the dead set, the settings, all tenants.
    Operate,
}

impl Right {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Read, Self::Sync, Self::Admin, Self::Operate];

    /// The word as rows and the API spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Sync => "sync",
            Self::Admin => "admin",
            Self::Operate => "operate",
        }
    }

    /// The right that is called so.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|right| right.as_str() == word)
    }

    fn bit(self) -> u8 {
        1 << self as u8
    }
}

impl fmt::Display for Right {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// What somebody may do: a set. In JSON a list of words.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Rights(u8);

impl Rights {
    /// Nothing.
    pub const NONE: Self = Self(0);

    /// These.
    pub fn of(rights: &[Right]) -> Self {
        rights.iter().copied().collect()
    }

    /// Everything.
    pub fn all() -> Self {
        Self::of(&Right::ALL)
    }

    /// Whether this one is among them.
    pub fn has(self, right: Right) -> bool {
        self.0 & right.bit() != 0
    }

    /// Those that are in both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// These, and one more.
    #[must_use]
    pub fn with(self, right: Right) -> Self {
        Self(self.0 | right.bit())
    }

    /// Those that the other set does not have.
    #[must_use]
    pub fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether there are none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// One after the other, always in the same order.
    pub fn iter(self) -> impl Iterator<Item = Right> {
        Right::ALL.into_iter().filter(move |right| self.has(*right))
    }

    /// The rights that a row's list names. Words that are not known, of a newer version, give nothing.
    pub fn from_json(words: &JsonValue) -> Self {
        let words = words.as_array().map(Vec::as_slice).unwrap_or_default();
        words.iter().filter_map(|word| Right::from_word(word.as_str()?)).collect()
    }

    /// The list as a row keeps it.
    pub fn to_json(self) -> JsonValue {
        self.iter().map(|right| JsonValue::from(right.as_str())).collect()
    }
}

impl FromIterator<Right> for Rights {
    fn from_iter<I: IntoIterator<Item = Right>>(rights: I) -> Self {
        rights.into_iter().fold(Self::NONE, Self::with)
    }
}

impl fmt::Debug for Rights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

impl fmt::Display for Rights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<_> = self.iter().map(Right::as_str).collect();
        f.pad(&words.join(", "))
    }
}

impl Serialize for Rights {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de> Deserialize<'de> for Rights {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Vec::<Right>::deserialize(deserializer)?.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn roles_stand_for_more_and_more() {
        let rights = |role: Role| role.rights().iter().map(Right::as_str).collect::<Vec<_>>();
        assert_eq!(rights(Role::Viewer), ["read"]);
        assert_eq!(rights(Role::Member), ["read", "sync"]);
        // Nobody operates because of a role in a tenant.
        assert_eq!(rights(Role::Owner), ["read", "sync", "admin"]);
        for role in [Role::Owner, Role::Member, Role::Viewer] {
            assert_eq!(Role::from_word(role.as_str()), Some(role));
        }
        assert_eq!(Role::from_word("root"), None);
    }

    #[test]
    fn words_that_are_not_known_give_nothing() {
        let read = Rights::of(&[Right::Read]);
        assert_eq!(Rights::from_json(&json!(["read", "fly", 7, null])), read);
        for nothing in [json!(null), json!("read"), json!({ "read": true }), json!([["read"]])] {
            assert_eq!(Rights::from_json(&nothing), Rights::NONE, "{nothing}");
        }
        assert!(serde_json::from_value::<Rights>(json!(["fly"])).is_err());
    }

    proptest! {
        #[test]
        fn rights_are_a_set(a in 0..16u8, b in 0..16u8) {
            let (a, b) = (Rights(a), Rights(b));
            for right in Right::ALL {
                prop_assert_eq!(a.and(b).has(right), a.has(right) && b.has(right));
                prop_assert_eq!(a.without(b).has(right), a.has(right) && !b.has(right));
                prop_assert_eq!(a.with(right).has(right), true);
            }
            prop_assert_eq!(Rights::from_json(&a.to_json()), a);
            prop_assert_eq!(serde_json::from_value::<Rights>(serde_json::to_value(a).unwrap()).unwrap(), a);
            prop_assert_eq!(a.iter().collect::<Rights>(), a);
        }
    }
}
