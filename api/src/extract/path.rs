//! Ids in the path of a request.

use std::{collections::HashMap, str::FromStr};

use axum::{
    extract::{FromRequestParts, Path},
    http::request::Parts,
};

use crate::problem::{Code, Problem};

/// The only, or the last, id in the path.
pub(crate) struct Id<T>(pub(crate) T);

impl<T: FromStr, S: Send + Sync> FromRequestParts<S> for Id<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        one(parts, state, "id").await.map(Self)
    }
}

/// The id under `name` in the path.
pub(crate) async fn one<T: FromStr, S: Send + Sync>(
    parts: &mut Parts,
    state: &S,
    name: &str,
) -> Result<T, Problem> {
    let broken = || {
        let detail =
            format!("{name} in the path must be an id, such as 0190d3f0-0000-7000-8000-000000000001");
        Problem::new(Code::Malformed, detail).field(name)
    };
    let Path(values) =
        Path::<HashMap<String, String>>::from_request_parts(parts, state).await.map_err(|_| broken())?;
    values.get(name).and_then(|text| text.parse().ok()).ok_or_else(broken)
}
