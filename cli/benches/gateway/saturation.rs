//! How much a server delivers at most.

use std::time::Duration;

use crate::{
    Bench,
    cases::{FIRST, millis},
    client::Clients,
    load::{Load, Outcome, publish},
    report::{Budget, Measured, Unit, measured, thousands},
    server::Side,
};

/// Streams of the one topic.
const SUBSCRIBERS: usize = 500;

/// Events a second at first, doubled until it is too much, and at most.
const LOWEST: f64 = 200.0;
const HIGHEST: f64 = 6_400.0;

/// How long each rate is offered.
const STEP: Duration = Duration::from_secs(3);

/// How long the streams have after it.
const GRACE: Duration = Duration::from_secs(1);

/// Rates between the last that was borne and the first that was not.
const HALVINGS: usize = 3;

/// Offers more and more events, until streams do not get all of them in time or no more can be published.
pub async fn saturation(bench: &Bench, side: Side) -> Result<Vec<Measured>, String> {
    let (mut borne, mut too_much, mut broke) = (0.0, None, Vec::new());
    let (mut best, mut most) = (None::<Step>, 0.0_f64);
    let mut rate = LOWEST;
    let mut halvings = 0;
    while rate <= HIGHEST && halvings <= HALVINGS {
        let step = Step::run(bench, side, rate).await?;
        most = most.max(step.deliveries());
        if step.is_borne() {
            borne = rate;
            let stands_still = step.outcome.rate < rate * 0.9;
            if best.as_ref().is_none_or(|best| step.deliveries() > best.deliveries()) {
                best = Some(step);
            }
            // The server lets nobody publish more: that is the most.
            if stands_still {
                break;
            }
        } else {
            broke.push(step.told(rate));
            too_much = Some(rate);
        }
        rate = match too_much {
            None => rate * 2.0,
            Some(too_much) => {
                halvings += 1;
                (borne + too_much) / 2.0
            }
        };
    }
    let deliveries = best.as_ref().map_or(0.0, Step::deliveries);
    let mut all = measured(
        "saturation, 500 subscribers, deliveries that all got",
        deliveries,
        Unit::PerSecond,
        Budget::TimesAtLeast(3.0),
    );
    let at = best.as_ref().map_or("nothing was borne".to_owned(), |best| {
        format!("{:.0} events/s published, p99 {:.1} ms", best.outcome.rate, millis(best.outcome.counted.p99))
    });
    all.note =
        Some(format!("{at}; {}", if broke.is_empty() { "never broke".to_owned() } else { broke.join("; ") }));
    let cost = best.as_ref().map_or(0.0, |best| best.outcome.cost());
    let client_cost = best.as_ref().map_or(0.0, |best| best.outcome.client_cost());
    Ok(vec![
        all,
        measured("saturation, deliveries at most, whoever got them", most, Unit::PerSecond, Budget::None),
        measured("saturation, CPU a delivery where all got them", cost, Unit::Micros, Budget::None),
        measured("saturation, CPU of the clients a delivery", client_cost, Unit::Micros, Budget::None),
    ])
}

/// One rate.
struct Step {
    outcome: Outcome,
}

impl Step {
    /// Offers a rate to a new server.
    async fn run(bench: &Bench, side: Side, rate: f64) -> Result<Self, String> {
        let mut server = bench.start(side, 1).await?;
        let mut clients = Clients::start()?;
        clients.connect(&server, SUBSCRIBERS, 0).await?;
        let load = Load { rate, lasts: STEP, padding: 0, grace: GRACE };
        Ok(Self { outcome: publish(&mut server, &mut clients, FIRST, load).await? })
    }

    /// Whether all streams got all events in order.
    fn is_borne(&self) -> bool {
        self.outcome.counted.complete == SUBSCRIBERS && self.outcome.events > 0
    }

    fn deliveries(&self) -> f64 {
        self.outcome.counted.deliveries as f64 / self.outcome.took.max(STEP).as_secs_f64()
    }

    fn told(&self, rate: f64) -> String {
        let Outcome { counted, .. } = &self.outcome;
        format!(
            "at {rate:.0}/s offered ({:.0}/s published) {} of {SUBSCRIBERS} got all, {} were dropped, {} events were \
             missing and {} doubled",
            self.outcome.rate,
            counted.complete,
            counted.closed,
            thousands(self.outcome.wrong(SUBSCRIBERS)),
            counted.doubled,
        )
    }
}
