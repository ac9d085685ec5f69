//! What the process counted; objects are read through [`Live`](crate::live::Live).

use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use super::Engine;
use crate::counters::CloseCause;

/// Cumulative since the engine's start, save what says "now".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProcessReport {
    /// Since the engine's start.
    pub uptime: Duration,
    /// Client connections accepted.
    pub connections: u64,
    /// Client connections now.
    pub current_connections: u32,
    /// Requests, connections in TCP mode included.
    pub requests: u64,
    /// Generations that somebody still holds, the current one included.
    pub retained_generations: usize,
    /// Client connections closed, by cause.
    pub closes: Vec<(CloseCause, u64)>,
    /// Log lines that did not reach their receiver.
    pub dropped_log_lines: u64,
    /// Connection tasks that panicked.
    pub panics: u64,
    /// The part of the last second that workers waited in, in percent.
    pub idle_percent: u32,
    /// Tasks of the workers.
    pub tasks: u64,
    /// Questions for the addresses of names that were not answered with one.
    pub failed_resolutions: u64,
}

impl Engine {
    /// Of all workers alike.
    fn idle_percent(&self) -> u32 {
        let beats = &self.shared.beats;
        let sum: u64 = beats.iter().map(|beat| beat.idle_percent.load(SeqCst)).sum();
        sum.checked_div(beats.len() as u64).and_then(|mean| u32::try_from(mean).ok()).unwrap_or(0)
    }

    /// What the process counted.
    pub fn report(&self) -> ProcessReport {
        let shared = &self.shared;
        let closes = shared.counters.sum_each(|shard| &shard.closes);
        let full_rings: u64 = shared.rings.iter().map(|ring| ring.dropped()).sum();
        ProcessReport {
            uptime: self.started.elapsed(),
            connections: shared.counters.sum(|shard| &shard.connections),
            current_connections: shared.gate.open(),
            requests: shared.counters.sum(|shard| &shard.requests),
            retained_generations: shared.live.retained_generations(),
            closes: CloseCause::ALL.into_iter().zip(closes).collect(),
            dropped_log_lines: full_rings + shared.lost_lines.load(SeqCst),
            panics: shared.counters.sum(|shard| &shard.panics),
            idle_percent: self.idle_percent(),
            tasks: shared.beats.iter().map(|beat| beat.tasks.load(SeqCst)).sum(),
            failed_resolutions: shared.failed_resolutions.load(SeqCst),
        }
    }
}
