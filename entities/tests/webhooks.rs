//! What is due is taken once, by turns, and settled by whoever has it; and nobody sees another tenant's.

use std::{collections::BTreeMap, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use project_sync_entities::{
    DeliveryStatus, EventId, ProjectId, TenantDb, WebhookId,
    keys::{KeyRing, KeyStore},
    projects,
    webhooks::{
        self, Claimed, Fairness, NewWebhook, Outcome, Redelivery, Sent, Settled, Told, UnderWay,
        WebhookChange,
    },
};
use testkit::{
    database::{TestDatabase, local_tenant},
    on_each_database,
};

const LEASE: Duration = Duration::from_secs(40);

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(1_700_000_000 + seconds)
}

fn keys() -> KeyStore {
    KeyStore::from_text(&KeyRing::new_line().unwrap()).unwrap()
}

async fn webhook(db: &TenantDb, keys: &KeyStore) -> WebhookId {
    let new = NewWebhook { url: "https://receiver.example/".to_owned(), project: None, kinds: Vec::new() };
    webhooks::create(db, keys, new, at(0)).await.unwrap().1.id
}

async fn ping(db: &TenantDb, webhook: WebhookId, now: DateTime<Utc>) {
    let made = webhooks::ping(db, webhook, now).await.unwrap();
    assert!(matches!(made, Redelivery::Due(_)));
}

async fn other_tenant(db: &TestDatabase) -> TenantDb {
    let id = projects::ensure_tenant(&db.database().system(), "other", at(0)).await.unwrap();
    db.database().tenant(id)
}

async fn claim(db: &TestDatabase, under_way: &UnderWay, now: DateTime<Utc>) -> Vec<Claimed> {
    let fairness = Fairness { total: 10, per_tenant: 4, per_webhook: 2 };
    webhooks::claim(&db.database().system(), fairness, under_way, now, LEASE).await.unwrap()
}

fn sent(outcome: Outcome) -> Sent {
    Sent { outcome, response_status: Some(500), error: Some("e".to_owned()), took: Duration::from_millis(7) }
}

