//! From rounds to the one line that a bench ends with.

use std::fmt;

use serde_json::{Map, Value, json};

use super::load::Drive;

/// The ceiling and the inquiry, one right after the other.
#[derive(Debug)]
pub(crate) struct Round {
    /// The do-nothing endpoint.
    pub(crate) ceiling: Drive,
    /// The inquiry.
    pub(crate) inquiry: Drive,
    /// Processor time of the server during the inquiry's part.
    pub(crate) cpu_us: f64,
    /// The same inquiries to a peer, where there is one.
    pub(crate) peer: Option<Drive>,
    /// The same inquiries to another binary of ours, where one was named.
    pub(crate) against: Option<Drive>,
    /// The same inquiries at the rate that was asked for, where one was.
    pub(crate) paced: Option<Drive>,
}

impl Round {
    fn ratio(&self) -> f64 {
        self.inquiry.rps / self.ceiling.rps
    }

    /// How many times as many inquiries as the peer.
    fn multiple(&self) -> Option<f64> {
        self.peer.map(|peer| self.inquiry.rps / peer.rps)
    }

    /// Which part of the other binary's rate is lost.
    fn cost(&self) -> Option<f64> {
        self.against.map(|against| 1.0 - self.inquiry.rps / against.rps)
    }

    fn cpu_us_per_request(&self) -> f64 {
        self.cpu_us / self.inquiry.requests
    }
}

impl fmt::Display for Round {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (ceiling, inquiry) = (self.ceiling, self.inquiry);
        write!(
            out,
            "nothing {:.0}/s, inquiry {:.0}/s, ratio {:.2}, ",
            ceiling.rps,
            inquiry.rps,
            self.ratio()
        )?;
        write!(out, "p50 {:.2} ms, p99 {:.2} ms, ", inquiry.p50_ms, inquiry.p99_ms)?;
        write!(out, "{:.1} µs of processor per request", self.cpu_us_per_request())?;
        if let (Some(peer), Some(multiple)) = (self.peer, self.multiple()) {
            write!(out, "; peer {:.0}/s, p99 {:.2} ms, multiple {multiple:.2}", peer.rps, peer.p99_ms)?;
        }
        if let (Some(against), Some(cost)) = (self.against, self.cost()) {
            write!(out, "; against {:.0}/s, cost {cost:.2}", against.rps)?;
        }
        if let Some(Drive { rps, p50_ms, p99_ms, .. }) = self.paced {
            write!(out, "; at {rps:.0}/s p50 {p50_ms:.2} ms, p99 {p99_ms:.2} ms")?;
        }
        Ok(())
    }
}

/// Everything that a bench measured.
#[derive(Debug)]
pub(crate) struct Figures {
    /// The rounds in their order.
    pub(crate) rounds: Vec<Round>,
    /// Bytes on disk.
    pub(crate) bytes: u64,
    /// Resident memory after the load.
    pub(crate) rss_mb: f64,
    /// Resident memory before it.
    pub(crate) idle_rss_mb: f64,
    /// Start of the process to its first answer.
    pub(crate) start_ms: f64,
}

impl Figures {
    /// The closing line, with the medians of the rounds, and with the peer's where there is one.
    pub(crate) fn json(&self, engine: &str, applications: u64) -> String {
        let mut line = self.own(engine, applications);
        if let Some(line) = line.as_object_mut() {
            line.extend(self.beside_a_peer());
            line.extend(self.against_another());
            line.extend(self.at_a_rate());
        }
        line.to_string()
    }

    fn beside_a_peer(&self) -> Map<String, Value> {
        let multiples: Vec<f64> = self.rounds.iter().filter_map(Round::multiple).collect();
        let peers = || self.rounds.iter().filter_map(|round| round.peer);
        let of_peer = |figure: fn(Drive) -> f64| median(peers().map(figure).collect());
        let Some(least) = multiples.iter().copied().reduce(f64::min) else { return Map::new() };
        let figures = [
            ("multiple", rounded(median(multiples.clone()), 2)),
            ("multiple_min", rounded(least, 2)),
            ("multiple_max", rounded(multiples.into_iter().fold(0.0, f64::max), 2)),
            ("peer_rps", rounded(of_peer(|peer| peer.rps), 0)),
            ("peer_p50_ms", rounded(of_peer(|peer| peer.p50_ms), 3)),
            ("peer_p99_ms", rounded(of_peer(|peer| peer.p99_ms), 3)),
        ];
        figures.into_iter().map(|(name, figure)| (name.to_owned(), json!(figure))).collect()
    }

    fn against_another(&self) -> Map<String, Value> {
        let costs: Vec<f64> = self.rounds.iter().filter_map(Round::cost).collect();
        let rates = self.rounds.iter().filter_map(|round| round.against).map(|against| against.rps);
        if costs.is_empty() {
            return Map::new();
        }
        let figures =
            [("cost", rounded(median(costs), 3)), ("against_rps", rounded(median(rates.collect()), 0))];
        figures.into_iter().map(|(name, figure)| (name.to_owned(), json!(figure))).collect()
    }

