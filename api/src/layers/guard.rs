//! Who may come in: see [`crate::access`].

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};

use crate::{access, state::App};

/// Lets a request pass, with its [`Caller`](access::Caller), or refuses it.
pub(crate) async fn guard(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let peer = access::peer(request.extensions());
    match app.gate.admit(peer, request.method(), request.uri(), request.headers()).await {
        Ok(caller) => {
            // For the streams, which know nothing of callers.
            if let Some(tenant) = caller.tenant() {
                request.extensions_mut().insert(tenant);
            }
            request.extensions_mut().insert(Arc::new(caller));
            next.run(request).await
        }
        Err(problem) => problem.into_response(),
    }
}
