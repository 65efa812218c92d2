//! Settings.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// Settings by section and key, none of them secret.
pub type ShownSettings = BTreeMap<String, BTreeMap<String, Value>>;

/// The settings that a process runs with.
#[derive(Serialize, ToSchema, Clone, Debug)]
#[serde(rename_all = "camelCase")]
#[schema(as = Settings)]
pub struct SettingsDto {
    /// Sections by name, and in them values by key; what is not set is left out.
    #[schema(value_type = std::collections::BTreeMap<String, std::collections::BTreeMap<String, Value>>)]
    pub sections: ShownSettings,
}
