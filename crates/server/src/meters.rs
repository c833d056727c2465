//! What the operator measures. Labels name doors and outcomes, never people.

use metrics::{Counter, Histogram, counter, describe_counter, describe_histogram, histogram};
use metrics_exporter_prometheus::{BuildError, PrometheusBuilder, PrometheusHandle};
use std::time::Duration;
use store::inquiry_log::{Channel, Outcome};

/// Seconds; the answer usually takes a millisecond.
const BUCKETS: [f64; 10] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.25, 1.0, 5.0];

/// Handles made once, so that counting costs one addition.
pub struct Meters {
    page: ByOutcome,
    api: ByOutcome,
    seconds: Histogram,
    /// Inquiries refused because their source asked too often.
    pub refused: Counter,
    rendered: PrometheusHandle,
}

struct ByOutcome {
    no_match: Counter,
    basic: Counter,
    full: Counter,
}

impl Meters {
    /// Makes the meters of one server.
    ///
    /// # Errors
    /// Fails when the buckets do not fit, which they do.
    pub fn new() -> Result<Self, BuildError> {
        let recorder = PrometheusBuilder::new().set_buckets(&BUCKETS)?.build_recorder();
        let rendered = recorder.handle();
        Ok(metrics::with_local_recorder(&recorder, || {
            describe_counter!("jindu_inquiries_total", "Inquiries answered, by door and outcome.");
            describe_counter!(
                "jindu_inquiries_refused_total",
                "Inquiries refused by the limit of their source."
            );
            describe_histogram!(
                "jindu_inquiry_seconds",
                "Time from a parsed inquiry to its recorded answer."
            );
            Self {
                page: by_outcome("page"),
                api: by_outcome("api"),
                seconds: histogram!("jindu_inquiry_seconds"),
                refused: counter!("jindu_inquiries_refused_total"),
                rendered,
            }
        }))
    }

    /// Counts an inquiry that was answered and recorded.
    pub fn answered(&self, channel: Channel, outcome: Outcome, took: Duration) {
        let outcomes = match channel {
            Channel::Page => &self.page,
            Channel::Api => &self.api,
        };
        match outcome {
            Outcome::NoMatch => outcomes.no_match.increment(1),
            Outcome::Basic => outcomes.basic.increment(1),
            Outcome::Full => outcomes.full.increment(1),
        }

        self.seconds.record(took);
    }

    /// The meters as Prometheus reads them.
    #[must_use]
    pub fn render(&self) -> String {
        self.rendered.render()
    }

    /// Folds samples together; without it they pile up until somebody reads them.
    pub fn tidy(&self) {
        self.rendered.run_upkeep();
    }
}

fn by_outcome(door: &'static str) -> ByOutcome {
    let counter =
        |outcome: &'static str| counter!("jindu_inquiries_total", "door" => door, "outcome" => outcome);
    ByOutcome { no_match: counter("no_match"), basic: counter("basic"), full: counter("full") }
}