on_each_database! {
    /// Whoever has much to be sent, the others get their turn.
    async fn what_is_due_is_taken_by_turns(db: TestDatabase) {
        let (keys, ours, theirs) = (keys(), local_tenant(db.database()).await, other_tenant(&db).await);
        let (busy_one, second, third) = (webhook(&ours, &keys).await, webhook(&ours, &keys).await, webhook(&ours, &keys).await);
        let quiet = webhook(&theirs, &keys).await;
        for second in 0..20 {
            ping(&ours, busy_one, at(second)).await;
        }
        for id in [second, third] {
            ping(&ours, id, at(30)).await;
        }
        ping(&theirs, quiet, at(31)).await;
        assert_eq!(claim(&db, &UnderWay::default(), at(-1)).await, []);
        let mut counts: BTreeMap<WebhookId, usize> = BTreeMap::new();
        for claimed in claim(&db, &UnderWay::default(), at(40)).await {
            assert_eq!(claimed.attempts, 1);
            *counts.entry(claimed.webhook_id).or_default() += 1;
        }
        // The ones of a tenant are its oldest four, of these two of a webhook.
        assert_eq!(counts, BTreeMap::from([(busy_one, 2), (quiet, 1)]));
        // What is on its way counts, of a webhook and of a tenant.
        for on_its_way in [
            UnderWay { webhooks: vec![(busy_one, 1)], tenants: vec![(ours_of(&ours), 1)] },
            UnderWay { webhooks: Vec::new(), tenants: vec![(ours_of(&ours), 3)] },
        ] {
            let one = claim(&db, &on_its_way, at(40)).await;
            assert_eq!(one.iter().map(|claimed| claimed.webhook_id).collect::<Vec<_>>(), [busy_one]);
            webhooks::put_back(&db.database().system(), &one[0], at(2)).await.unwrap();
        }
        let without = UnderWay { webhooks: vec![(busy_one, 2)], tenants: Vec::new() };
        let ids: Vec<_> = claim(&db, &without, at(40)).await.into_iter().map(|claimed| claimed.webhook_id).collect();
        assert!(ids.len() == 2 && ids.contains(&second) && ids.contains(&third), "{ids:?}");
        let without = UnderWay { webhooks: Vec::new(), tenants: vec![(ours_of(&ours), 4)] };
        assert_eq!(claim(&db, &without, at(40)).await, []);
        // What nobody settled is due again when its lease ends, and not before.
        assert!(claim(&db, &without, at(79)).await.is_empty());
        let again = claim(&db, &without, at(80)).await;
        assert_eq!((again.len(), again[0].attempts), (1, 2));
        let waiting = webhooks::backlog(&db.database().system()).await.unwrap();
        // The first two of all were taken until later.
        assert_eq!((waiting.waiting, waiting.oldest), (23, Some(at(2))));
    }

    /// A claim chooses among the few that wait longest, and whoever asks again gets to the others.
    async fn what_waits_behind_many_is_found(db: TestDatabase) {
        let (keys, ours) = (keys(), local_tenant(db.database()).await);
        let (large, small) = (webhook(&ours, &keys).await, webhook(&ours, &keys).await);
        for _ in 0..600 {
            ping(&ours, large, at(0)).await;
        }
        ping(&ours, small, at(1)).await;
        let of = async |under_way| -> Vec<_> {
            claim(&db, &under_way, at(2)).await.into_iter().map(|claimed| claimed.webhook_id).collect()
        };
        assert_eq!(of(UnderWay::default()).await, [large, large]);
        assert_eq!(of(UnderWay { webhooks: vec![(large, 2)], tenants: Vec::new() }).await, [small]);
    }

    /// Who lost a delivery to another one says nothing about it any more.
    async fn only_whoever_has_it_settles_it(db: TestDatabase) {
        let (keys, ours) = (keys(), local_tenant(db.database()).await);
        let id = webhook(&ours, &keys).await;
        ping(&ours, id, at(0)).await;
        let first = claim(&db, &UnderWay::default(), at(0)).await.remove(0);
        let second = claim(&db, &UnderWay::default(), at(40)).await.remove(0);
        let settle = async |claimed: &Claimed, outcome| {
            let transaction = ours.begin_write().await.unwrap();
            let settled = webhooks::settle(&transaction, claimed, &sent(outcome), at(41)).await.unwrap();
            match settled {
                Settled::NotOurs => transaction.rollback().await.unwrap(),
                _ => transaction.commit().await.unwrap(),
            }
            settled
        };
        assert_eq!(settle(&first, Outcome::Failed { disable_after: 1 }).await, Settled::NotOurs);
        assert!(webhooks::get(&ours, id).await.unwrap().unwrap().enabled, "nothing is left of it");
        webhooks::put_back(&db.database().system(), &first, at(41)).await.unwrap();
        assert_eq!(claim(&db, &UnderWay::default(), at(42)).await, [], "nor is it put back");
        webhooks::put_back(&db.database().system(), &second, at(41)).await.unwrap();
        let third = claim(&db, &UnderWay::default(), at(42)).await.remove(0);
        assert_eq!(third.attempts, 2, "what was put back does not count");
        assert_eq!(settle(&third, Outcome::Delivered).await, Settled::Noted);
        assert_eq!(settle(&third, Outcome::Delivered).await, Settled::NotOurs);
    }

    async fn what_ended_long_ago_is_forgotten(db: TestDatabase) {
        let (keys, ours) = (keys(), local_tenant(db.database()).await);
        let (id, off) = (webhook(&ours, &keys).await, webhook(&ours, &keys).await);
        ping(&ours, id, at(0)).await;
        ping(&ours, off, at(0)).await;
        let change = WebhookChange { enabled: Some(false), ..WebhookChange::default() };
        webhooks::update(&ours, off, change, at(1)).await.unwrap();
        let system = db.database().system();
        assert_eq!(webhooks::prune(&system, at(0), 10).await.unwrap(), 0);
        assert_eq!(webhooks::prune(&system, at(1), 10).await.unwrap(), 1);
        assert_eq!(webhooks::prune(&system, at(1), 10).await.unwrap(), 0);
        let left = webhooks::deliveries(&ours, id, None, None, 10).await.unwrap();
        assert_eq!(left[0].status, DeliveryStatus::Pending, "what waits stays");
    }

    async fn keys_are_changed(db: TestDatabase) {
        let ours = local_tenant(db.database()).await;
        let (old, new) = (KeyRing::new_line().unwrap(), KeyRing::new_line().unwrap());
        let id = webhook(&ours, &KeyStore::from_text(&old).unwrap()).await;
        let both = KeyRing::parse(&format!("{}\n{}", *new, *old)).unwrap();
        let alone = KeyRing::parse(&new).unwrap();
        let row = webhooks::get(&ours, id).await.unwrap().unwrap();
        assert_eq!(webhooks::rotate(&ours, &alone, None).await.unwrap().unreadable, [id]);
        assert_eq!(webhooks::rotate(&ours, &both, None).await.unwrap().resealed, 1);
        assert_eq!(webhooks::rotate(&ours, &both, None).await.unwrap().resealed, 0);
        assert_eq!(webhooks::by_key(&ours).await.unwrap(), [(alone.first_id().to_owned(), 1)]);
        let after = webhooks::get(&ours, id).await.unwrap().unwrap();
        assert_eq!(webhooks::open(&alone, &after).unwrap(), webhooks::open(&both, &row).unwrap());
        assert!(!format!("{after:?}").contains("sealed"), "{after:?}");
    }

    /// Every function, in the name of another tenant.
    async fn nobody_reaches_anothers(db: TestDatabase) {
        let (keys, ours, theirs) = (keys(), local_tenant(db.database()).await, other_tenant(&db).await);
        let id = webhook(&theirs, &keys).await;
        ping(&theirs, id, at(0)).await;
        let before = (webhooks::get(&theirs, id).await.unwrap(), webhooks::deliveries(&theirs, id, None, None, 9).await.unwrap());
        let delivery = before.1[0].id;
        assert_eq!(webhooks::get(&ours, id).await.unwrap(), None);
        assert_eq!(webhooks::page(&ours, None, 9).await.unwrap(), []);
        assert_eq!(webhooks::deliveries(&ours, id, None, None, 9).await.unwrap(), []);
        assert_eq!(webhooks::delivery(&ours, id, delivery).await.unwrap(), None);
        assert_eq!(webhooks::by_key(&ours).await.unwrap(), []);
        let change = WebhookChange { enabled: Some(false), ..WebhookChange::default() };
        assert_eq!(webhooks::update(&ours, id, change, at(1)).await.unwrap(), None);
        assert!(webhooks::rotate_secret(&ours, &keys, id, at(1)).await.unwrap().is_none());
        assert_eq!(webhooks::redeliver(&ours, id, delivery, at(1)).await.unwrap(), Redelivery::NotFound);
        assert_eq!(webhooks::ping(&ours, id, at(1)).await.unwrap(), Redelivery::NotFound);
        assert!(!webhooks::remove(&ours, id).await.unwrap());
        let other = KeyRing::parse(&KeyRing::new_line().unwrap()).unwrap();
        assert_eq!(webhooks::rotate(&ours, &other, None).await.unwrap(), Default::default());
        let told = Told {
            event: EventId::generate(),
            project: ProjectId::generate(),
            kind: "k".to_owned(),
            body: "{}".to_owned(),
            trace_parent: None,
        };
        assert_eq!(webhooks::notify(&ours, &told, at(1)).await.unwrap(), 0);
        let after = (webhooks::get(&theirs, id).await.unwrap(), webhooks::deliveries(&theirs, id, None, None, 9).await.unwrap());
        assert_eq!(after, before);
        let claimed = claim(&db, &UnderWay::default(), at(2)).await.remove(0);
        let transaction = ours.begin_write().await.unwrap();
        for outcome in [Outcome::Delivered, Outcome::Failed { disable_after: 1 }, Outcome::SwitchOff { reason: "r".to_owned() }] {
            let settled = webhooks::settle(&transaction, &claimed, &sent(outcome), at(3)).await.unwrap();
            assert_eq!(settled, Settled::NotOurs);
        }
        transaction.commit().await.unwrap();
        assert_eq!(webhooks::get(&theirs, id).await.unwrap(), before.0);
    }
}

fn ours_of(db: &TenantDb) -> project_sync_entities::TenantId {
    project_sync_entities::OfTenant::tenant(db)
}
