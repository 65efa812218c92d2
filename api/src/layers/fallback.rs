//! Answers where no route has one.

use std::any::Any;

use axum::{
    http::{Method, Uri},
    response::{IntoResponse, Response},
};

use crate::problem::{Code, Problem};

/// Nothing is at this path.
pub(crate) async fn not_found(uri: Uri) -> Problem {
    Problem::new(Code::NotFound, format!("there is nothing at {}", uri.path()))
}

/// Something is at this path, for other methods.
pub(crate) async fn method_not_allowed(method: Method, uri: Uri) -> Problem {
    Problem::new(Code::MethodNotAllowed, format!("{} does not know {method}", uri.path()))
}

/// A route panicked: a bug of ours that ends this request only.
pub(crate) fn panicked(panic: Box<dyn Any + Send>) -> Response {
    let message = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no message");
    Problem::internal(format_args!("panic: {message}")).into_response()
}

#[cfg(test)]
mod tests {
    use axum::{Router, body::Body, http::Request, routing::get};
    use tower::ServiceExt;
    use tower_http::catch_panic::CatchPanicLayer;

    use super::*;

    async fn broken() -> &'static str {
        panic!("the secret is {}", 42)
    }

    #[tokio::test]
    async fn a_panic_ends_one_request_and_tells_nothing() {
        let router = Router::new().route("/", get(broken)).layer(CatchPanicLayer::custom(panicked));
        let response = router.oneshot(Request::new(Body::empty())).await.unwrap();
        assert_eq!(response.status(), 500);
        let body = axum::body::to_bytes(response.into_body(), 10_000).await.unwrap();
        let body = String::from_utf8(body.to_vec()).unwrap();
        assert!(body.contains("urn:project-sync:problem:internal") && !body.contains("42"), "{body}");
    }
}
