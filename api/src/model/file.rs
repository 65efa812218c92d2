//! Files.

use base64::{Engine, prelude::BASE64_STANDARD};
use entities::{ObjectId, temporal::ListedFile};
use serde::Serialize;
use utoipa::ToSchema;

use super::words::FileKind;

/// A path.
#[derive(Serialize, ToSchema, Clone, Debug)]
#[serde(rename_all = "camelCase")]
#[schema(as = Path)]
pub struct PathDto {
    /// The path; what is not UTF-8 in it is U+FFFD.
    pub path: String,
    /// The path's bytes in base64, if they are not UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path_base64: Option<String>,
}

impl PathDto {
    /// The path of these bytes.
    pub fn new(bytes: &[u8]) -> Self {
        match std::str::from_utf8(bytes) {
            Ok(text) => Self { path: text.to_owned(), path_base64: None },
            Err(_) => Self {
                path: String::from_utf8_lossy(bytes).into_owned(),
                path_base64: Some(BASE64_STANDARD.encode(bytes)),
            },
        }
    }
}

/// A file of a state.
#[derive(Serialize, ToSchema, Debug)]
#[serde(rename_all = "camelCase")]
#[schema(as = File)]
pub struct FileDto {
    /// Where it stands.
    #[serde(flatten)]
    pub path: PathDto,
    /// Its mode as git shows it: six octal digits.
    #[schema(example = "100644")]
    pub mode: String,
    /// What the mode makes of it.
    pub kind: FileKind,
    /// The content's size in bytes; absent of a submodule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<i64>,
    /// The content's git id; absent of a submodule.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub blob_id: Option<ObjectId>,
    /// The commit of a submodule.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub submodule_id: Option<ObjectId>,
    /// Whether the content is kept here: it is not if it is above the limit.
    pub is_stored: bool,
}

impl From<&ListedFile> for FileDto {
    fn from(file: &ListedFile) -> Self {
        Self {
            path: PathDto::new(&file.path),
            mode: file.mode.to_string(),
            kind: file.mode.kind().into(),
            size: file.size,
            blob_id: file.blob_id,
            submodule_id: file.submodule_id,
            is_stored: file.stored,
        }
    }
}
