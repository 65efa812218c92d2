//! The settings that this process runs with.

use axum::{Json, extract::State};

use crate::{
    extract::{Operate, Permitted},
    model::SettingsDto,
    state::App,
};

/// Show the settings
///
/// What this process runs with: defaults, file and environment together. What is secret only says whether it is set.
#[utoipa::path(
    get,
    path = "/api/v1/settings",
    operation_id = "settings.get",
    tag = "about",
    responses((status = 200, description = "The settings.", body = SettingsDto))
)]
pub(crate) async fn settings_get(_: Permitted<Operate>, State(app): State<App>) -> Json<SettingsDto> {
    Json(SettingsDto { sections: (*app.shown_settings).clone() })
}
