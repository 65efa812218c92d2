//! Every alert has a runbook and is tested, every command of docs/OPERATIONS.md exists, and its disaster drill is run.

use std::{
    collections::BTreeSet,
    env, fs,
    os::unix::fs::symlink,
    path::Path,
    process::{Command, Output},
};

use tempfile::TempDir;

use crate::{metrics::monitoring, stage::repository};

const DOCUMENT: &str = include_str!("../../../docs/OPERATIONS.md");
const PROGRAM: &str = env!("CARGO_BIN_EXE_project-sync");

/// The alerts of the rules, in their order.
fn alerts(rules: &str) -> Vec<&str> {
    rules.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")).collect()
}

/// The words behind `key` in lines of the tests.
fn tested(text: &str, key: &str) -> BTreeSet<String> {
    let after = text.split(key).skip(1);
    after.map(|rest| rest.split([',', '\n']).next().unwrap_or_default().trim().to_owned()).collect()
}

#[test]
fn every_alert_has_a_runbook_and_is_raised_and_silent_in_a_test() {
    let folder = monitoring().join("prometheus");
    let rules = fs::read_to_string(folder.join("rules/project-sync.yaml")).unwrap();
    let (mut raised, mut silent) = (BTreeSet::new(), BTreeSet::new());
    for file in fs::read_dir(folder.join("tests")).unwrap() {
        let path = file.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        if path.ends_with("healthy.yaml") {
            silent.extend(tested(&text, "- {alertname: "));
        } else {
            raised.extend(tested(&text, "- alertname: "));
            assert_eq!(
                text.matches("- alertname: ").count(),
                text.matches("exp_labels: ").count(),
                "{path:?}"
            );
        }
    }
    let alerts = alerts(&rules);
    assert!(alerts.len() > 20, "{alerts:?}");
    let mut before = "";
    for name in &alerts {
        assert!(raised.contains(*name), "no test raises {name}");
        assert!(silent.contains(*name), "no test shows that {name} is silent when all is well");
        let runbook = format!("runbook_url: docs/OPERATIONS.md#{}\n", name.to_lowercase());
        assert_eq!(rules.matches(&runbook).count(), 1, "{runbook}");
        let Some((_, section)) = DOCUMENT.split_once(&format!("\n### {name}\n")) else {
            panic!("docs/OPERATIONS.md has no section {name}");
        };
        let section = section.split("\n##").next().unwrap();
        let refers = section.contains(&format!("](#{})", before.to_lowercase()));
        assert!(refers || (section.contains("- Look:") && section.contains("- Do:")), "{name}: {section}");
        before = name;
    }
    let sections = DOCUMENT.lines().filter_map(|line| line.strip_prefix("### ProjectSync"));
    for name in sections {
        assert!(
            alerts.contains(&format!("ProjectSync{name}").as_str()),
            "there is no alert ProjectSync{name}"
        );
    }
}

#[test]
fn links_within_the_document_lead_somewhere() {
    let heads: BTreeSet<String> = DOCUMENT
        .lines()
        .filter_map(|line| line.trim_start_matches('#').strip_prefix(' ').filter(|_| line.starts_with('#')))
        .map(|head| head.to_lowercase().replace(' ', "-"))
        .collect();
    for link in DOCUMENT.split("](#").skip(1).filter_map(|rest| rest.split(')').next()) {
        assert!(heads.contains(link), "#{link} leads nowhere");
    }
}

fn help(words: &[&str]) -> Output {
    Command::new(PROGRAM).args(words).arg("--help").output().unwrap()
}

/// The commands of the document: those in blocks of their own, and those within text.
fn commands() -> BTreeSet<&'static str> {
    let of_line = |line: &'static str| line.split(" #").next().unwrap_or_default().trim();
    let blocks = DOCUMENT.lines().filter(|line| line.starts_with("project-sync ")).map(of_line);
    let spans = DOCUMENT.split('`').filter(|span| span.starts_with("project-sync ") && !span.contains('\n'));
    blocks.chain(spans).collect()
}

#[test]
fn every_command_exists_with_its_flags() {
    let commands = commands();
    assert!(commands.len() > 20, "{commands:?}");
    for command in commands {
        let words: Vec<&str> = command.split_whitespace().skip(1).collect();
        let is_name =
            |word: &&&str| word.chars().all(|c| c.is_ascii_lowercase() || c == '-') && !word.starts_with('-');
        let mut names: Vec<&str> = words.iter().take_while(is_name).copied().collect();
        let output = help(&names);
        assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(text.contains(&format!("project-sync {}", names.join(" "))), "{command}: {text}");
        names.clear();
        for flag in words.iter().filter(|word| word.starts_with("--")) {
            assert!(text.contains(flag), "{command}: no {flag} in {text}");
        }
    }
}

#[test]
fn the_disaster_drill_works_as_it_is_written() {
    let (_, rest) = DOCUMENT.split_once("<!-- drill: begin -->").unwrap();
    let (drill, _) = rest.split_once("<!-- drill: end -->").unwrap();
    let script = drill.trim().trim_start_matches("```sh").trim_end_matches("```");
    assert!(script.contains("restore-backup"), "{script}");
    let folder = TempDir::new().unwrap();
    symlink(Path::new(PROGRAM), folder.path().join("project-sync")).unwrap();
    let path = format!("{}:{}", folder.path().display(), env::var("PATH").unwrap());
    let repo = repository();
    let output = Command::new("bash")
        .args(["-euc", script])
        .current_dir(repo.path())
        .env("PATH", path)
        .env("HOME", folder.path())
        .env("TMPDIR", folder.path())
        .env_remove("GITHUB_TOKEN")
        .output()
        .unwrap();
    let said =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}");
    assert!(said.contains("proved") || said.contains("proof") || said.contains("verified"), "{said}");
}
