//! One endpoint a file. What all of them have in common is in the layers around them.

mod about;
mod admin;
mod credential_get;
mod credential_remove;
mod credential_set;
mod files;
mod github_repositories;
mod health;
mod identity;
mod memory;
mod projects_create;
mod projects_delete;
mod projects_get;
mod projects_list;
mod settings;
mod sync_branches;
mod sync_history;
mod sync_restore;
mod sync_start;
mod sync_status;
mod syncs_cancel;
mod syncs_diff;
mod syncs_get;
mod triggers;
mod webhooks;

use axum::{Router, extract::DefaultBodyLimit, middleware, routing::get};
use tower_http::catch_panic::CatchPanicLayer;
use utoipa::openapi::OpenApi;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    layers, openapi,
    state::{App, AppState, Inner},
};

/// The routes of the API over a state, and others behind the same door. The document describes `document`'s operations,
/// too, wherever they are served.
pub fn router(state: AppState, more: Router, document: OpenApi) -> Router {
    let app = Inner::new(state);
    let (router, mut own) = described().split_for_parts();
    own.merge(document);
    let router = router
        .merge(more.with_state(()))
        .merge(about::docs(openapi::finished(own)))
        .fallback(layers::not_found)
        .method_not_allowed_fallback(layers::method_not_allowed)
        .layer(middleware::from_fn_with_state(app.clone(), layers::bounded))
        .layer(middleware::from_fn_with_state(app.clone(), layers::idempotent))
        .layer(DefaultBodyLimit::max(app.settings.max_body_bytes));
    behind_the_door(router, app)
}

/// Other routes behind the same door as the API's, and what tells of the process; without the API.
pub fn beside(state: AppState, more: Router) -> Router {
    let app = Inner::new(state);
    behind_the_door(probe_routes().merge(more.with_state(())), app)
}

/// The layers through which everybody comes; the last one is the outermost one.
fn behind_the_door(router: Router<App>, app: App) -> Router {
    let router = router
        .layer(middleware::from_fn_with_state(app.clone(), layers::guard))
        .layer(middleware::from_fn_with_state(app.clone(), layers::pages))
        .layer(CatchPanicLayer::custom(layers::panicked));
    let router = match app.settings.cors_origins.is_empty() {
        true => router,
        // Browsers ask whether they may without saying who asks: so this comes before the guard.
        false => router.layer(layers::cors(&app.settings)),
    };
    router.layer(middleware::from_fn(layers::observe)).with_state(app)
}

/// The routes that tell of a process without an API: whether it lives, whether it can work, its metrics.
pub fn probes(state: AppState) -> Router {
    probe_routes().layer(CatchPanicLayer::custom(layers::panicked)).with_state(Inner::new(state))
}

fn probe_routes() -> Router<App> {
    Router::new()
        .route("/healthz", get(health::live))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(about::metrics))
        .fallback(layers::not_found)
        .method_not_allowed_fallback(layers::method_not_allowed)
}

/// The routes with their description.
pub(crate) fn described() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(openapi::document())
        .routes(routes!(projects_list::projects_list, projects_create::projects_create))
        .routes(routes!(projects_get::projects_get, projects_delete::projects_delete))
        .routes(routes!(
            credential_get::credential_get,
            credential_set::credential_set,
            credential_remove::credential_remove
        ))
        .routes(routes!(github_repositories::github_repositories))
        .routes(routes!(github_repositories::credential_repositories))
        .routes(routes!(sync_branches::sync_branches))
        .routes(routes!(sync_status::sync_status))
        .routes(routes!(sync_start::sync_start))
        .routes(routes!(sync_history::sync_history))
        .routes(routes!(sync_restore::sync_restore))
        .routes(routes!(files::project_files))
        .routes(routes!(memory::project_memory))
        .routes(routes!(syncs_get::syncs_get))
        .routes(routes!(syncs_cancel::syncs_cancel))
        .routes(routes!(syncs_diff::syncs_diff))
        .routes(routes!(settings::settings_get))
        .merge(triggers::routes())
        .merge(identity::routes())
        .merge(webhooks::routes())
        .merge(admin::routes())
        .routes(routes!(health::live))
        .routes(routes!(health::ready))
        .routes(routes!(about::metrics))
}
