//! A migration cannot lose anything: the engine, its plan and its guard, on both databases.

mod engine;
mod golden;
mod guards;
mod loss;
mod rows;
mod scene;
mod upgrade;
