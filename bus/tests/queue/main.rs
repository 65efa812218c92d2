//! What every queue promises, on the one in memory and on the one in Redis.

mod faults;
mod loans;
mod model;
mod order;
mod place;
#[path = "../support/redis.rs"]
mod redis;
mod signals;

/// Makes each test one of each queue, in a module of the test's name.
macro_rules! on_each_queue {
    ($($(#[$attribute:meta])* async fn $name:ident($place:ident: Place) $body:block)*) => {
        $($(#[$attribute])*
        mod $name {
            use super::*;

            async fn test($place: Place) $body

            #[tokio::test(flavor = "multi_thread")]
            async fn local() {
                test(Place::local()).await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn redis() {
                test(Place::redis()).await;
            }
        })*
    };
}
pub(crate) use on_each_queue;
