//! Verbs that work on several things. What is named is done at once; what filters match only with `--yes`, because
//! nobody can tell from a filter how much it matches.

use api::admin::MAX_BULK;

use super::is_json;
use crate::{
    args::{Global, operator::BulkArgs},
    error::CliError,
    operator::Bulk,
    out::{Out, tell},
    render::text::{clean, count},
};

/// How many ids are listed for people.
const MAX_SHOWN: usize = 20;

/// How a verb is told.
#[derive(Clone, Copy)]
pub struct Words {
    /// As in `would cancel`.
    pub verb: &'static str,
    /// As in `cancelled`.
    pub done: &'static str,
    /// One thing.
    pub one: &'static str,
    /// Several things.
    pub many: &'static str,
}

/// What came of it, and what went wrong first on the way.
#[derive(Default)]
pub struct Done {
    /// What was changed.
    pub bulk: Bulk,
    /// The first error: the others were tried all the same.
    pub error: Option<CliError>,
}

/// Runs a verb: `change` is told whether it is only to be tried out.
pub async fn carry_out(
    global: &Global,
    words: Words,
    how: BulkArgs,
    is_named: bool,
    change: impl AsyncFn(bool) -> Result<Done, CliError>,
) -> Result<(), CliError> {
    let dry_run = how.dry_run || !(how.yes || is_named);
    let Done { bulk, error } = change(dry_run).await?;
    let mut out = Out::stdout();
    if is_json(global) {
        out.json(&bulk)?;
    } else {
        print(&mut out, words, &bulk, dry_run)?;
    }
    out.flush()?;
    if bulk.ids.len() as u64 >= MAX_BULK && bulk.matched > bulk.ids.len() as u64 && !global.quiet {
        tell(format_args!(
            "at most {MAX_BULK} are changed at once: run it again for the rest, or narrow the filters"
        ));
    }
    if let Some(error) = error {
        return Err(error);
    }
    if dry_run && !how.dry_run {
        let hint = Some("--yes does it".to_owned());
        return Err(CliError::Usage { message: "nothing was changed".to_owned(), hint });
    }
    Ok(())
}

fn print(out: &mut Out, words: Words, bulk: &Bulk, dry_run: bool) -> Result<(), CliError> {
    let signed = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    let matched = count(signed(bulk.matched), words.one, words.many);
    match (bulk.matched, dry_run) {
        (0, _) => out.line(format_args!("there are no {} to {}", words.many, words.verb))?,
        (_, true) => out.line(format_args!("would {} {matched}:", words.verb))?,
        (_, false) => out.line(format_args!("{} {} of {matched}:", words.done, bulk.changed))?,
    }
    for (index, id) in bulk.ids.iter().take(MAX_SHOWN).enumerate() {
        match bulk.requeued_as.get(index) {
            Some(new) => out.line(format_args!("  {id} as {new}"))?,
            None => out.line(format_args!("  {id}"))?,
        }
    }
    if bulk.ids.len() > MAX_SHOWN {
        out.line(format_args!("  and {} more", bulk.ids.len() - MAX_SHOWN))?;
    }
    Ok(())
}

/// Does something to each of the things that were named. One that cannot be changed does not keep the others from it.
pub async fn each<Id: Copy + ToString>(
    ids: &[Id],
    change: impl AsyncFn(Id) -> Result<Option<entities::SyncId>, CliError>,
) -> Done {
    let mut done = Done { bulk: Bulk { matched: ids.len() as u64, ..Bulk::default() }, error: None };
    for id in ids {
        match change(*id).await {
            Ok(new) => {
                done.bulk.changed += 1;
                done.bulk.ids.push(id.to_string());
                done.bulk.requeued_as.extend(new.map(|new| new.to_string()));
            }
            // Only the first one can be the command's own error.
            Err(error) if done.error.is_some() => tell(clean(&error.to_string())),
            Err(error) => done.error = Some(error),
        }
    }
    done
}

/// Refuses ids beside filters, and neither of them.
pub fn check(is_named: bool, is_filtered: bool, many: &str) -> Result<(), CliError> {
    match (is_named, is_filtered) {
        (true, true) => Err(CliError::usage(format!("name {many} by id, or filter them; not both"))),
        (false, false) => Err(CliError::Usage {
            message: format!("which {many}? Name them by id, or give a filter"),
            hint: Some("--help lists the filters; --dry-run tells what they match".to_owned()),
        }),
        _ => Ok(()),
    }
}

impl Done {
    /// What was only looked at was not changed.
    pub fn tried(mut self, dry_run: bool) -> Self {
        if dry_run {
            self.bulk.changed = 0;
        }
        self
    }
}
