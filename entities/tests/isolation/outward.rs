//! The same of what one tenant tells others, of what asks for its syncs, and of its secrets.

use std::time::Duration;

use project_sync_entities::{
    DeliveryId, EventId, HookDelivery, Poll, ProjectId, Schedule, ScheduleId, Secret, WebhookId,
    credentials::{self, Credential},
    idempotency::{self, Answer, Begun},
    keys::{KeyRing, KeyStore},
    outbox::{self, NewEvent},
    triggers::{
        DeliveryResult, HookKind, PollResult, RunResult,
        deliveries::{self, NewDelivery},
        hooks,
        polls::{self, Polled, Seen},
        schedules::{self, NewSchedule, Ran},
    },
    webhooks::{
        self, Claimed, Fairness, NewWebhook, Outcome, Redelivery, Sent, Settled, Told, UnderWay,
        WebhookChange, WebhookError,
    },
};
use sea_orm::DbErr;
use serde_json::json;
use testkit::{database::TestDatabase, on_each_database};

use super::stage::{
    Empty, LEASE, NOW, Owned, TREE, a_stranger_changes_nothing, must_fail, nothing, only_the_owner_finds,
    owned, sums, without_project,
};

/// What hangs on a project and leads out of it or in.
struct Outward {
    webhook: WebhookId,
    delivery: DeliveryId,
    claimed: Claimed,
    /// What a host sent, the earliest first.
    hooked: [HookDelivery; 2],
    schedule: Schedule,
    poll: Poll,
}

fn secret() -> Secret {
    Secret::new("0123456789abcdef")
}

fn credential() -> Credential {
    Credential::Token(secret())
}

fn new_webhook(project: ProjectId) -> NewWebhook {
    NewWebhook { url: "https://receiver.example/".to_owned(), project: Some(project), kinds: Vec::new() }
}

fn told(project: ProjectId) -> Told {
    let (kind, body) = ("project_sync.completed".to_owned(), "{}".to_owned());
    Told { event: EventId::generate(), project, kind, body, trace_parent: None }
}

fn news(project: ProjectId) -> NewEvent {
    let kind = "project_sync.completed".to_owned();
    NewEvent { id: EventId::generate(), project, kind, data: json!({}), trace_parent: None }
}

fn sent(outcome: Outcome) -> Sent {
    Sent { outcome, response_status: Some(200), error: None, took: Duration::ZERO }
}

fn push(project: ProjectId, name: &str) -> NewDelivery {
    NewDelivery {
        project,
        delivery: name.to_owned(),
        event: "push".to_owned(),
        branch: Some("main".to_owned()),
        commit: Some(TREE),
        result: DeliveryResult::Queued,
        look_at: Some(NOW),
    }
}

fn every_night() -> NewSchedule {
    let (cron, time_zone) = ("0 0 * * *".to_owned(), "UTC".to_owned());
    NewSchedule { branch: None, cron, time_zone, jitter_seconds: 0, enabled: true }
}

async fn outward(database: &TestDatabase, of: &Owned, keys: &KeyStore) -> Outward {
    let (db, project) = (&of.db, of.project.project.id);
    credentials::set(db, keys, project, &credential(), NOW).await.unwrap();
    let webhook = webhooks::create(db, keys, new_webhook(project), NOW).await.unwrap().1.id;
    assert_eq!(webhooks::notify(db, &told(project), NOW).await.unwrap(), 1);
    let fairness = Fairness { total: 10, per_tenant: 10, per_webhook: 10 };
    let system = database.database().system();
    let claimed = webhooks::claim(&system, fairness, &UnderWay::default(), NOW, LEASE).await.unwrap();
    let [claimed] = claimed.try_into().unwrap();
    hooks::set(db, keys, project, HookKind::Github, &secret(), NOW).await.unwrap();
    for name in ["first", "second"] {
        assert!(deliveries::add(db, push(project, name), NOW).await.unwrap().is_some());
    }
    let mut hooked = deliveries::page(db, project, None, 10).await.unwrap();
    hooked.reverse();
    let id = ScheduleId::generate();
    let schedule = schedules::create(db, project, id, every_night(), Some(NOW), NOW).await.unwrap();
    let poll = polls::set(db, project, 60, None, NOW).await.unwrap();
    let hooked = hooked.try_into().unwrap();
    Outward { webhook, delivery: claimed.id, claimed, hooked, schedule, poll }
}

/// Keys, and their text.
fn keys() -> (KeyStore, String) {
    let line = KeyRing::new_line().unwrap().to_string();
    (KeyStore::from_text(&line).unwrap(), line)
}

