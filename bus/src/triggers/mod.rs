//! What asks for syncs by itself, as far as those who set it up and those who run it must agree: bounds, and what the
//! pattern of a schedule means.

mod settings;
mod timetable;

pub use settings::TriggerSettings;
pub use timetable::{NEXT_RUNS, Timetable, TimetableError};
