//! temp
extern crate project_sync_worker as worker;
use std::sync::Arc;
use worker::{clock::Clock, instance::Instance, memory::Rules, pipeline::{Runner, RunOutcome}, settings::WorkerSettings, source::SourceContext, submit};
#[tokio::main]
async fn main() {
    let args: Vec<String> = std::env::args().collect();
    let db = entities::connect(&format!("sqlite:{}", args[1]), &Default::default()).await.unwrap();
    use migration::MigratorTrait;
    let t0 = std::time::Instant::now();
    migration::Migrator::up(&db, None).await.unwrap();
    let tenant = entities::projects::ensure_tenant(&db, "local", chrono::Utc::now()).await.unwrap();
    let settings = WorkerSettings::default();
    let spec = entities::SourceSpec::parse(&args[2], None).unwrap();
    let runner = Runner { db: db.clone(), bus: Arc::new(bus::LocalProgressBus::default()), rules: Arc::new(Rules::new(&settings.memory).unwrap()), settings: Arc::new(settings), instance: Arc::new(Instance::anywhere()), clock: Clock::system() };
    let ctx = SourceContext::quiet();
    let located = submit::locate(&db, tenant, &spec, args.get(3).map(|s| s.as_str()), &runner.settings.source, &ctx, chrono::Utc::now()).await.unwrap();
    let new = entities::syncs::NewSync { trigger: entities::SyncTrigger::Cli, forced: false, restore_seq: None };
    let submit::Requested::Pending(sync) = submit::request(&db, &located.branch, new, chrono::Utc::now()).await.unwrap() else { panic!() };
    let out = runner.run(&bus::SyncJob::new(sync.id), Some(located.opened), Default::default()).await.unwrap();
    let RunOutcome::Ended(row, err) = out else { panic!() };
    println!("{:?} {:?} {} {:?} total {:?}", row.status, err, row.phases, entities::SyncCounts::from(&*row), t0.elapsed());
    let v = std::fs::read_to_string("/proc/self/status").unwrap();
    println!("{}", v.lines().filter(|l| l.starts_with("VmHWM") || l.starts_with("RssAnon") ).collect::<Vec<_>>().join(" "));
}
