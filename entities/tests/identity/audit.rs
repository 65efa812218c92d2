//! Who did what.

use project_sync_entities::{
    OfTenant,
    identity::{
        Principal,
        audit::{self, Action, Actor, NewRecord},
    },
};
use serde_json::json;
use testkit::on_each_database;

use crate::stage::{Stage, now};

on_each_database! {
    async fn what_was_done_is_told_to_its_tenant(db: TestDatabase) {
        let stage = Stage::new(db).await;
        let by = stage.principal(&stage.olga).await;
        let actor = Actor::of(&by, Some("203.0.113.7"));
        for (n, action) in [Action::SyncStart, Action::TokenCreate, Action::SyncStart].into_iter().enumerate() {
            let new = NewRecord::new(actor.clone(), action).target("sync", n).detail(json!({ "n": n }));
            audit::record(&stage.one, new, now()).await.unwrap();
        }
        let failed = NewRecord::new(Actor::claimed(None, Some("203.0.113.8")), Action::SessionLoginFailed);
        audit::record_for(&stage.system, Some(stage.other.tenant()), failed.clone(), now()).await.unwrap();
        audit::record_for(&stage.system, None, failed, now()).await.unwrap();

        let all = audit::page(&stage.one, None, None, 10).await.unwrap();
        let shown: Vec<_> = all.iter().map(|row| (row.action.as_str(), row.target_id.as_deref().unwrap())).collect();
        assert_eq!(shown, [("sync.start", "2"), ("token.create", "1"), ("sync.start", "0")]);
        let latest = &all[0];
        assert_eq!((latest.actor_kind.as_str(), latest.actor_id, latest.actor_name.as_str()), ("user", Some(stage.olga.id.0), "Olga"));
        assert_eq!((latest.address.as_deref(), &latest.detail, latest.at), (Some("203.0.113.7"), &json!({ "n": 2 }), now()));
        let starts = audit::page(&stage.one, Some(Action::SyncStart), Some(all[0].id), 10).await.unwrap();
        assert_eq!(starts.len(), 1);
        let theirs = audit::page(&stage.other, None, None, 10).await.unwrap();
        assert_eq!(theirs.iter().map(|row| row.actor_name.as_str()).collect::<Vec<_>>(), ["unknown"]);
    }

    /// Whatever somebody is called, the line is written.
    async fn long_and_strange_names_are_cut(db: TestDatabase) {
        let stage = Stage::new(db).await;
        let by = Principal { name: "x\0\n".repeat(1_000), ..stage.command() };
        let actor = Actor::of(&by, Some(&"9".repeat(500)));
        let new = NewRecord::new(actor, Action::ProjectCreate).target("project", "y".repeat(1_000));
        audit::record(&stage.one, new, now()).await.unwrap();
        let row = audit::page(&stage.one, None, None, 1).await.unwrap().remove(0);
        assert_eq!(row.actor_kind, "command");
        assert_eq!((row.actor_name.len(), row.address.unwrap().len(), row.target_id.unwrap().len()), (200, 64, 200));
    }
}

#[test]
fn actions_are_known_by_their_words() {
    for action in Action::ALL {
        assert_eq!(Action::from_word(action.as_str()), Some(*action));
        assert!(action.as_str().len() <= 64);
    }
    assert_eq!(Action::ALL.len(), 39);
}
