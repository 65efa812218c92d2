//! The scripts of the queue.

use std::sync::Arc;

use redis::ScriptInvocation;

/// What each call of the queue runs.
pub(super) struct Scripts {
    pub(super) push: Script,
    pub(super) claim: Script,
    pub(super) prolong: Script,
    pub(super) settle: Script,
    pub(super) remove: Script,
    pub(super) revoke: Script,
    pub(super) cancel: Script,
    pub(super) lead: Script,
    pub(super) leave: Script,
    pub(super) stats: Script,
}

/// A script, and what all names of the queue begin with.
pub(super) struct Script {
    script: redis::Script,
    base: Arc<str>,
}

macro_rules! with_common {
    ($file:literal) => {
        concat!(include_str!("common.lua"), "\n", include_str!($file))
    };
}

impl Scripts {
    /// The scripts of the queue whose names begin with `base`.
    pub(super) fn new(base: String) -> Self {
        let base: Arc<str> = base.into();
        let script = |code| Script { script: redis::Script::new(code), base: base.clone() };
        Self {
            push: script(with_common!("push.lua")),
            claim: script(with_common!("claim.lua")),
            prolong: script(with_common!("prolong.lua")),
            settle: script(with_common!("settle.lua")),
            remove: script(with_common!("remove.lua")),
            revoke: script(with_common!("revoke.lua")),
            stats: script(with_common!("stats.lua")),
            lead: script(include_str!("lead.lua")),
            cancel: script("redis.call('PUBLISH', KEYS[1] .. ':signals', ARGV[1])"),
            leave: script("redis.call('ZREM', KEYS[1] .. ':workers', ARGV[1])"),
        }
    }
}

impl Script {
    /// Begins a call, to be completed by arguments.
    pub(super) fn begin(&self) -> ScriptInvocation<'_> {
        self.script.key(&*self.base)
    }
}
