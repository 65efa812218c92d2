//! The `[memory]` section of the settings.

use std::ops::RangeInclusive;

use serde::Deserialize;

/// What counts as memory (`[memory]`).
///
/// The lists are globs that a file's whole path must match, whatever the case of its ASCII letters. `*` and `?` do not
/// match a `/`, `**` does. Of the lists, the first that matches wins, in the order `exclude`, `letters`, `guides`,
/// `documents`.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "snake_case")]
pub struct MemorySettings {
    /// Whether memory is derived at all.
    pub enabled: bool,
    /// Files that are one entry each.
    pub letters: Vec<String>,
    /// Directions for agents and contributors: one entry a section.
    pub guides: Vec<String>,
    /// Documentation: one entry a section.
    pub documents: Vec<String>,
    /// Files that are no memory whatever the other lists say.
    pub exclude: Vec<String>,
    /// Nothing is derived from a file with more bytes than this, as it is stored or decoded. Also bounds each body.
    pub max_file_bytes: u64,
    /// The most entries that are kept of one file.
    pub max_entries_per_file: usize,
}

const LETTERS: &[&str] = &[".memory/**/*.md"];

const GUIDES: &[&str] = &[
    "**/AGENT.md",
    "**/AGENTS.md",
    "**/CLAUDE.md",
    "**/GEMINI.md",
    "**/CONTRIBUTING",
    "**/CONTRIBUTING.{md,markdown,rst,adoc,asciidoc,txt}",
    "**/.claude/{agents,commands,rules,skills}/**/*.md",
    "**/.clinerules",
    "**/.clinerules/**",
    "**/.cursorrules",
    "**/.cursor/rules/**",
    "**/.windsurfrules",
    "**/.windsurf/rules/**",
    "**/.goosehints",
    "**/.junie/guidelines.md",
    ".rules",
    ".github/copilot-instructions.md",
    ".github/instructions/**/*.md",
];

const DOCUMENTS: &[&str] =
    &["**/*.{md,markdown,mdown,mdx}", "**/*.{adoc,asciidoc,asc}", "**/*.rst", "**/README", "**/README.txt"];

impl Default for MemorySettings {
    fn default() -> Self {
        let globs = |list: &[&str]| list.iter().map(|&glob| glob.to_owned()).collect();
        Self {
            enabled: true,
            letters: globs(LETTERS),
            guides: globs(GUIDES),
            documents: globs(DOCUMENTS),
            exclude: Vec::new(),
            max_file_bytes: 1 << 20,
            max_entries_per_file: 2_000,
        }
    }
}

impl MemorySettings {
    /// The numbers of the section: the key, what it is, and what it may be.
    pub fn numbers(&self) -> Vec<(&'static str, u64, RangeInclusive<u64>)> {
        vec![
            ("max_file_bytes", self.max_file_bytes, 0..=67_108_864),
            ("max_entries_per_file", self.max_entries_per_file as u64, 1..=100_000),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_settings_have_defaults_and_unknown_ones_are_refused() {
        let settings: MemorySettings = serde_json::from_str(r#"{"letters": ["notes/*.md"]}"#).unwrap();
        assert_eq!(
            settings,
            MemorySettings { letters: vec!["notes/*.md".to_owned()], ..MemorySettings::default() }
        );
        let error = serde_json::from_str::<MemorySettings>(r#"{"letter": []}"#).unwrap_err();
        assert!(error.to_string().contains("unknown field `letter`"), "{error}");
    }
}
