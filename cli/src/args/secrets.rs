//! What can be typed of the keys that secrets are sealed with.

use clap::{Args, ValueEnum};

/// `secrets`.
#[derive(Args, Debug)]
pub struct SecretsArgs {
    /// What to do
    #[arg(value_enum, default_value_t)]
    pub action: SecretsAction,
}

/// What to do with the keys.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, ValueEnum)]
pub enum SecretsAction {
    /// List the keys by name, and how much is sealed with each
    #[default]
    Status,
    /// Seal with the first key what is sealed with another one
    Rotate,
    /// Print a new key, for the first line of the file of keys
    NewKey,
}
