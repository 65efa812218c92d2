//! What comes of an operation on many things.

/// How many things one call changes at most. What is left over is told by the counts: the call can be repeated.
pub const MAX_BULK: u64 = 1_000;

/// How many rows are looked at in one query.
pub(super) const PAGE: u64 = 200;

/// What came of an operation on many things.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Bulk<Id> {
    /// How many the filter matched when the operation began.
    pub matched: u64,
    /// How many were changed; none if it was only tried out.
    pub changed: u64,
    /// Those that were changed, or would be, the latest first, at most [`MAX_BULK`].
    pub ids: Vec<Id>,
}
