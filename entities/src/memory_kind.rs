//! What a memory entry is.

use std::fmt;

use sea_orm::{DeriveActiveEnum, EnumIter};
use serde::{Deserialize, Serialize};

/// What a memory entry is.
#[derive(
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Debug,
    EnumIter,
    DeriveActiveEnum,
    Serialize,
    Deserialize,
)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "camelCase")]
pub enum MemoryKind {
    /// A letter from `.memory/`.
    #[sea_orm(string_value = "letter")]
    Letter,
    /// A section of a guide for agents or contributors.
    #[sea_orm(string_value = "guide")]
    Guide,
    /// A section of documentation.
    #[sea_orm(string_value = "document")]
    Document,
}

impl MemoryKind {
    /// The word as rows, events and the API spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Letter => "letter",
            Self::Guide => "guide",
            Self::Document => "document",
        }
    }
}

impl fmt::Display for MemoryKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
