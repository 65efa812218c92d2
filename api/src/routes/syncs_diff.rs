//! What changed from one sync to another.

use axum::{Json, extract::State};
use entities::{ProjectSync, SyncId, temporal::StateAt};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::{
    cursor,
    extract::{LoadedSync, Permitted, Queried, Read, load_sync, page_limit},
    look::{completed, unreadable},
    model::{DiffDto, DiffPart},
    problem::{Problem, ProblemBody},
    state::App,
};

/// Compared with what, which changes, which page.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Params {
    /// The completed sync of the same branch to compare with; the one that it followed if absent.
    #[param(value_type = Option<Uuid>)]
    against: Option<SyncId>,
    /// Changes of files, or of memory.
    #[serde(default)]
    #[param(inline)]
    part: DiffPart,
    /// How many changes the page holds at most.
    #[param(minimum = 1)]
    limit: Option<u64>,
    /// The `nextCursor` of the page before.
    cursor: Option<String>,
}

/// Compare two syncs
///
/// Files by path, memory by key.
#[utoipa::path(
    get,
    path = "/api/v1/syncs/{syncId}/diff",
    operation_id = "syncs.diff",
    tag = "sync",
    params(("syncId" = Uuid, Path, description = "The sync whose state is shown as new."), Params),
    responses(
        (status = 200, description = "A page of changes.", body = DiffDto),
        (status = 404, description = "`sync-not-found`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "`sync-not-completed`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 410, description = "`sync-forgotten`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "`invalid-value`", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn syncs_diff(
    State(app): State<App>,
    LoadedSync { sync, permit }: LoadedSync<Read>,
    Queried(params): Queried<Params>,
) -> Result<Json<DiffDto>, Problem> {
    let limit = page_limit(&app, params.limit)?;
    let after = completed(permit.db(), &sync).await?;
    let (before, against) = compared_with(&permit, &sync, params.against).await?;
    let mut diff = DiffDto { against, sync_id: sync.id, files: None, memory: None, next_cursor: None };
    let position: Option<String> = cursor::decode(params.cursor.as_deref())?;
    match params.part {
        DiffPart::Files => {
            let position = position.map(|text| cursor::from_bytes(&text));
            let changes = before.changes_page(permit.db(), &after, position.as_deref(), limit + 1).await?;
            let (changes, last) = cut(changes, limit);
            diff.next_cursor =
                last.map(|at| cursor::encode(&cursor::bytes(&changes[at].path))).transpose()?;
            diff.files = Some(changes.iter().map(Into::into).collect());
        }
        DiffPart::Memory => {
            let changes =
                before.memory_changes_page(permit.db(), &after, position.as_deref(), limit + 1).await?;
            let (changes, last) = cut(changes, limit);
            diff.next_cursor = last.map(|at| cursor::encode(&changes[at].entry_key)).transpose()?;
            diff.memory = Some(changes.into_iter().map(Into::into).collect());
        }
    }
    Ok(Json(diff))
}

/// The state to compare with, and the sync that left it.
async fn compared_with(
    permit: &Permitted<Read>,
    sync: &ProjectSync,
    against: Option<SyncId>,
) -> Result<(StateAt, Option<SyncId>), Problem> {
    let Some(against) = against else {
        let before = StateAt::before(permit.db(), sync).await.map_err(unreadable)?;
        return Ok((before, sync.previous_sync_id));
    };
    let other = load_sync(permit, against, "against").await?;
    if other.branch_id != sync.branch_id {
        return Err(Problem::invalid("against", "the two syncs are of different branches"));
    }
    let before = completed(permit.db(), &other).await.map_err(|problem| problem.field("against"))?;
    Ok((before, Some(other.id)))
}

/// The page without the item that only tells that there is more, and then where its last item is.
fn cut<T>(mut items: Vec<T>, limit: u64) -> (Vec<T>, Option<usize>) {
    let has_more = items.len() as u64 > limit;
    items.truncate(limit as usize);
    let last = items.len().checked_sub(1).filter(|_| has_more);
    (items, last)
}
