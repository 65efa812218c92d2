//! The gateway beside nchan, in the same run under the same load: `cargo bench -p project-sync --bench gateway`.
//!
//! Arguments choose cases by name (`… --bench gateway -- --case fan-out`) or ask for longer measurements of more runs
//! (`--full`). The bench starts servers of its own: Postgres and Redis, for each measurement a gateway, and nginx with
//! nchan of Debian's packages (`nginx`, `libnginx-mod-nchan`), which are installed if they are missing and apt-get may;
//! without them ours is measured alone. The clients are a process of their own that reads bare sockets. Figures are
//! medians of the runs. Nothing here passes or fails.

mod cases;
mod client;
mod histogram;
mod load;
mod nchan;
mod ours;
mod process;
mod report;
mod saturation;
mod server;

use std::{env, os::unix::process::CommandExt, process::Command};

use futures::future::BoxFuture;
use tempfile::TempDir;
use testkit::server::server_folder;
use tokio::runtime::Builder;

use nchan::Nchan;
use ours::Ours;
use report::{Measured, Table};
use server::{Server, Side};

/// The argument by which the bench runs itself as the clients.
const CLIENT_ROLE: &str = "as-client";

/// Tells the second start of the bench that it may have as many descriptors as are allowed.
const RAISED_VARIABLE: &str = "GATEWAY_BENCH_DESCRIPTORS";

/// Runs of each measurement with `--full`; otherwise it is one.
const FULL_RUNS: usize = 3;

/// What the cases work with.
struct Bench {
    folder: TempDir,
    nchan: Option<Nchan>,
    ours: Option<Ours>,
    /// Longer measurements.
    is_full: bool,
    /// How many descriptors a process may have open.
    descriptors: usize,
}

/// Measures a side once. The error says why that was not possible.
type Measure = for<'a> fn(&'a Bench, Side) -> BoxFuture<'a, Result<Vec<Measured>, String>>;

/// Something to measure.
struct Case {
    name: &'static str,
    /// Whether nchan is measured with a process for each core, too: the better one is the reference.
    with_all_cores: bool,
    measure: Measure,
}

const CASES: [Case; 7] = [
    Case {
        name: "unloaded",
        with_all_cores: true,
        measure: |bench, side| Box::pin(cases::unloaded(bench, side)),
    },
    Case {
        name: "memory",
        with_all_cores: false,
        measure: |bench, side| Box::pin(cases::memory(bench, side)),
    },
    Case {
        name: "fan-out",
        with_all_cores: true,
        measure: |bench, side| Box::pin(cases::fan_out(bench, side)),
    },
    Case {
        name: "topics",
        with_all_cores: true,
        measure: |bench, side| Box::pin(cases::topics(bench, side)),
    },
    Case {
        name: "slow",
        with_all_cores: false,
        measure: |bench, side| Box::pin(cases::slow_readers(bench, side)),
    },
    Case { name: "many", with_all_cores: false, measure: |bench, side| Box::pin(cases::many(bench, side)) },
    Case {
        name: "saturation",
        with_all_cores: true,
        measure: |bench, side| Box::pin(saturation::saturation(bench, side)),
    },
];

impl Bench {
    /// Starts a side's server for so many topics.
    async fn start(&self, side: Side, topics: usize) -> Result<Server, String> {
        match side {
            Side::Ours => self.ours.as_ref().ok_or("not measured")?.start(topics).await,
            Side::Nchan(workers) => {
                let nchan = self.nchan.as_ref().ok_or("not measured")?;
                nchan.start(self.folder.path(), workers, topics, self.descriptors).await
            }
        }
    }

    /// Measures a case on all sides in turns, and prints what came of it.
    async fn run(&self, case: &Case, table: &mut Table) {
        let mut sides = vec![Side::Ours, Side::Nchan(1)];
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        if case.with_all_cores && cores > 1 {
            sides.push(Side::Nchan(cores));
        }
        sides.retain(|side| match side {
            Side::Ours => self.ours.is_some(),
            Side::Nchan(_) => self.nchan.is_some(),
        });
        for _ in 0..if self.is_full { FULL_RUNS } else { 1 } {
            for side in &sides {
                match (case.measure)(self, *side).await {
                    Ok(measured) => table.take(*side, measured),
                    Err(why) => {
                        let why = why.split_whitespace().collect::<Vec<_>>().join(" ");
                        table.note(format!("{}, {side}: not measured: {why}", case.name));
                    }
                }
            }
        }
        table.print_new();
    }
}

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    if arguments.first().is_some_and(|role| role == CLIENT_ROLE) {
        return client::run();
    }
    let is_wanted = |name: &str| {
        let mut words = arguments.iter().filter(|argument| !argument.starts_with('-')).peekable();
        words.peek().is_none() || words.any(|word| name.contains(word.as_str()))
    };
    let cases: Vec<Case> = CASES.into_iter().filter(|case| is_wanted(case.name)).collect();
    if cases.is_empty() {
        // The words are for another bench.
        return;
    }
    if env::var_os(RAISED_VARIABLE).is_none() {
        raise_descriptors(&arguments);
    }
    // A single thread: what is published and the answers to it do not wait for each other's threads.
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let is_full = arguments.iter().any(|argument| argument == "--full");
    let all = async move { tokio::spawn(measure_all(cases, is_full)).await.unwrap() };
    runtime.block_on(all);
}

/// Starts the bench again with as many descriptors as the system allows; the servers and clients inherit that.
fn raise_descriptors(arguments: &[String]) {
    let script = "ulimit -n \"$(ulimit -Hn)\"; GATEWAY_BENCH_DESCRIPTORS=$(ulimit -n) exec \"$0\" \"$@\"";
    let mut command = Command::new("sh");
    command.args(["-c", script]).arg(env::current_exe().unwrap()).args(arguments);
    // Comes back only if there is no shell.
    println!("The limit of descriptors stays as it is: {}", command.exec());
}

async fn measure_all(cases: Vec<Case>, is_full: bool) {
    let folder = server_folder().unwrap();
    let nchan = Nchan::find().inspect_err(|why| println!("nchan is not measured: {why}")).ok();
    let ours = Ours::open(folder.path()).await;
    let ours = ours.inspect_err(|why| println!("Ours is not measured: {why}")).ok();
    let descriptors = env::var(RAISED_VARIABLE).ok().and_then(|limit| limit.parse().ok()).unwrap_or(1_024);
    let bench = Bench { folder, nchan, ours, is_full, descriptors };
    let versions = bench.nchan.as_ref().map_or("no reference", |nchan| &nchan.versions);
    println!("{versions}; {descriptors} descriptors a process");
    let mut table = Table::new();
    for case in cases {
        bench.run(&case, &mut table).await;
    }
    table.print_notes();
}
