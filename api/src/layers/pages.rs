//! Pages for people, which are no secret: what they show is asked for by them, behind the guard.

use axum::{
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, Method, Response as HttpResponse},
    middleware::Next,
    response::Response,
};

use crate::state::App;

/// What answers requests for pages: by method, path and headers. None for requests that are for something else.
pub type Pages = fn(&Method, &str, &HeaderMap) -> Option<HttpResponse<Vec<u8>>>;

/// Answers a request for a page; lets others pass.
pub(crate) async fn pages(State(app): State<App>, request: Request, next: Next) -> Response {
    let answer = app.pages.and_then(|pages| pages(request.method(), request.uri().path(), request.headers()));
    match answer {
        Some(page) => page.map(Body::from),
        None => next.run(request).await,
    }
}
