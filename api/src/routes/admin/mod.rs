//! What operators do.

use utoipa_axum::router::OpenApiRouter;

use crate::state::App;

/// The routes.
pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default()
}