    fn at_a_rate(&self) -> Map<String, Value> {
        let paced: Vec<Drive> = self.rounds.iter().filter_map(|round| round.paced).collect();
        if paced.is_empty() {
            return Map::new();
        }
        let of = |figure: fn(&Drive) -> f64| median(paced.iter().map(figure).collect());
        let figures = [
            ("paced_rps", rounded(of(|drive| drive.rps), 0)),
            ("paced_p50_ms", rounded(of(|drive| drive.p50_ms), 3)),
            ("paced_p99_ms", rounded(of(|drive| drive.p99_ms), 3)),
        ];
        figures.into_iter().map(|(name, figure)| (name.to_owned(), json!(figure))).collect()
    }

    fn own(&self, engine: &str, applications: u64) -> Value {
        let median = |figure: fn(&Round) -> f64| median(self.rounds.iter().map(figure).collect());
        let ratios = || self.rounds.iter().map(Round::ratio);
        let bytes_per_application = self.bytes as f64 / applications as f64;
        json!({
            "bench": "inquiry",
            "engine": engine,
            "applications": applications,
            "ceiling_rps": rounded(median(|round| round.ceiling.rps), 0),
            "rps": rounded(median(|round| round.inquiry.rps), 0),
            "ratio": rounded(median(Round::ratio), 3),
            "ratio_min": rounded(ratios().fold(f64::INFINITY, f64::min), 3),
            "ratio_max": rounded(ratios().fold(0.0, f64::max), 3),
            "p50_ms": rounded(median(|round| round.inquiry.p50_ms), 3),
            "p99_ms": rounded(median(|round| round.inquiry.p99_ms), 3),
            "cpu_us_per_request": rounded(median(Round::cpu_us_per_request), 1),
            "bytes_per_application": rounded(bytes_per_application, 1),
            "rss_mb": rounded(self.rss_mb, 1),
            "idle_rss_mb": rounded(self.idle_rss_mb, 1),
            "start_ms": rounded(self.start_ms, 1),
        })
    }
}

/// The middle value; of an even number, the mean of the two in the middle; 0 of none.
pub(super) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let at = |place: usize| values.get(place).copied().unwrap_or(0.0);
    let middle = values.len() / 2;
    if values.len().is_multiple_of(2) {
        (at(middle.saturating_sub(1)) + at(middle)) / 2.0
    } else {
        at(middle)
    }
}

pub(super) fn rounded(value: f64, places: i32) -> f64 {
    let scale = 10_f64.powi(places);
    (value * scale).round() / scale
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drive(rps: f64) -> Drive {
        Drive { requests: rps * 8.0, rps, p50_ms: 1.0, p99_ms: 2.0 }
    }

    #[test]
    fn ratios_are_taken_round_by_round() {
        let round = |ceiling, inquiry| Round {
            ceiling: drive(ceiling),
            inquiry: drive(inquiry),
            cpu_us: inquiry * 80.0,
            peer: None,
            against: None,
            paced: None,
        };
        let rounds = vec![round(100.0, 60.0), round(200.0, 80.0), round(50.0, 25.0)];
        let figures = Figures { rounds, bytes: 1_000, rss_mb: 40.04, idle_rss_mb: 20.0, start_ms: 17.26 };
        let line: Value = serde_json::from_str(&figures.json("sqlite", 10)).unwrap();
        assert_eq!(line["ratio"], 0.5);
        assert_eq!(line["ratio_min"], 0.4);
        assert_eq!(line["ratio_max"], 0.6);
        assert_eq!(line["rps"], 60.0);
        assert_eq!(line["ceiling_rps"], 100.0);
        assert_eq!(line["cpu_us_per_request"], 10.0);
        assert_eq!(line["bytes_per_application"], 100.0);
        assert_eq!(line["rss_mb"], 40.0);
        assert_eq!(line["start_ms"], 17.3);
    }

    #[test]
    fn a_peer_is_compared_round_by_round_and_only_where_there_is_one() {
        let round = |inquiry, peer| Round {
            ceiling: drive(100.0),
            inquiry: drive(inquiry),
            cpu_us: 1.0,
            peer: Some(drive(peer)),
            against: Some(drive(inquiry * 2.0)),
            paced: None,
        };
        let rounds = vec![round(60.0, 10.0), round(40.0, 10.0), round(100.0, 20.0)];
        let mut figures = Figures { rounds, bytes: 1, rss_mb: 1.0, idle_rss_mb: 1.0, start_ms: 1.0 };
        let line: Value = serde_json::from_str(&figures.json("postgres", 10)).unwrap();
        assert_eq!((&line["multiple"], &line["multiple_min"]), (&json!(5.0), &json!(4.0)));
        assert_eq!((&line["multiple_max"], &line["peer_rps"]), (&json!(6.0), &json!(10.0)));
        assert_eq!((&line["cost"], &line["against_rps"]), (&json!(0.5), &json!(120.0)));
        figures.rounds.iter_mut().for_each(|round| (round.peer, round.paced) = (None, Some(drive(7.0))));
        let line = figures.json("postgres", 10);
        assert!(!line.contains("peer") && line.contains("\"paced_rps\":7.0"), "{line}");
    }

    #[test]
    fn the_median_is_the_middle() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(vec![4.0, 1.0, 2.0, 3.0]), 2.5);
        assert_eq!(median(vec![7.0]), 7.0);
        assert_eq!(median(Vec::new()), 0.0);
    }
}
