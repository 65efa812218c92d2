//! What the routes work with.

use std::{
    ops::Deref,
    sync::{Arc, atomic::AtomicI64},
};

use bus::{Dispatcher, triggers::TriggerSettings};
use chrono::{DateTime, Utc};
use metrics_exporter_prometheus::PrometheusHandle;
use source::{guard::Reach, settings::SourceSettings};

use crate::{access::Gate, hooks::Budget, layers::Pages, model::ShownSettings, settings::Settings};

/// Tells the time.
pub type Clock = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

/// What the API needs from the process around it.
#[derive(Clone)]
pub struct AppState {
    /// The database, the queue and the events.
    pub dispatcher: Dispatcher,
    /// How repositories are looked at.
    pub source_settings: SourceSettings,
    /// Where webhooks may be.
    pub webhook_reach: Reach,
    /// The API's own settings.
    pub settings: Settings,
    /// Who may come in.
    pub gate: Arc<Gate>,
    /// Tells the time.
    pub clock: Clock,
    /// The settings of the process, as they may be shown.
    pub shown_settings: Arc<ShownSettings>,
    /// Pages for people; none if absent.
    pub pages: Option<Pages>,
    /// What `/metrics` shows; nothing if absent.
    pub metrics: Option<PrometheusHandle>,
    /// What asks for syncs by itself.
    pub triggers: TriggerSettings,
}

/// The state as the routes share it.
pub(crate) type App = Arc<Inner>;

/// [`AppState`] and what the API keeps for itself.
pub(crate) struct Inner {
    state: AppState,
    /// When outdated answers were removed last, in Unix seconds.
    pub(crate) expired_at: AtomicI64,
    /// How much of hooks is held at once.
    pub(crate) hooks: Budget,
}

impl Inner {
    pub(crate) fn new(state: AppState) -> App {
        let hooks = Budget::new(state.triggers.max_held_bytes, state.triggers.max_hook_bytes);
        Arc::new(Self { state, expired_at: AtomicI64::new(0), hooks })
    }

    /// The time.
    pub(crate) fn now(&self) -> DateTime<Utc> {
        (self.state.clock)()
    }
}

impl Deref for Inner {
    type Target = AppState;

    fn deref(&self) -> &AppState {
        &self.state
    }
}
