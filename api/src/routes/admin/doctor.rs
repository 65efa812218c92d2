//! Checking that all is well.

use axum::{Json, extract::State};
use chrono::Utc;

use crate::{
    admin,
    extract::{Operate, Permitted},
    model::DoctorDto,
    state::App,
};

/// Check that all is well
///
/// Database, migrations, clocks, queue, workers, leases, and what is stuck, dead or paused; and what to do.
#[utoipa::path(
    get,
    path = "/api/v1/admin/doctor",
    operation_id = "admin.doctor",
    tag = "admin",
    responses((status = 200, description = "What was found.", body = DoctorDto))
)]
pub(crate) async fn doctor(_: Permitted<Operate>, State(app): State<App>) -> Json<DoctorDto> {
    Json(admin::doctor(&app.dispatcher, app.now(), Utc::now).await.into())
}
