//! What the operator measures. Labels name doors and outcomes, never people.

use metrics::{
    Counter, Histogram, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram,
    with_local_recorder,
};
use metrics_exporter_prometheus::{BuildError, PrometheusBuilder, PrometheusHandle, PrometheusRecorder};
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
    /// Codes and passkeys that let nobody in.
    pub staff_refused: Counter,
    /// Inquiries whose source was asked for work first.
    pub worked: Counter,
    rendered: PrometheusHandle,
    /// For what has a name that is not known beforehand, such as a feed.
    recorder: PrometheusRecorder,
}

/// How a feed is doing.
pub struct FeedMeter<'a> {
    /// Its name.
    pub feed: &'a str,
    /// Seconds since it was last heard, or since it was added.
    pub unheard: f64,
    /// Whether it has been silent for longer than its rhythm; none where it has no rhythm.
    pub silent: Option<bool>,
}

/// How much of a feed waits in the held queue.
pub struct QueueMeter<'a> {
    /// Its name.
    pub feed: &'a str,
    /// Reports that cannot be true beside the rest.
    pub held: u64,
    /// Reports that wait to be recorded by themselves.
    pub waiting: u64,
    /// Messages that could not be taken.
    pub dead_letters: u64,
    /// Seconds since the oldest of those waits; 0 where there is none.
    pub oldest_letter: f64,
}

struct ByOutcome {
    no_match: Counter,
    basic: Counter,
    full: Counter,
    limited: Counter,
    closed: Counter,
}

impl Meters {
    /// Makes the meters of one server.
    ///
    /// # Errors
    /// Fails when the buckets do not fit, which they do.
    pub fn new() -> Result<Self, BuildError> {
        let recorder = PrometheusBuilder::new().set_buckets(&BUCKETS)?.build_recorder();
        let rendered = recorder.handle();
        let inquiries = with_local_recorder(&recorder, || {
            describe_feeds();
            describe_counter!("jindu_inquiries_total", "Inquiries answered, by door and outcome.");
            describe_counter!(
                "jindu_inquiries_refused_total",
                "Inquiries refused by the limit of their source."
            );
            describe_gauge!("jindu_log_leaves", "Looks and changes in the log.");
            describe_gauge!("jindu_log_behind_seconds", "Seconds since all that waited was in the log.");
            describe_gauge!(
                "jindu_log_damaged_records",
                "Records of inquiries that cannot come into the log."
            );
            describe_histogram!(
                "jindu_inquiry_seconds",
                "Time from a parsed inquiry to its recorded answer."
            );
            describe_counter!(
                "jindu_inquiries_worked_total",
                "Inquiries whose source was asked for work first, because it asks in vain too often."
            );
            describe_counter!("jindu_staff_refused_total", "Codes and passkeys of staff that let nobody in.");
            let counters = [
                counter!("jindu_inquiries_refused_total"),
                counter!("jindu_inquiries_worked_total"),
                counter!("jindu_staff_refused_total"),
            ];
            (by_outcome("page"), by_outcome("api"), histogram!("jindu_inquiry_seconds"), counters)
        });
        let (page, api, seconds, [refused, worked, staff_refused]) = inquiries;
        Ok(Self { page, api, seconds, refused, worked, staff_refused, rendered, recorder })
    }

    /// Counts reports of a feed that came one way and had one outcome.
    pub fn reported(&self, feed: &str, way: &'static str, outcome: &'static str, count: u64) {
        let labels = [("feed", feed.to_owned()), ("way", way.to_owned()), ("outcome", outcome.to_owned())];
        with_local_recorder(&self.recorder, || counter!("jindu_reports_total", &labels).increment(count));
    }

    /// Counts reports of a feed that named another person, or another day, than their application has.
    pub fn guessed(&self, feed: &str, count: u64) {
        let labels = [("feed", feed.to_owned())];
        if count > 0 {
            with_local_recorder(&self.recorder, || {
                counter!("jindu_other_application_total", &labels).increment(count);
            });
        }
    }

    /// Shows how a feed is doing.
    pub fn heard(&self, meter: &FeedMeter<'_>) {
        let labels = [("feed", meter.feed.to_owned())];
        with_local_recorder(&self.recorder, || {
            gauge!("jindu_feed_last_heard_seconds", &labels).set(meter.unheard);
            if let Some(silent) = meter.silent {
                gauge!("jindu_feed_silent", &labels).set(f64::from(u8::from(silent)));
            }
        });
    }

