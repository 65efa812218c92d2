//! Who may come in.
//!
//! The [`Gate`] looks at what a request bears: an API token, the token of the settings, the cookie of a session, a ticket
//! for a stream. What comes of it is a [`Caller`], which travels with the request; what a caller may do is for the
//! extractors to say, which hand over the rows ([`crate::extract`]). Whoever is not known comes no further than to the
//! few routes that are for everybody: `is_for_everybody`.
//!
//! An installation that only its own machine reaches may be open: then whoever is there does everything, and pages of
//! other sites in a browser on that machine are kept out by their origin and their host name.

mod address;
mod buckets;
mod caller;
mod cookie;
mod gate;
mod neighbour;
mod stream;
mod throttle;

pub use address::Peer;
pub(crate) use address::peer;
pub use caller::Caller;
#[cfg(feature = "fuzzing")]
pub(crate) use cookie::sent as sent_cookie;
pub(crate) use cookie::{cleared, cookie};
pub use gate::{Gate, admit};
pub(crate) use neighbour::check_neighbour;
#[cfg(feature = "fuzzing")]
pub(crate) use neighbour::names_this_machine;
