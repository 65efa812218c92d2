//! The steps of a sync, a file each.

mod finalize;
mod import;
mod prepare;
mod restore;
mod scan;

pub use finalize::Finalize;
pub use import::Import;
pub use prepare::Prepare;
pub use restore::Restore;
pub use scan::Scan;
