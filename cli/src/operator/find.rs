//! From the start of an id to the id. The lists are asked for it, so that it works through a service, too.

use std::str::FromStr;

use api::model::{DeadFilterDto, JobFilterDto};
use entities::{DeadJobId, SyncId};

use super::{Listed, Operator, PAGE};
use crate::{error::CliError, find::MIN_PREFIX_DIGITS};

/// The most items that are looked through, the latest first.
const LOOK_THROUGH: usize = 2_000;

/// A job, by its id or the start of it.
///
/// # Errors
/// If there is none or more than one, or `text` is no start of an id.
pub async fn job(operator: &dyn Operator, text: &str) -> Result<SyncId, CliError> {
    let filter = JobFilterDto::default();
    by_prefix("jobs", text, async |from| operator.jobs(&filter, from, PAGE).await).await
}

/// One of the dead, by its id or the start of it.
///
/// # Errors
/// If there is none or more than one, or `text` is no start of an id.
pub async fn dead(operator: &dyn Operator, text: &str) -> Result<DeadJobId, CliError> {
    let filter = DeadFilterDto::default();
    by_prefix("dead jobs", text, async |from| operator.dead(&filter, from, PAGE).await).await
}

/// Whether an id begins with these digits: at least [`MIN_PREFIX_DIGITS`], hyphens do not count.
pub fn ids_beginning(text: &str, id: &str) -> bool {
    let digits = digits(text);
    digits.len() >= MIN_PREFIX_DIGITS && self::digits(id).starts_with(&digits)
}

fn digits(text: &str) -> String {
    text.chars().filter(|c| *c != '-').map(|c| c.to_ascii_lowercase()).collect()
}

async fn by_prefix<Id: FromStr>(
    what: &str,
    text: &str,
    list: impl AsyncFn(Option<&str>) -> Result<Listed, CliError>,
) -> Result<Id, CliError> {
    let unreadable = || {
        CliError::usage(format!("'{text}' is no id: write all of it, or at least {MIN_PREFIX_DIGITS} digits"))
    };
    let wanted = digits(text);
    if wanted.len() < MIN_PREFIX_DIGITS || !wanted.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(unreadable());
    }
    if wanted.len() >= 32 {
        return text.parse().map_err(|_| unreadable());
    }
    let (mut from, mut seen, mut found): (_, _, Option<String>) = (None, 0, None);
    loop {
        let page = list(from.as_deref()).await?;
        seen += page.items.len();
        for item in &page.items {
            let id = item["id"].as_str().unwrap_or_default();
            if ids_beginning(text, id) {
                if found.is_some() {
                    let message = format!("several {what} have ids that begin with {text}");
                    return Err(CliError::usage(message));
                }
                found = Some(id.to_owned());
            }
        }
        // The latest come first, and ids grow: behind this one none begins so.
        let last = page.items.last().and_then(|item| item["id"].as_str()).map(digits);
        let is_behind = last.is_some_and(|last| last < wanted);
        from = page.next;
        if from.is_none() || is_behind || seen >= LOOK_THROUGH {
            break;
        }
    }
    let missing = || {
        let hint = (seen >= LOOK_THROUGH)
            .then(|| format!("only the latest {LOOK_THROUGH} {what} were looked at: write the whole id"));
        CliError::not_found(format!("no id of the {what} begins with {text}"), hint)
    };
    found.and_then(|id| id.parse().ok()).ok_or_else(missing)
}
