//! The trace that a request belongs to (W3C trace context).

use std::convert::Infallible;

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, request::Parts},
};

/// The header that bears it.
const TRACE_PARENT: &str = "traceparent";

/// The request's `traceparent`, if it bears one of the right form.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct TraceParent(pub(crate) Option<String>);

impl TraceParent {
    /// Reads it from the headers.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let text = headers.get(TRACE_PARENT).and_then(|value| value.to_str().ok());
        Self(text.filter(|text| is_valid(text)).map(ToOwned::to_owned))
    }

    /// The id of the trace.
    pub(crate) fn trace_id(&self) -> Option<String> {
        self.0.as_ref().and_then(|text| text.get(3..35)).map(ToOwned::to_owned)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for TraceParent {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.headers))
    }
}

/// `00-<32 digits>-<16 digits>-<2 digits>`, small hexadecimal digits, ids not all zero.
fn is_valid(text: &str) -> bool {
    let digits = |part: &str, count: usize| {
        part.len() == count && part.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    };
    let is_id = |part: &str, count| digits(part, count) && part.bytes().any(|b| b != b'0');
    let parts: Vec<&str> = text.split('-').take(5).collect();
    match parts[..] {
        ["00", trace, parent, flags] => is_id(trace, 32) && is_id(parent, 16) && digits(flags, 2),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_right_form_is_read() {
        let good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        assert!(is_valid(good));
        for bad in [
            "",
            "00",
            "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-x",
        ] {
            assert!(!is_valid(bad), "{bad}");
        }
        let parent = TraceParent(Some(good.to_owned()));
        assert_eq!(parent.trace_id().as_deref(), Some("0af7651916cd43dd8448eb211c80319c"));
    }
}
