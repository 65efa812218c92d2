//! `Idempotency-Key`: the same request under the same key is served once, and gets the same answer
//! again. Every POST knows it, but those whose answers hold secrets.

use std::sync::{Arc, atomic::Ordering};

use axum::{
    body::{self, Body},
    extract::{MatchedPath, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use entities::{
    TenantDb,
    idempotency::{self, Answer, Begun, MAX_KEPT_BODY_BYTES, MAX_KEY_BYTES, Ticket},
    identity::Principal,
};
use sha2::{Digest, Sha256};
use tracing::Instrument;

use crate::{
    access::Caller,
    extract::read_body,
    problem::{Code, Problem},
    state::App,
};

/// The header that bears the key.
const KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// The header that tells that an answer was given before.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// The headers of an answer that are kept.
const KEPT: [HeaderName; 2] = [header::LOCATION, header::CONTENT_TYPE];

/// The routes whose answers hold secrets. Those are shown once, and kept nowhere.
const SECRET: [&str; 6] = [
    "/api/v1/session",
    "/api/v1/setup",
    "/api/v1/tokens",
    "/api/v1/stream-tickets",
    "/api/v1/webhooks",
    "/api/v1/webhooks/{webhookId}/rotate-secret",
];

/// Seconds between two removals of outdated answers.
const EXPIRE_SECONDS: i64 = 60;

/// Serves a request, or answers as before.
pub(crate) async fn idempotent(State(app): State<App>, request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    let is_known = request.method() == Method::POST && route.is_some_and(|route| !SECRET.contains(&route));
    // Without anybody who asks there is nobody whose key it could be.
    let principal = request.extensions().get::<Arc<Caller>>().and_then(|caller| caller.principal.clone());
    let Some(principal) = principal else { return next.run(request).await };
    let key = match key(request.headers()) {
        Ok(Some(key)) if is_known => key,
        Err(problem) if is_known => return problem.into_response(),
        _ => return next.run(request).await,
    };
    // On its own: a client that goes away finds the answer when it asks again.
    let served =
        tokio::spawn(async move { serve(&app, &principal, &key, request, next).await }.in_current_span())
            .await;
    match served.map_err(Problem::internal) {
        Ok(Ok(response)) => response,
        Ok(Err(problem)) | Err(problem) => problem.into_response(),
    }
}

async fn serve(
    app: &App,
    principal: &Principal,
    key: &str,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    // The limit on bodies stands in the extensions of the request.
    let bytes = read_body(Request::from_parts(parts.clone(), body), app).await?;
    let db = app.dispatcher.db.tenant(principal.tenant.id);
    // Somebody else's answer is not for whoever finds the key.
    let who = format!("{:?} {:?}", principal.kind, principal.id);
    let mut digest = Sha256::new();
    for part in [who.as_bytes(), parts.method.as_str().as_bytes(), parts.uri.path().as_bytes(), &bytes] {
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part);
    }
    expire(app).await;
    let ticket = match idempotency::begin(&db, key, &digest.finalize(), app.now()).await? {
        Begun::Serve(ticket) => ticket,
        Begun::Answered(answer) => return replay(answer),
        Begun::InProgress(wait) => {
            let detail = "a request of this Idempotency-Key is being served; ask again";
            return Err(Problem::new(Code::InProgress, detail).retry_after(wait.as_secs().clamp(1, 5)));
        }
        Begun::OtherRequest => {
            let detail = "this Idempotency-Key was sent with another request; take a new one";
            return Err(Problem::new(Code::KeyReused, detail));
        }
    };
    let response = next.run(Request::from_parts(parts, Body::from(bytes))).await;
    keep(&db, &ticket, response).await
}

fn key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(value) = headers.get(KEY) else { return Ok(None) };
    match value.to_str() {
        Ok(key) if (1..=MAX_KEY_BYTES).contains(&key.len()) => Ok(Some(key.to_owned())),
        _ => {
            let detail = format!("Idempotency-Key must be 1 to {MAX_KEY_BYTES} printable ASCII characters");
            Err(Problem::new(Code::Malformed, detail).field("Idempotency-Key"))
        }
    }
}

/// Keeps the answer, unless asking again could bring a better one.
async fn keep(db: &TenantDb, ticket: &Ticket, response: Response) -> Result<Response, Problem> {
    let status = response.status();
    if status.is_server_error() || status == StatusCode::REQUEST_TIMEOUT {
        idempotency::forget(db, ticket).await?;
        return Ok(response);
    }
    let (parts, body) = response.into_parts();
    let bytes = body::to_bytes(body, MAX_KEPT_BODY_BYTES).await.map_err(Problem::internal)?;
    let text = String::from_utf8(bytes.to_vec()).map_err(Problem::internal)?;
    let headers: serde_json::Map<String, serde_json::Value> = KEPT
        .iter()
        .filter_map(|name| {
            let value = parts.headers.get(name)?.to_str().ok()?;
            Some((name.as_str().to_owned(), value.into()))
        })
        .collect();
    let answer = Answer { status: status.as_u16(), headers: headers.into(), body: text };
    // What was asked for is done: that its answer is not kept must not make it fail.
    if let Err(error) = idempotency::finish(db, ticket, answer).await {
        tracing::warn!(%error, "the answer to an Idempotency-Key is not kept");
    }
    Ok(Response::from_parts(parts, Body::from(bytes)))
}

fn replay(answer: Answer) -> Result<Response, Problem> {
    let mut response = Response::new(Body::from(answer.body));
    *response.status_mut() = StatusCode::from_u16(answer.status).map_err(Problem::internal)?;
    for name in KEPT {
        let value = answer.headers.get(name.as_str()).and_then(|value| value.as_str());
        if let Some(value) = value.and_then(|text| HeaderValue::from_str(text).ok()) {
            response.headers_mut().insert(name, value);
        }
    }
    response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    Ok(response)
}

/// Removes outdated answers, once a minute at most.
async fn expire(app: &App) {
    let (now, last) = (app.now(), app.expired_at.load(Ordering::Relaxed));
    if now.timestamp() - last < EXPIRE_SECONDS {
        return;
    }
    let is_ours =
        app.expired_at.compare_exchange(last, now.timestamp(), Ordering::Relaxed, Ordering::Relaxed);
    if is_ours.is_ok()
        && let Err(error) = idempotency::expire(&app.dispatcher.db.system(), now).await
    {
        tracing::warn!(%error, "outdated answers are not removed now");
    }
}
