//! Where the next page begins, as clients carry it: opaque text.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::{Serialize, de::DeserializeOwned};

use crate::problem::{Code, Problem};

/// The longest cursor that is read, in bytes: a path of 16,384 bytes fits twice.
const MAX_CURSOR_BYTES: usize = 50_000;

/// Writes a position.
pub(crate) fn encode(position: &impl Serialize) -> Result<String, Problem> {
    let json = serde_json::to_vec(position).map_err(Problem::internal)?;
    Ok(BASE64_URL_SAFE_NO_PAD.encode(json))
}

/// Reads the position that a request begins at, if it names one.
pub(crate) fn decode<T: DeserializeOwned>(cursor: Option<&str>) -> Result<Option<T>, Problem> {
    let Some(cursor) = cursor else { return Ok(None) };
    let broken = || {
        let detail = "the cursor is none that was given out here; begin without one";
        Problem::new(Code::Malformed, detail).field("cursor")
    };
    if cursor.len() > MAX_CURSOR_BYTES {
        return Err(broken());
    }
    let json = BASE64_URL_SAFE_NO_PAD.decode(cursor).map_err(|_| broken())?;
    serde_json::from_slice(&json).map(Some).map_err(|_| broken())
}

/// Bytes as text that a position can hold.
pub(crate) fn bytes(bytes: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

/// The bytes of such a text. Of another text: none, which is the beginning.
pub(crate) fn from_bytes(text: &str) -> Vec<u8> {
    BASE64_URL_SAFE_NO_PAD.decode(text).unwrap_or_default()
}
