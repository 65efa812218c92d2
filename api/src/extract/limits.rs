//! Bounds on what a request asks for.

use crate::{problem::Problem, state::App};

/// How many items the page holds that a request asks for.
pub(crate) fn page_limit(app: &App, limit: Option<u64>) -> Result<u64, Problem> {
    let most = app.settings.page_limit_max;
    match limit {
        None => Ok(app.settings.page_limit_default.min(most)),
        Some(limit) if (1..=most).contains(&limit) => Ok(limit),
        Some(_) => Err(Problem::invalid("limit", format!("limit must be from 1 to {most}"))),
    }
}

/// The longest text that is searched for, in bytes.
const MAX_SEARCH_BYTES: usize = 4_096;

/// A text to search for, as a database takes it.
pub(crate) fn checked_text(field: &str, text: Option<String>) -> Result<Option<String>, Problem> {
    match text {
        Some(text) if text.len() > MAX_SEARCH_BYTES || text.contains('\0') => {
            let detail = format!("{field} must be at most {MAX_SEARCH_BYTES} bytes without NUL");
            Err(Problem::invalid(field, detail))
        }
        text => Ok(text.filter(|text| !text.is_empty())),
    }
}
