//! Requests end in time.

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};

use crate::{
    problem::{Code, Problem},
    state::App,
};

/// Gives a request up that takes longer than the settings allow.
pub(crate) async fn bounded(State(app): State<App>, request: Request, next: Next) -> Response {
    let patience = app.settings.request_timeout();
    match tokio::time::timeout(patience, next.run(request)).await {
        Ok(response) => response,
        Err(_) => {
            let detail =
                format!("not answered within {} seconds; it may be done all the same", patience.as_secs());
            Problem::new(Code::Timeout, detail).retry_after(1).into_response()
        }
    }
}
