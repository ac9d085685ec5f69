//! Which measurement comes when: in each round all peers in turn, each round beginning with another one, so that what
//! changes on the machine changes for all.

use crate::counts::{Count, Counter};
use crate::measure::{Bench, Sample};
use crate::peer::Peer;
use crate::workload::{RATE, Unit, Workload};

/// Memory hardly differs between rounds.
const MEMORY_ROUNDS: usize = 3;

/// The part of the slowest peer's saturation that all are offered at a fixed rate.
const OFFERED: f64 = 0.7;

/// How long a peer is saturated to find that out.
const PROBE_SECONDS: f64 = 1.0;

/// What a run gave.
#[derive(Debug, Default)]
pub(crate) struct Results {
    pub(crate) samples: Vec<Sample>,
    /// What was counted instead.
    pub(crate) counts: Vec<Count>,
    pub(crate) counter: Option<Counter>,
    /// Measurements without a result, in words.
    pub(crate) failures: Vec<String>,
}

/// The peers of a workload, in the order of the table.
pub(crate) fn peers_of<'a>(workload: &Workload, peers: &'a [Peer]) -> Vec<&'a Peer> {
    peers.iter().filter(|peer| workload.peers.contains(&peer.entry.id)).collect()
}

/// Measures all rounds; tells each result on standard error.
pub(crate) fn run(bench: &Bench, workloads: &[Workload], peers: &[Peer], rounds: usize) -> Results {
    let mut results = Results::default();
    for round in 0..rounds {
        for workload in workloads {
            if workload.unit == Unit::Connection && round >= MEMORY_ROUNDS {
                continue;
            }
            for peer in rotated(peers_of(workload, peers), round) {
                let name = format!("round {round} {:12} {:15}", workload.id, peer.name);
                match bench.sample(workload, peer, round) {
                    Ok(sample) => {
                        let disturbed = if sample.foreign > 0.05 { "  (others use the core)" } else { "" };
                        eprintln!(
                            "{name} {:10.2} {}{disturbed}",
                            sample.cost,
                            crate::report::unit(workload.unit)
                        );
                        results.samples.push(sample);
                    }
                    Err(error) => {
                        eprintln!("{name} failed: {error:#}");
                        results
                            .failures
                            .push(format!("{} of {}, round {round}: {error:#}", workload.id, peer.name));
                    }
                }
            }
        }
    }
    results
}

fn rotated<T>(mut peers: Vec<T>, round: usize) -> Vec<T> {
    if !peers.is_empty() {
        let by = round % peers.len();
        peers.rotate_left(by);
    }
    peers
}

/// The rate that paced workloads offer: `asked`, else the usual one, or less where a peer could not keep it.
pub(crate) fn rate(
    bench: &Bench,
    workload: &Workload,
    peers: &[Peer],
    asked: Option<f64>,
) -> anyhow::Result<f64> {
    if let Some(asked) = asked {
        return Ok(asked);
    }
    let mut probe = workload.clone();
    probe.plan.rate = None;
    probe.plan.seconds = PROBE_SECONDS;
    let mut slowest = f64::INFINITY;
    for peer in peers_of(workload, peers) {
        slowest = slowest.min(bench.sample(&probe, peer, 0)?.rate);
    }
    Ok(offered(slowest))
}

/// In whole thousands.
fn offered(slowest: f64) -> f64 {
    (slowest * OFFERED / 1000.0).floor().clamp(1.0, RATE / 1000.0) * 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_round_begins_with_another_peer() {
        assert_eq!(rotated(vec![1, 2, 3], 0), [1, 2, 3]);
        assert_eq!(rotated(vec![1, 2, 3], 4), [2, 3, 1]);
        assert!(rotated(Vec::<u8>::new(), 1).is_empty());
    }

    #[test]
    fn the_slowest_peer_can_keep_the_rate() {
        assert_eq!(offered(20_500.0), 14_000.0);
        assert_eq!(offered(90_000.0), RATE);
        assert_eq!(offered(100.0), 1000.0);
    }
}
