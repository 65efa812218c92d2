//! `dead`: what was given up and waits for an operator.

use api::model::DeadFilterDto;
use entities::DeadJobId;

use super::{
    bulk::{self, Done, Words, carry_out, each},
    is_json, latest,
};
use crate::{
    args::{
        Global,
        operator::{DeadBulkArgs, DeadCommand, DeadFilterArgs, DeadLsArgs},
    },
    commands::print_table,
    error::CliError,
    operator::{
        DeadVerb, Operator, find,
        view::{self, Dead},
    },
    out::Out,
    render::{
        table::{row, table},
        text::{clean, cut, time},
    },
};

/// How much of a message the table shows, in characters.
const MESSAGE_CHARS: usize = 80;

/// Runs the command.
pub async fn run(global: &Global, operator: &dyn Operator, command: &DeadCommand) -> Result<(), CliError> {
    let words = |verb, done| Words { verb, done, one: "dead job", many: "dead jobs" };
    match command {
        DeadCommand::Ls(args) => ls(global, operator, args).await,
        DeadCommand::Show(args) => show(global, operator, &args.id).await,
        DeadCommand::Requeue(args) => {
            change(global, operator, args, DeadVerb::Requeue, words("requeue", "requeued")).await
        }
        DeadCommand::Purge(args) => {
            change(global, operator, args, DeadVerb::Purge, words("remove", "removed")).await
        }
    }
}

async fn ls(global: &Global, operator: &dyn Operator, args: &DeadLsArgs) -> Result<(), CliError> {
    let filter = filter(&args.filter);
    let found = latest(args.limit, async |from, limit| operator.dead(&filter, from, limit).await).await?;
    let mut out = Out::stdout();
    if is_json(global) {
        out.json_array(found)?;
        out.flush()?;
        return Ok(());
    }
    let mut rows = table(["ID", "SYNC", "REASON", ">TRIES", "GIVEN UP", "MESSAGE"]);
    for dead in &found {
        let dead: Dead = view::read(dead)?;
        let cells = [
            dead.id,
            dead.sync_id.unwrap_or_default(),
            clean(&dead.code).into_owned(),
            dead.attempts.to_string(),
            time(dead.created_at),
            cut(&clean(&dead.message), MESSAGE_CHARS).into_owned(),
        ];
        row(&mut rows, cells);
    }
    print_table(&mut out, &rows, "nothing was given up")
}

async fn show(global: &Global, operator: &dyn Operator, text: &str) -> Result<(), CliError> {
    let answer = operator.dead_job(find::dead(operator, text).await?).await?;
    let mut out = Out::stdout();
    if is_json(global) {
        out.json(&answer)?;
    } else {
        let dead: Dead = view::read(&answer)?;
        let mut facts = vec![
            ("dead job", dead.id),
            ("given up", time(dead.created_at)),
            ("attempts", dead.attempts.to_string()),
            ("reason", format!("{}: {}", dead.code, dead.message)),
        ];
        facts.extend(dead.sync_id.map(|sync| ("sync", sync)));
        facts.extend(dead.payload.map(|payload| ("message", payload)));
        for (name, text) in facts {
            out.line(format_args!("{name:<9}{}", clean(&text)))?;
        }
    }
    out.flush()?;
    Ok(())
}

fn filter(args: &DeadFilterArgs) -> DeadFilterDto {
    DeadFilterDto { code: args.error.clone(), older_than_seconds: args.older_than }
}

async fn change(
    global: &Global,
    operator: &dyn Operator,
    args: &DeadBulkArgs,
    verb: DeadVerb,
    words: Words,
) -> Result<(), CliError> {
    let is_named = !args.ids.is_empty();
    let filter = filter(&args.filter);
    let is_filtered = filter != DeadFilterDto::default();
    if args.all && is_filtered {
        return Err(CliError::usage("--all means all dead jobs: give no other filter with it"));
    }
    bulk::check(is_named, args.all || is_filtered, words.many)?;
    if is_named {
        let mut ids: Vec<DeadJobId> = Vec::new();
        for text in &args.ids {
            let id = find::dead(operator, text).await?;
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
        return carry_out(global, words, args.how, true, async |dry_run| {
            let done = match dry_run {
                true => each(&ids, async |id| operator.dead_job(id).await.map(|_| None)).await,
                false => each(&ids, async |id| operator.change_dead_job(verb, id).await).await,
            };
            Ok(done.tried(dry_run))
        })
        .await;
    }
    carry_out(global, words, args.how, false, async |dry_run| {
        Ok(Done { bulk: operator.change_dead(verb, &filter, dry_run).await?, error: None })
    })
    .await
}
