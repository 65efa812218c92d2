//! What can go wrong between a client and a git server.

/// What goes wrong with one request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Fault {
    /// Nothing: lets one request pass, so that a later one fails.
    Pass,
    /// An answer with this status and no more than a line of text.
    Status(u16),
    /// 429 with a `Retry-After` of this many seconds.
    RateLimited {
        /// Seconds to wait.
        retry_after: u64,
    },
    /// The connection breaks after this many bytes of the body.
    Reset(usize),
    /// The body ends after this many bytes, as if that were all.
    Truncate(usize),
    /// The body ends this many bytes early, as if that were all. The same answer may be a few bytes longer or shorter
    /// each time, as git cuts it into packets, so its end is best counted from the end.
    CutEnd(usize),
    /// The lowest bit of the body's byte at this index is flipped; counted from the end if negative.
    FlipByte(isize),
    /// The status line and a few bytes come, then nothing more, without an end.
    Stall,
    /// The request waits, unanswered, until [`GitHttp::release`](super::GitHttp::release).
    Hold,
    /// A redirect to this base URL (scheme and authority) with the request's own path and query.
    Redirect(String),
}
