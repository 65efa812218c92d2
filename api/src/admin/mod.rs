//! What operators do, with a server or without one.