    /// Takes back what was shown of a feed for which nobody waits any more: no number is no reason for an alarm.
    pub fn unheard_of(&self, feed: &str, has_rhythm: bool) {
        let labels = [("feed", feed.to_owned())];
        with_local_recorder(&self.recorder, || {
            gauge!("jindu_feed_last_heard_seconds", &labels).set(f64::NAN);
            if has_rhythm {
                gauge!("jindu_feed_silent", &labels).set(f64::NAN);
            }
        });
    }

    /// Shows how much of a feed waits in the held queue.
    pub fn queued(&self, meter: &QueueMeter<'_>) {
        let states = [("held", meter.held), ("waiting", meter.waiting), ("dead_letter", meter.dead_letters)];
        with_local_recorder(&self.recorder, || {
            for (state, items) in states {
                let labels = [("feed", meter.feed.to_owned()), ("state", state.to_owned())];
                // A queue that a float cannot count exactly is full in any case.
                gauge!("jindu_held_reports", &labels).set(u32::try_from(items).unwrap_or(u32::MAX));
            }
            let labels = [("feed", meter.feed.to_owned())];
            gauge!("jindu_dead_letter_oldest_seconds", &labels).set(meter.oldest_letter);
        });
    }

    /// Shows how far the log is, and how many records cannot come into it.
    pub(crate) fn logged(&self, leaves: u64, damaged: u64) {
        with_local_recorder(&self.recorder, || {
            // A float counts exactly up to 2⁵³.
            gauge!("jindu_log_leaves").set(leaves as f64);
            gauge!("jindu_log_damaged_records").set(damaged as f64);
        });
    }

    /// Shows for how long not all that waits has come into the log.
    pub(crate) fn log_behind(&self, time: Duration) {
        with_local_recorder(&self.recorder, || gauge!("jindu_log_behind_seconds").set(time.as_secs_f64()));
    }

    /// Another server keeps the log, or none does.
    pub(crate) fn log_kept_elsewhere(&self) {
        with_local_recorder(&self.recorder, || {
            for name in ["jindu_log_leaves", "jindu_log_damaged_records", "jindu_log_behind_seconds"] {
                gauge!(name).set(f64::NAN);
            }
        });
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
            Outcome::Limited => outcomes.limited.increment(1),
            Outcome::Closed => outcomes.closed.increment(1),
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

fn describe_feeds() {
    describe_counter!("jindu_reports_total", "Reports of feeds, by feed, way in and outcome.");
    describe_counter!(
        "jindu_other_application_total",
        "Reports over HTTP of another person or day than their application has, by feed."
    );
    describe_gauge!("jindu_feed_last_heard_seconds", "Seconds since a feed was last heard, or was added.");
    describe_gauge!("jindu_feed_silent", "1 where a feed has been silent for longer than its rhythm.");
    describe_gauge!("jindu_held_reports", "What waits in the held queue, by feed and state.");
    describe_gauge!("jindu_dead_letter_oldest_seconds", "Seconds since a feed's oldest dead letter waits.");
}

fn by_outcome(door: &'static str) -> ByOutcome {
    let counter =
        |outcome: &'static str| counter!("jindu_inquiries_total", "door" => door, "outcome" => outcome);
    ByOutcome {
        no_match: counter("no_match"),
        basic: counter("basic"),
        full: counter("full"),
        limited: counter("limited"),
        closed: counter("closed"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feed_without_rhythm_is_never_silent_and_one_that_is_paused_has_no_number() {
        let meters = Meters::new().unwrap();
        meters.heard(&FeedMeter { feed: "post", unheard: 60.0, silent: None });
        meters.heard(&FeedMeter { feed: "county", unheard: 60.0, silent: Some(true) });
        let shown = meters.render();
        assert!(shown.contains("jindu_feed_silent{feed=\"county\"} 1"), "{shown}");
        assert!(!shown.contains("jindu_feed_silent{feed=\"post\"}"), "{shown}");
        meters.unheard_of("county", true);
        let shown = meters.render();
        assert!(shown.contains("jindu_feed_silent{feed=\"county\"} NaN"), "{shown}");
        assert!(shown.contains("jindu_feed_last_heard_seconds{feed=\"county\"} NaN"), "{shown}");
    }
}
