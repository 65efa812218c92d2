//! The trace that a request belongs to (W3C trace context).

use std::convert::Infallible;

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, request::Parts},
};
use opentelemetry::{
    Context,
    trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState},
};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

/// The header that bears it.
const TRACE_PARENT: &str = "traceparent";

/// The trace context of the request: that of its own span where spans are traced, else the `traceparent` that it bears,
/// if that is of the right form.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct TraceParent(pub(crate) Option<String>);

impl TraceParent {
    /// Reads it from the headers.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let text = headers.get(TRACE_PARENT).and_then(|value| value.to_str().ok());
        Self(text.filter(|text| is_valid(text)).map(ToOwned::to_owned))
    }

    /// That of a span, if it is traced.
    pub(crate) fn of_span(span: &Span) -> Self {
        let context = span.context();
        let context = context.span().span_context().clone();
        let text = context.is_valid().then(|| {
            format!("00-{}-{}-{:02x}", context.trace_id(), context.span_id(), context.trace_flags().to_u8())
        });
        Self(text)
    }

    /// Makes a span part of this trace. No harm where spans are not traced.
    pub(crate) fn adopt(&self, span: &Span) {
        if let Some(context) = self.0.as_deref().and_then(span_context) {
            let _ = span.set_parent(Context::new().with_remote_span_context(context));
        }
    }

    /// The id of the trace.
    pub(crate) fn trace_id(&self) -> Option<String> {
        self.0.as_ref().and_then(|text| text.get(3..35)).map(ToOwned::to_owned)
    }

    /// This, or the other one if this is none.
    pub(crate) fn or(self, other: Self) -> Self {
        Self(self.0.or(other.0))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for TraceParent {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        Ok(Self::of_span(&Span::current()).or(Self::of(&parts.headers)))
    }
}

/// The parts of a valid context.
fn span_context(text: &str) -> Option<SpanContext> {
    let trace = TraceId::from_hex(text.get(3..35)?).ok()?;
    let span = SpanId::from_hex(text.get(36..52)?).ok()?;
    let flags = TraceFlags::new(u8::from_str_radix(text.get(53..55)?, 16).ok()?);
    Some(SpanContext::new(trace, span, flags, true, TraceState::NONE))
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
    use opentelemetry::trace::TracerProvider;
    use opentelemetry_sdk::trace::SdkTracerProvider;
    use tracing_subscriber::layer::SubscriberExt;

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

    #[test]
    fn a_traced_request_hands_its_own_span_on() {
        let provider = SdkTracerProvider::builder().build();
        let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("test"));
        let subscriber = tracing_subscriber::registry().with(layer);
        tracing::subscriber::with_default(subscriber, || {
            let client =
                TraceParent(Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned()));
            let span = tracing::info_span!("request");
            client.adopt(&span);
            let own = TraceParent::of_span(&span);
            assert_eq!(own.trace_id(), client.trace_id());
            assert_ne!(own, client);
            assert!(is_valid(own.0.as_deref().unwrap()));
        });
        assert_eq!(TraceParent::of_span(&tracing::info_span!("request")), TraceParent(None));
    }
}
