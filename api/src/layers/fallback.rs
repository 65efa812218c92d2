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
