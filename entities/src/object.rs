//! Git's names for content: object ids, path digests and file modes, as they are stored in rows.

use std::{fmt, str::FromStr};

use sea_orm::{
    ColIdx, DbErr, QueryResult, TryFromU64, TryGetError, TryGetable, Value,
    sea_query::{ArrayType, ColumnType, Nullable, StringLen, ValueType, ValueTypeErr},
};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};

/// Implements everything that lets a fixed-size byte array newtype be a column.
macro_rules! binary_column {
    ($name:ident, $len:literal) => {
        impl From<$name> for Value {
            fn from(value: $name) -> Self {
                Value::Bytes(Some(value.0.to_vec()))
            }
        }
        impl TryGetable for $name {
            fn try_get_by<I: ColIdx>(row: &QueryResult, index: I) -> Result<Self, TryGetError> {
                let bytes = <Vec<u8> as TryGetable>::try_get_by(row, index)?;
                <[u8; $len]>::try_from(bytes.as_slice()).map(Self).map_err(|_| {
                    TryGetError::DbErr(DbErr::Type(format!(
                        concat!(stringify!($name), " has {} bytes, not ", $len),
                        bytes.len()
                    )))
                })
            }
        }
        impl ValueType for $name {
            fn try_from(value: Value) -> Result<Self, ValueTypeErr> {
                match value {
                    Value::Bytes(Some(bytes)) => {
                        <[u8; $len]>::try_from(bytes.as_slice()).map(Self).map_err(|_| ValueTypeErr)
                    }
                    _ => Err(ValueTypeErr),
                }
            }
            fn type_name() -> String {
                stringify!($name).to_owned()
            }
            fn array_type() -> ArrayType {
                ArrayType::Bytes
            }
            fn column_type() -> ColumnType {
                ColumnType::VarBinary(StringLen::None)
            }
        }
        impl TryFromU64 for $name {
            fn try_from_u64(_: u64) -> Result<Self, DbErr> {
                Err(DbErr::ConvertFromU64(stringify!($name)))
            }
        }
        impl Nullable for $name {
            fn null() -> Value {
                Value::Bytes(None)
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&hex::encode(self.0))
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }
        impl FromStr for $name {
            type Err = hex::FromHexError;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let mut bytes = [0; $len];
                hex::decode_to_slice(text, &mut bytes)?;
                Ok(Self(bytes))
            }
        }
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

/// The id of a git object: the SHA-1 of its header and bytes.
///
/// SHA-256 repositories are refused by the sources before any id reaches a row.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectId(pub [u8; 20]);
binary_column!(ObjectId, 20);

impl ObjectId {
    /// The id of the tree without entries, which every git knows without storing it.
    pub const EMPTY_TREE: Self = Self([
        0x4b, 0x82, 0x5d, 0xc6, 0x42, 0xcb, 0x6e, 0xb9, 0xa0, 0x60, 0xe5, 0x4b, 0xf8, 0xd6, 0x92, 0x88, 0xfb,
        0xee, 0x49, 0x04,
    ]);

    /// The first ten hexadecimal digits: enough for people to tell commits apart.
    pub fn short(&self) -> String {
        hex::encode(&self.0[..5])
    }
}

/// The first 16 bytes of a path's SHA-256: what indexes hold in place of the path itself.
///
/// A path may be longer than a B-tree key can be (about 2,700 bytes in Postgres), a digest is not.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PathHash(pub [u8; 16]);
binary_column!(PathHash, 16);

impl PathHash {
    /// Digests a path's bytes. The root directory is the empty path.
    pub fn of(path: &[u8]) -> Self {
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&Sha256::digest(path)[..16]);
        Self(bytes)
    }
}

/// The SHA-256 of a memory entry's text: what content, and later its embedding, is stored under.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ContentHash(pub [u8; 32]);
binary_column!(ContentHash, 32);

impl ContentHash {
    /// Digests a text.
    pub fn of(text: &str) -> Self {
        Self(Sha256::digest(text.as_bytes()).into())
    }
}

/// The mode of a tree entry exactly as the tree spells it, so that the tree can be rebuilt from rows.
///
/// Old histories hold modes that git no longer writes (100664 above all); they are kept as they are.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct FileMode(pub u32);

/// What a mode makes of an entry.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum FileKind {
    /// A plain file.
    File,
    /// A file with an executable bit.
    Executable,
    /// A symbolic link; the blob holds its target.
    Symlink,
    /// A commit of another repository; there is no blob.
    Submodule,
    /// A directory; it has a tree instead of a blob.
    Directory,
}

