//! The settings made ready to use: which path is what kind of memory, and what its bytes give.

use entities::MemoryKind;
use globset::{Candidate, GlobBuilder, GlobSet, GlobSetBuilder};
use sha2::{Digest, Sha256};

use super::{
    Derived, Entry, MemorySettings, Warning, format::Format, front_matter, key, letter, sections, text, title,
};

/// Goes up with every change that makes the same bytes give other entries, so that they are derived anew.
pub const DERIVATION_VERSION: u32 = 1;

/// The most globs in one list of the settings.
pub const MAX_GLOBS: usize = 500;

/// How many hexadecimal digits [`Rules::digest`] has.
const DIGEST_DIGITS: usize = 16;

/// Why settings are not rules. Trying again cannot help: the settings must be changed.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum RulesError {
    /// A glob that cannot be read.
    #[error("memory.{setting}: '{glob}': {reason}")]
    Glob {
        /// The list it is in.
        setting: &'static str,
        /// The glob.
        glob: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A list with more than [`MAX_GLOBS`] globs.
    #[error("memory.{setting}: has {count} globs; at most {MAX_GLOBS} are allowed")]
    TooManyGlobs {
        /// The list.
        setting: &'static str,
        /// How many it has.
        count: usize,
    },
    /// Globs that are too large together.
    #[error("memory: the globs are too large together: {reason}")]
    TooLarge {
        /// What the matcher says.
        reason: String,
    },
}

/// What counts as memory, and how entries are derived from it.
#[derive(Clone, Debug)]
pub struct Rules {
    /// All globs, of all lists in the order in which they win.
    globs: GlobSet,
    /// For each list: the index in `globs` where it ends, and what it makes of a path.
    lists: [(usize, Option<MemoryKind>); 4],
    settings: MemorySettings,
}

impl Rules {
    /// Compiles the settings' globs.
    pub fn new(settings: &MemorySettings) -> Result<Self, RulesError> {
        let mut builder = GlobSetBuilder::new();
        let mut end = 0;
        let lists = [
            ("exclude", &settings.exclude, None),
            ("letters", &settings.letters, Some(MemoryKind::Letter)),
            ("guides", &settings.guides, Some(MemoryKind::Guide)),
            ("documents", &settings.documents, Some(MemoryKind::Document)),
        ];
        let mut ends = [(0, None); 4];
        for (slot, (setting, globs, kind)) in ends.iter_mut().zip(lists) {
            add_globs(&mut builder, setting, globs)?;
            end += globs.len();
            *slot = (end, kind);
        }
        let globs = builder.build().map_err(|error| RulesError::TooLarge { reason: error.to_string() })?;
        Ok(Self { globs, lists: ends, settings: settings.clone() })
    }

    /// Changes whenever the same bytes may give other entries: with the settings and with [`DERIVATION_VERSION`].
    /// Sixteen lower-case hexadecimal digits.
    pub fn digest(&self) -> String {
        let MemorySettings {
            enabled,
            letters,
            guides,
            documents,
            exclude,
            max_file_bytes,
            max_entries_per_file,
        } = &self.settings;
        let mut hasher = Sha256::new();
        hasher.update(DERIVATION_VERSION.to_be_bytes());
        hasher.update([u8::from(*enabled)]);
        for list in [exclude, letters, guides, documents] {
            hasher.update((list.len() as u64).to_be_bytes());
            for glob in list {
                hasher.update((glob.len() as u64).to_be_bytes());
                hasher.update(glob);
            }
        }
        hasher.update(max_file_bytes.to_be_bytes());
        hasher.update((*max_entries_per_file as u64).to_be_bytes());
        let mut digest = hex::encode(hasher.finalize());
        digest.truncate(DIGEST_DIGITS);
        digest
    }

    /// What kind of memory the file at `path` is, if any. `path` is as git stores it: bytes, `/` between names.
    pub fn kind_of(&self, path: &[u8]) -> Option<MemoryKind> {
        if !self.settings.enabled {
            return None;
        }
        let matches = self.globs.matches_candidate(&Candidate::from_bytes(path));
        let first = *matches.first()?;
        self.lists.iter().find(|(end, _)| first < *end).and_then(|(_, kind)| *kind)
    }

    /// Derives the entries of the file at `path`, which is memory of this `kind`.
    ///
    /// Meant for plain files: a symbolic link's content is another file's name and gives an entry that says so.
    pub fn derive(&self, path: &[u8], kind: MemoryKind, content: &[u8]) -> Derived {
        let mut derived = Derived::default();
        let text = match text::decode(content, self.settings.max_file_bytes) {
            Ok((text, warning)) => {
                derived.warnings.extend(warning);
                text
            }
            Err(warning) => {
                derived.warnings.push(warning);
                return derived;
            }
        };
        let format = Format::of(path);
        if text.trim().is_empty() || (format == Format::AsciiDoc && text::is_armored(&text)) {
            return derived;
        }
        match kind {
            MemoryKind::Letter => letter::derive(path, format, &text, &mut derived),
            MemoryKind::Guide | MemoryKind::Document if format == Format::Plain => {
                derived.entries.push(Entry {
                    key: key::of_file(path),
                    title: title::of_file(path),
                    heading_path: Vec::new(),
                    date: None,
                    body: text,
                });
            }
            MemoryKind::Guide | MemoryKind::Document => {
                self.derive_sections(path, format, &text, &mut derived)
            }
        }
        let limit = self.settings.max_entries_per_file;
        if derived.entries.len() > limit {
            derived.warnings.push(Warning::TooManyEntries { kept: limit, found: derived.entries.len() });
            derived.entries.truncate(limit);
        }
        derived
    }

    fn derive_sections(&self, path: &[u8], format: Format, text: &str, derived: &mut Derived) {
        let front = match format {
            Format::Markdown => front_matter::read(text),
            Format::AsciiDoc | Format::ReStructuredText | Format::Plain => {
                front_matter::FrontMatter::default()
            }
        };
        derived.warnings.extend(front.fault.map(Warning::BrokenFrontMatter));
        let limit = self.settings.max_entries_per_file;
        let mut headings = sections::Headings::new(limit.saturating_add(1), front.headings_from);
        format.find_headings(&text[front.headings_from..], &mut headings);
        let root_title = front.title.unwrap_or_else(|| title::of_file(path));
        let found =
            sections::cut(path, &root_title, text, front.body_from, &headings, limit, &mut derived.entries);
        if found > limit {
            derived.warnings.push(Warning::TooManyEntries { kept: limit, found });
        }
    }
}

fn add_globs(
    builder: &mut GlobSetBuilder,
    setting: &'static str,
    globs: &[String],
) -> Result<(), RulesError> {
    if globs.len() > MAX_GLOBS {
        return Err(RulesError::TooManyGlobs { setting, count: globs.len() });
    }
    for glob in globs {
        let compiled = GlobBuilder::new(glob)
            .case_insensitive(true)
            .literal_separator(true)
            .backslash_escape(true)
            .build()
            .map_err(|error| RulesError::Glob {
                setting,
                glob: glob.clone(),
                reason: error.kind().to_string(),
            })?;
        builder.add(compiled);
    }
    Ok(())
}