on_each_database! {
    async fn reading_what_leads_out(db: TestDatabase) {
        let (keys, _) = keys();
        let (ours, theirs) = (owned(&db, "ours").await, owned(&db, "theirs").await);
        outward(&db, &ours, &keys).await;
        let out = outward(&db, &theirs, &keys).await;
        without_project(&ours).await;
        let project = theirs.project.project.id;
        let asked = only_the_owner_finds! { theirs.db, ours.db;
            webhook(db) webhooks::get(db, out.webhook);
            webhook_page(db) webhooks::page(db, None, 10);
            webhook_deliveries(db) webhooks::deliveries(db, out.webhook, None, None, 10);
            webhook_delivery(db) webhooks::delivery(db, out.webhook, out.delivery);
            webhooks_by_key(db) webhooks::by_key(db);
            credential(db) credentials::get(db, project);
            open_credential(db) credentials::open(db, &keys, project);
            credentials_by_key(db) credentials::by_key(db);
            hook(db) hooks::get(db, project);
            open_hook(db) hooks::open(db, &keys, project);
            hooks_by_key(db) hooks::by_key(db);
            hook_deliveries(db) deliveries::page(db, project, None, 10);
            outdated(db) deliveries::is_outdated(db, &out.hooked[0]);
            schedule_list(db) schedules::list(db, project);
            schedule_count(db) schedules::count(db, project);
            schedule(db) schedules::get(db, project, out.schedule.id);
            poll(db) polls::get(db, project);
        };
        println!("{asked} questions");
    }

    async fn writing_what_leads_out(db: TestDatabase) {
        let (keys, line) = keys();
        let (ours, theirs) = (owned(&db, "ours").await, owned(&db, "theirs").await);
        outward(&db, &ours, &keys).await;
        let out = outward(&db, &theirs, &keys).await;
        let (project, pushed) = (theirs.project.project.id, &out.hooked[0]);
        let ticket = match idempotency::begin(&theirs.db, "key", b"digest", NOW).await.unwrap() {
            Begun::Serve(ticket) => ticket,
            other => panic!("{other:?}"),
        };
        let answer = Answer { status: 200, headers: json!({}), body: String::new() };
        let off = || WebhookChange { enabled: Some(false), ..WebhookChange::default() };
        let reason = || Outcome::SwitchOff { reason: "because".to_owned() };
        let before = sums(&db).await;
        let tried = a_stranger_changes_nothing! { ours.db;
            append(db) must_fail(outbox::append(db, news(project), NOW));
            create_webhook(db) must_fail(webhooks::create(db, &keys, new_webhook(project), NOW));
            notify(db) webhooks::notify(db, &told(project), NOW);
            update_webhook(db) webhooks::update(db, out.webhook, off(), NOW);
            rotate_secret(db) rotated(webhooks::rotate_secret(db, &keys, out.webhook, NOW));
            redeliver(db) found(webhooks::redeliver(db, out.webhook, out.delivery, NOW));
            ping(db) found(webhooks::ping(db, out.webhook, NOW));
            delivered(db) noted(webhooks::settle(db, &out.claimed, &sent(Outcome::Delivered), NOW));
            failed(db) noted(webhooks::settle(db, &out.claimed, &sent(Outcome::Failed { disable_after: 1 }), NOW));
            switched_off(db) noted(webhooks::settle(db, &out.claimed, &sent(reason()), NOW));
            remove_webhook(db) webhooks::remove(db, out.webhook);
            set_credential(db) must_fail(credentials::set(db, &keys, project, &credential(), NOW));
            remove_credential(db) credentials::remove(db, project);
            set_hook(db) must_fail(hooks::set(db, &keys, project, HookKind::Gitea, &secret(), NOW));
            heard(db) nothing(hooks::heard(db, project, DeliveryResult::Ping, NOW));
            remove_hook(db) hooks::remove(db, project);
            add_delivery(db) must_fail(deliveries::add(db, push(project, "third"), NOW));
            answered(db) nothing(deliveries::answered(db, pushed.id, theirs.done.id));
            looked(db) nothing(deliveries::looked(db, pushed.id, 1, None, DeliveryResult::Unseen));
            take_back(db) deliveries::take_back(db, pushed.id);
            create_schedule(db) must_fail(schedules::create(db, project, ScheduleId::generate(), every_night(), None, NOW));
            change_schedule(db) schedules::change(db, project, out.schedule.id, every_night(), None, NOW);
            ran(db) schedules::ran(db, &out.schedule, Ran { at: NOW, result: RunResult::Queued, sync: None, next_at: None });
            remove_schedule(db) schedules::remove(db, project, out.schedule.id);
            set_poll(db) must_fail(polls::set(db, project, 60, None, NOW));
            polled(db) polls::polled(db, &out.poll, looked());
            remove_poll(db) polls::remove(db, project);
            finish_request(db) idempotency::finish(db, &ticket, answer);
            forget_request(db) nothing(idempotency::forget(db, &ticket));
        };
        println!("{tried} changes tried");
        assert_eq!(sums(&db).await, before);

        // What goes through all that a tenant has goes through no other's.
        let both = KeyRing::parse(&format!("{}\n{line}", *KeyRing::new_line().unwrap())).unwrap();
        assert_eq!(webhooks::rotate(&ours.db, &both, None).await.unwrap().resealed, 1);
        assert_eq!(hooks::rotate(&ours.db, &both, None).await.unwrap().resealed, 1);
        assert_eq!(credentials::rotate(&ours.db, &both, None).await.unwrap().resealed, 1);
        for (db, key) in [(&ours.db, both.first_id()), (&theirs.db, keys.ring().unwrap().first_id())] {
            let by_key = [(key.to_owned(), 1)];
            assert_eq!(webhooks::by_key(db).await.unwrap(), by_key);
            assert_eq!(hooks::by_key(db).await.unwrap(), by_key);
            assert_eq!(credentials::by_key(db).await.unwrap(), by_key);
        }
    }
}

fn looked() -> Polled {
    let (result, seen) = (PollResult::Same, Seen::new());
    Polled { at: NOW, result, error: None, seen, next_at: NOW, failures: 0 }
}

async fn found(redelivery: impl Future<Output = Result<Redelivery, DbErr>>) -> Result<bool, DbErr> {
    Ok(redelivery.await? != Redelivery::NotFound)
}

async fn noted(settled: impl Future<Output = Result<Settled, DbErr>>) -> Result<bool, DbErr> {
    Ok(settled.await? != Settled::NotOurs)
}

async fn rotated<T>(
    secret: impl Future<Output = Result<Option<T>, WebhookError>>,
) -> Result<bool, WebhookError> {
    Ok(secret.await?.is_some())
}
