//! How well everything is.

use serde::Serialize;
use utoipa::ToSchema;

use crate::admin::{Check, Health};

/// How well a part is.
#[derive(Serialize, ToSchema, Clone, Copy, PartialEq, Eq, Debug)]
#[serde(rename_all = "camelCase")]
pub enum CheckStatus {
    /// As it should be.
    Ok,
    /// Worth a look.
    Warn,
    /// Broken.
    Fail,
}

impl From<Health> for CheckStatus {
    fn from(health: Health) -> Self {
        match health {
            Health::Ok => Self::Ok,
            Health::Warn => Self::Warn,
            Health::Fail => Self::Fail,
        }
    }
}

/// What was found of one part.
#[derive(Serialize, ToSchema, Debug)]
#[serde(rename_all = "camelCase")]
#[schema(as = Check)]
pub struct CheckDto {
    /// The part: a stable word.
    pub name: &'static str,
    /// How well it is.
    pub status: CheckStatus,
    /// What was found.
    pub detail: String,
    /// What to do, if something is to be done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<&'static str>,
}

impl From<Check> for CheckDto {
    fn from(check: Check) -> Self {
        Self { name: check.name, status: check.health.into(), detail: check.detail, advice: check.advice }
    }
}

/// What was found of all parts.
#[derive(Serialize, ToSchema, Debug)]
#[serde(rename_all = "camelCase")]
#[schema(as = Doctor)]
pub struct DoctorDto {
    /// The worst of them.
    pub status: CheckStatus,
    /// Each of them.
    pub checks: Vec<CheckDto>,
}

impl From<Vec<Check>> for DoctorDto {
    fn from(checks: Vec<Check>) -> Self {
        let worst = checks.iter().map(|check| check.health).max().unwrap_or(Health::Ok);
        Self { status: worst.into(), checks: checks.into_iter().map(Into::into).collect() }
    }
}
