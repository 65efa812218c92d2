//! What kind of knowledge a memory entry is.

use std::fmt;

use sea_orm::{DeriveActiveEnum, EnumIter};
use serde::{Deserialize, Serialize};

/// What kind of knowledge a memory entry is, told by the path of the file it comes from.
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
    /// A note from one working session to the next: one entry a file.
    #[sea_orm(string_value = "letter")]
    Letter,
    /// Directions for agents and contributors: one entry a section.
    #[sea_orm(string_value = "guide")]
    Guide,
    /// Documentation: one entry a section.
    #[sea_orm(string_value = "document")]
    Document,
}

impl MemoryKind {
    /// The name that rows and JSON hold.
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

#[cfg(test)]
mod tests {
    use sea_orm::{ActiveEnum, Iterable};

    use super::*;

    #[test]
    fn rows_json_and_text_use_the_same_names() {
        for kind in MemoryKind::iter() {
            assert_eq!(kind.to_value(), kind.as_str());
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
            assert_eq!(MemoryKind::try_from_value(&kind.as_str().to_owned()), Ok(kind));
        }
        assert!(MemoryKind::try_from_value(&"Letter".to_owned()).is_err());
    }
}
