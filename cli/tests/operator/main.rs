//! The operator's commands as people type them: on the database, and through a service that runs; in one process, and on
//! servers that processes share. One list of scenarios for all of these.

mod doctor;
mod jobs;
mod queue;
mod scene;
mod service;

/// Runs each scenario in each way.
macro_rules! on_each_way {
    ($($file:ident::$name:ident)+) => {$(
        mod $name {
            use crate::scene::{Scene, Way};

            #[tokio::test(flavor = "multi_thread")]
            async fn direct() { crate::$file::$name(Scene::new(Way::Direct).await); }

            #[tokio::test(flavor = "multi_thread")]
            async fn server() { crate::$file::$name(Scene::new(Way::Server).await); }

            #[tokio::test(flavor = "multi_thread")]
            async fn shared_direct() { crate::$file::$name(Scene::new(Way::SharedDirect).await); }

            #[tokio::test(flavor = "multi_thread")]
            async fn shared_server() { crate::$file::$name(Scene::new(Way::SharedServer).await); }
        }
    )+};
}

on_each_way! {
    jobs::jobs_are_listed_by_filters
    jobs::a_job_is_shown
    jobs::many_jobs_are_changed_only_on_demand
    jobs::named_jobs_are_changed_at_once
    queue::the_queue_is_paused_and_resumed
    queue::the_dead_are_listed_repeated_and_removed
    jobs::a_job_is_watched_to_its_end
    doctor::the_doctor_tells_what_to_do
}
