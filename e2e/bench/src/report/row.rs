//! One peer under one workload.

use serde::Serialize;

use crate::measure::Sample;
use crate::stats::{InRound, Spread, Verdict, paired};
use crate::workload::Workload;

/// Medians of the rounds, and the subject's figures in proportion to this peer's.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    pub(crate) peer: String,
    pub(crate) cost: Spread,
    pub(crate) user_share: f64,
    pub(crate) rate: f64,
    pub(crate) proxy_core_busy: f64,
    pub(crate) load_core_busy: f64,
    /// Microseconds: medians of p50, p90, p99, p99.9.
    pub(crate) latency: Option<[f64; 4]>,
    /// Resident bytes before connections were opened.
    pub(crate) resident: Option<f64>,
    /// Subject / this peer, of the same round. `None` for the subject itself.
    pub(crate) cost_ratio: Option<Ratio>,
    pub(crate) p50_ratio: Option<Ratio>,
    pub(crate) p99_ratio: Option<Ratio>,
    /// This peer here / this peer under the workload beside.
    pub(crate) beside: Option<Ratio>,
}

/// A ratio, and what it is worth.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct Ratio {
    #[serde(flatten)]
    pub(crate) spread: Spread,
    pub(crate) verdict: Verdict,
}

impl Ratio {
    fn of(spread: Option<Spread>) -> Option<Self> {
        spread.map(|spread| Self { spread, verdict: spread.verdict() })
    }
}

impl Row {
    /// From the samples of this workload, and those of the one beside. `None` where the peer has none.
    pub(crate) fn of(
        workload: &Workload,
        peer: &str,
        samples: &[&Sample],
        beside: &[&Sample],
    ) -> Option<Self> {
        let mine: Vec<&Sample> = samples.iter().copied().filter(|sample| sample.peer == peer).collect();
        let median = |value: &dyn Fn(&Sample) -> f64| {
            let values: Vec<f64> = mine.iter().map(|sample| value(sample)).collect();
            Spread::of(&values).map(|spread| spread.median)
        };
        let against = |value: fn(&Sample) -> f64| {
            let ratio = paired(&series(samples, workload.subject, value), &series(samples, peer, value));
            if peer == workload.subject { None } else { Ratio::of(ratio) }
        };
        let timed = mine.iter().all(|sample| sample.seen.latency.is_some());
        let latency = |value: fn(&Sample) -> f64| if timed { median(&value) } else { None };
        let latency = [latency(p50), latency(p90), latency(p99), latency(p999)];
        let costs: Vec<f64> = mine.iter().map(|sample| sample.cost).collect();
        let resident = |sample: &Sample| sample.resident.map_or(0.0, |(before, _)| before as f64);
        let paced = workload.is_paced();
        Some(Self {
            peer: peer.to_owned(),
            cost: Spread::of(&costs)?,
            user_share: median(&|sample| sample.user_share)?,
            rate: median(&|sample| sample.rate)?,
            proxy_core_busy: median(&|sample| sample.proxy_core_busy)?,
            load_core_busy: median(&|sample| sample.load_core_busy)?,
            latency: if let [Some(a), Some(b), Some(c), Some(d)] = latency {
                Some([a, b, c, d])
            } else {
                None
            },
            resident: if mine.iter().all(|sample| sample.resident.is_some()) {
                median(&resident)
            } else {
                None
            },
            cost_ratio: against(cost),
            p50_ratio: if paced { against(p50) } else { None },
            p99_ratio: if paced { against(p99) } else { None },
            beside: Ratio::of(paired(&series(samples, peer, cost), &series(beside, peer, cost))),
        })
    }
}

fn series(samples: &[&Sample], peer: &str, value: fn(&Sample) -> f64) -> Vec<InRound> {
    samples.iter().filter(|sample| sample.peer == peer).map(|sample| (sample.round, value(sample))).collect()
}

fn cost(sample: &Sample) -> f64 {
    sample.cost
}

fn p50(sample: &Sample) -> f64 {
    sample.seen.latency.unwrap_or_default().p50
}

fn p90(sample: &Sample) -> f64 {
    sample.seen.latency.unwrap_or_default().p90
}

fn p99(sample: &Sample) -> f64 {
    sample.seen.latency.unwrap_or_default().p99
}

fn p999(sample: &Sample) -> f64 {
    sample.seen.latency.unwrap_or_default().p999
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::Seen;
    use crate::workload;

    fn sample(peer: &str, round: usize, cost: f64) -> Sample {
        Sample {
            workload: "small",
            peer: peer.to_owned(),
            round,
            cost,
            user_share: 0.5,
            rate: 1000.0,
            proxy_core_busy: 1.0,
            load_core_busy: 0.5,
            foreign: 0.0,
            resident: None,
            seen: Seen::default(),
        }
    }

    #[test]
    fn a_row_compares_the_subject_with_its_peer() {
        let samples = [
            sample("sluicegate", 0, 8.0),
            sample("nginx", 0, 10.0),
            sample("sluicegate", 1, 16.0),
            sample("nginx", 1, 20.0),
            sample("nginx", 2, 12.0),
            sample("sluicegate", 2, 9.0),
        ];
        let samples: Vec<&Sample> = samples.iter().collect();
        let workload = &workload::all(1.0, 100)[0];
        let nginx = Row::of(workload, "nginx", &samples, &[]).unwrap();
        assert_eq!(nginx.cost.median, 12.0);
        let ratio = nginx.cost_ratio.unwrap();
        assert_eq!((ratio.spread.median, ratio.spread.min, ratio.verdict), (0.8, 0.75, Verdict::Less));
        assert_eq!((nginx.latency, nginx.p50_ratio, nginx.beside), (None, None, None));
        assert_eq!(Row::of(workload, "sluicegate", &samples, &[]).unwrap().cost_ratio, None);
        assert!(Row::of(workload, "haproxy", &samples, &[]).is_none());
    }
}