impl FileMode {
    /// A plain file.
    pub const FILE: Self = Self(0o100_644);
    /// An executable file.
    pub const EXECUTABLE: Self = Self(0o100_755);
    /// A symbolic link.
    pub const SYMLINK: Self = Self(0o120_000);
    /// A submodule.
    pub const SUBMODULE: Self = Self(0o160_000);
    /// A directory.
    pub const DIRECTORY: Self = Self(0o040_000);

    /// Reads the octal digits of a tree entry. `None` if they are none, too many, or name no kind.
    pub fn from_octal(digits: &[u8]) -> Option<Self> {
        if digits.is_empty() || digits.len() > 7 {
            return None;
        }
        let mut bits = 0;
        for digit in digits {
            if !(b'0'..=b'7').contains(digit) {
                return None;
            }
            bits = bits << 3 | u32::from(digit - b'0');
        }
        Self(bits).checked_kind().map(|_| Self(bits))
    }

    fn checked_kind(self) -> Option<FileKind> {
        match self.0 & 0o170_000 {
            0o100_000 if self.0 & 0o100 != 0 => Some(FileKind::Executable),
            0o100_000 => Some(FileKind::File),
            0o120_000 => Some(FileKind::Symlink),
            0o160_000 => Some(FileKind::Submodule),
            0o040_000 => Some(FileKind::Directory),
            _ => None,
        }
    }

    /// The kind of entry. Rows only hold modes that have one.
    pub fn kind(self) -> FileKind {
        self.checked_kind().unwrap_or(FileKind::File)
    }

    /// The mode that git takes this one for (git's `object.h: canon_mode`).
    pub fn canonical(self) -> Self {
        match self.kind() {
            FileKind::File => Self::FILE,
            FileKind::Executable => Self::EXECUTABLE,
            FileKind::Symlink => Self::SYMLINK,
            FileKind::Submodule => Self::SUBMODULE,
            FileKind::Directory => Self::DIRECTORY,
        }
    }

    /// Whether the entry is a directory.
    pub fn is_directory(self) -> bool {
        self.kind() == FileKind::Directory
    }

    /// Whether the entry is a submodule.
    pub fn is_submodule(self) -> bool {
        self.kind() == FileKind::Submodule
    }
}

impl fmt::Display for FileMode {
    /// Six octal digits, as `git ls-tree` prints them: of a file's permissions only whether it is executable counts.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:06o}", self.canonical().0)
    }
}

impl From<FileMode> for Value {
    fn from(mode: FileMode) -> Self {
        Value::Int(Some(mode.0 as i32))
    }
}

impl TryGetable for FileMode {
    fn try_get_by<I: ColIdx>(row: &QueryResult, index: I) -> Result<Self, TryGetError> {
        let bits = <i32 as TryGetable>::try_get_by(row, index)?;
        Ok(Self(bits as u32))
    }
}

impl ValueType for FileMode {
    fn try_from(value: Value) -> Result<Self, ValueTypeErr> {
        <i32 as ValueType>::try_from(value).map(|bits| Self(bits as u32))
    }
    fn type_name() -> String {
        "FileMode".to_owned()
    }
    fn array_type() -> ArrayType {
        ArrayType::Int
    }
    fn column_type() -> ColumnType {
        ColumnType::Integer
    }
}

impl Nullable for FileMode {
    fn null() -> Value {
        Value::Int(None)
    }
}

impl Serialize for FileMode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_read_and_print_as_git_does() {
        for (digits, shown) in [
            ("100644", "100644"),
            ("100755", "100755"),
            ("120000", "120000"),
            ("160000", "160000"),
            ("40000", "040000"),
            ("100664", "100644"),
            ("100775", "100755"),
        ] {
            let mode = FileMode::from_octal(digits.as_bytes()).unwrap();
            assert_eq!(mode.to_string(), shown);
        }
        for bad in ["", "100648", "0", "12345678", "-1"] {
            assert_eq!(FileMode::from_octal(bad.as_bytes()), None, "{bad:?}");
        }
        assert_eq!(FileMode(0o100_664).kind(), FileKind::File);
        assert_eq!(FileMode(0o100_775).kind(), FileKind::Executable);
    }

    #[test]
    fn ids_round_trip_through_text() {
        let text = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";
        let id: ObjectId = text.parse().unwrap();
        assert_eq!(id, ObjectId::EMPTY_TREE);
        assert_eq!(id.to_string(), text);
        assert!("4b825d".parse::<ObjectId>().is_err());
    }
}
