//! The help in groups: clap itself has one list of commands only.

use std::fmt::Write as _;

use clap::CommandFactory;

use super::Cli;

/// The commands as the help groups them. One that is in no group is listed with the first.
pub const GROUPS: [(&str, &[&str]); 5] = [
    ("Commands", &[]),
    (
        "Service commands",
        &["serve", "api", "gateway", "worker", "migrate", "secrets", "config", "healthcheck"],
    ),
    ("Identity commands", &["user", "token", "tenant", "webhook"]),
    ("Operator commands", &["jobs", "queue", "dead", "doctor", "gc", "backup", "restore-backup", "bench"]),
    ("Installation commands", &["completions", "man"]),
];

/// The command line.
pub fn command() -> clap::Command {
    let command = Cli::command();
    let template = help_template(&command);
    command.help_template(template)
}

fn help_template(command: &clap::Command) -> String {
    let header = command.get_styles().get_header();
    let literal = command.get_styles().get_literal();
    let is_grouped = |name: &str| GROUPS.iter().any(|(_, names)| names.contains(&name));
    let width = command.get_subcommands().map(|one| one.get_name().len()).max().unwrap_or_default();
    let mut text = "{about-with-newline}\n{usage-heading} {usage}\n".to_owned();
    for (heading, names) in GROUPS {
        // Writing to a String cannot fail.
        let _ = write!(text, "\n{header}{heading}:{header:#}\n");
        for one in command.get_subcommands() {
            let name = one.get_name();
            if names.contains(&name) || (names.is_empty() && !is_grouped(name)) {
                let about = one.get_about().map(ToString::to_string).unwrap_or_default();
                let _ = writeln!(text, "  {literal}{name:<width$}{literal:#}  {about}");
            }
        }
    }
    let _ = write!(text, "\n{header}Options:{header:#}\n{{options}}{{after-help}}");
    text
}
