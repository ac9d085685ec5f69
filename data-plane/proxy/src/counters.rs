//! Counters with one writer each: a worker adds to its own shard, readers sum.

mod average;
mod cause;
mod http2;

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed, Ordering::SeqCst};
use std::sync::{Arc, OnceLock};

use crate::live::Mark;
pub use average::{Average, Averages};
pub use cause::CloseCause;
pub use http2::Http2Counters;

/// A number that only grows. One thread adds, any thread reads.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// Adds without a locked instruction: correct only because a shard has one writer.
    pub fn add(&self, amount: u64) {
        self.0.store(self.0.load(Relaxed).wrapping_add(amount), Relaxed);
    }

    /// Begins anew; for the one who adds.
    fn clear(&self) {
        self.0.store(0, Relaxed);
    }

    /// What was added so far.
    pub fn value(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// How many there are of something. One thread counts, any thread reads.
#[derive(Debug, Default)]
pub struct Level(Counter);

impl Level {
    /// One more.
    pub(crate) fn raise(&self) {
        self.0.add(1);
    }

    /// One less.
    pub(crate) fn lower(&self) {
        self.0.add(u64::MAX);
    }

    /// How many there are now.
    pub fn value(&self) -> u64 {
        self.0.value()
    }
}

/// The most that a number has been.
#[derive(Debug, Default)]
pub struct Most(AtomicU32);

impl Most {
    /// The number is so high now.
    pub fn raise(&self, to: u32) {
        // In one order with the number itself: a restart that misses this sees the number.
        if to > self.0.load(SeqCst) {
            self.0.fetch_max(to, SeqCst);
        }
    }

    /// Begins anew, from what the number is now. What it rises to meanwhile is not lost: who raised it before this has
    /// raised the number too.
    pub fn restart(&self, now: impl FnOnce() -> u32) {
        self.0.store(0, SeqCst);
        self.raise(now());
    }

    /// The most.
    pub fn value(&self) -> u32 {
        self.0.load(Relaxed)
    }
}

/// Keeps the shards of two workers off one cache line (two, as neighbours are fetched in pairs).
#[derive(Debug, Default)]
#[repr(align(128))]
struct Padded<T>(T);

/// One `T` per worker, made when the worker first counts: an object without traffic costs a pointer per worker.
#[derive(Debug)]
pub struct Sharded<T> {
    shards: Box<[OnceLock<Box<Padded<T>>>]>,
    /// Of the object that is counted for, where reports ask which ones changed.
    mark: Option<Arc<Mark>>,
}

impl<T: Default> Sharded<T> {
    /// For workers `0..workers`; at least one.
    pub fn new(workers: usize) -> Self {
        Self { shards: (0..workers.max(1)).map(|_| OnceLock::new()).collect(), mark: None }
    }

    /// For an object whose changes are marked.
    pub(crate) fn marking(workers: usize, mark: Arc<Mark>) -> Self {
        Self { mark: Some(mark), ..Self::new(workers) }
    }

    /// The shard of a worker, which alone may add to it, and does so at once: the object counts as changed now.
    pub fn shard(&self, worker: usize) -> &T {
        if let Some(mark) = &self.mark {
            mark.touch();
        }
        // There is at least one; no worker has a number beyond them.
        let shard = self.shards.get(worker).unwrap_or(&self.shards[0]);
        &shard.get_or_init(Box::default).0
    }

    /// Zeroes the shard of a worker, which alone may do so.
    pub(crate) fn clear_shard(&self, worker: usize, all: bool)
    where
        T: Clear,
    {
        let Some(shard) = self.shards.get(worker).and_then(OnceLock::get) else { return };
        shard.0.clear(all);
        if let Some(mark) = &self.mark {
            mark.touch();
        }
    }

    /// Sums one number over all workers.
    pub fn sum(&self, number: impl Fn(&T) -> &Counter) -> u64 {
        self.made().map(|shard| number(shard).value()).sum()
    }

    /// Sums an array of numbers over all workers.
    pub fn sum_each<const N: usize>(&self, numbers: impl Fn(&T) -> &[Counter; N]) -> [u64; N] {
        let mut sums = [0; N];
        for shard in self.made() {
            for (sum, counter) in sums.iter_mut().zip(numbers(shard)) {
                *sum += counter.value();
            }
        }
        sums
    }

    /// The shards of the workers that have counted.
    pub fn made(&self) -> impl Iterator<Item = &T> {
        self.shards.iter().filter_map(|shard| shard.get().map(|padded| &padded.0))
    }
}

/// Counters that can begin anew (HAProxy: clear counters).
pub(crate) trait Clear {
    /// All of them, or the highest values alone; for the one who adds.
    fn clear(&self, all: bool);
}

/// Answers by class: 1xx, 2xx, 3xx, 4xx, 5xx.
pub type Responses = [Counter; 5];

/// Adds an answer to its class; a status outside of 100 to 599 is none.
pub fn count_response(responses: &Responses, status: u16) {
    if let Some(counter) = usize::from(status / 100).checked_sub(1).and_then(|class| responses.get(class)) {
        counter.add(1);
    }
}

/// What became of bodies that were to be compressed.
#[derive(Debug, Default)]
pub struct CompressionCounters {
    /// Bytes of content that were compressed.
    pub content: Counter,
    /// What they were compressed to.
    pub coded: Counter,
    /// Bytes that were not, for want of a compressor.
    pub bypassed: Counter,
    /// Responses that were compressed.
    pub responses: Counter,
}

impl Clear for CompressionCounters {
    fn clear(&self, all: bool) {
        let Self { content, coded, bypassed, responses } = self;
        if all {
            [content, coded, bypassed, responses].into_iter().for_each(Counter::clear);
        }
    }
}

/// What was asked of caches.
#[derive(Debug, Default)]
pub struct CacheCounters {
    /// Responses that were looked for.
    pub lookups: Counter,
    /// Those of them that were there.
    pub hits: Counter,
}

impl Clear for CacheCounters {
    fn clear(&self, all: bool) {
        let Self { lookups, hits } = self;
        if all {
            [lookups, hits].into_iter().for_each(Counter::clear);
        }
    }
}

/// What a frontend counts.
#[derive(Debug, Default)]
pub struct FrontendCounters {
    /// Connections taken.
    pub connections: Counter,
    /// Requests whose head was complete.
    pub requests: Counter,
    /// Answers sent to clients.
    pub responses: Responses,
    /// Bytes from clients.
    pub bytes_in: Counter,
    /// Bytes to clients.
    pub bytes_out: Counter,
    /// Requests that a rule refused.
    pub denied: Counter,
    /// Answers of endpoints that a rule refused.
    pub denied_responses: Counter,
    /// Requests that rules answered, denials apart.
    pub intercepted: Counter,
    /// Requests that were no HTTP, or not to be understood in one way.
    pub bad_requests: Counter,
    /// Connections that came to speak TLS.
    pub handshakes: Counter,
    /// Those of them that continue an earlier session.
    pub resumed_handshakes: Counter,
    /// Connections that did not come to speak it.
    pub failed_handshakes: Counter,
    /// Of answers to its clients.
    pub compression: CompressionCounters,
    /// By its own rules.
    pub cache: CacheCounters,
    /// Its connections of HTTP/2.
    pub http2: Http2Counters,
}

impl Clear for FrontendCounters {
    fn clear(&self, all: bool) {
        let Self {
            connections,
            requests,
            responses,
            bytes_in,
            bytes_out,
            denied,
            denied_responses,
            intercepted,
            bad_requests,
            handshakes,
            resumed_handshakes,
            failed_handshakes,
            compression,
            cache,
            http2,
        } = self;
        compression.clear(all);
        http2.clear(all);
        cache.clear(all);
        if all {
            responses.iter().for_each(Counter::clear);
            let sums = [connections, requests, bytes_in, bytes_out, denied, denied_responses];
            sums.into_iter().chain([intercepted, bad_requests]).for_each(Counter::clear);
            [handshakes, resumed_handshakes, failed_handshakes].into_iter().for_each(Counter::clear);
        }
    }
}

/// What a backend counts.
#[derive(Debug, Default)]
pub struct BackendCounters {
    /// Exchanges routed to it.
    pub exchanges: Counter,
    /// Exchanges that no endpoint took a connection for.
    pub connect_errors: Counter,
    /// Further attempts at the same endpoint.
    pub retries: Counter,
    /// Further attempts at another endpoint.
    pub redispatches: Counter,
    /// Requests that a rule refused after they had been routed to it.
    pub denied: Counter,
    /// Answers sent to clients.
    pub responses: Responses,
    /// Answers of endpoints that a rule refused.
    pub denied_responses: Counter,
    /// Exchanges that the client broke off.
    pub client_aborts: Counter,
    /// Exchanges that the endpoint broke off amid its answer.
    pub server_aborts: Counter,
    /// Of answers of its endpoints.
    pub compression: CompressionCounters,
    /// By its own rules.
    pub cache: CacheCounters,
    /// Its connections of HTTP/2.
    pub http2: Http2Counters,
}

impl Clear for BackendCounters {
    fn clear(&self, all: bool) {
        let Self {
            exchanges,
            connect_errors,
            retries,
            redispatches,
            denied,
            responses,
            denied_responses,
            client_aborts,
            server_aborts,
            compression,
            cache,
            http2,
        } = self;
        compression.clear(all);
        http2.clear(all);
        cache.clear(all);
        if all {
            responses.iter().for_each(Counter::clear);
            let sums = [exchanges, connect_errors, retries, redispatches];
            let more = [denied, denied_responses, client_aborts, server_aborts];
            sums.into_iter().chain(more).for_each(Counter::clear);
        }
    }
}

/// What an endpoint counts.
#[derive(Debug, Default)]
pub struct EndpointCounters {
    /// Exchanges that it was chosen for.
    pub exchanges: Counter,
    /// Exchanges whose last attempt to connect was at it and failed.
    pub connect_errors: Counter,
    /// Connections that broke, answers that were no HTTP, time-outs of answers.
    pub response_errors: Counter,
    /// Answers of it that a rule refused.
    pub denied_responses: Counter,
    /// Answers that it gave.
    pub responses: Responses,
    /// Bytes sent to it.
    pub bytes_in: Counter,
    /// Bytes that it sent.
    pub bytes_out: Counter,
    /// Further attempts at it after one had failed.
    pub retries: Counter,
    /// Attempts at another one after one at it had failed.
    pub redispatches: Counter,
    /// Exchanges that the client broke off.
    pub client_aborts: Counter,
    /// Exchanges that it broke off amid its answer.
    pub server_aborts: Counter,
    /// Connections begun.
    pub connects: Counter,
    /// Exchanges on a connection that stood already.
    pub reuses: Counter,
    /// Connections to it that came to speak TLS.
    pub handshakes: Counter,
    /// Those of them that continue an earlier session.
    pub resumed_handshakes: Counter,
    /// Connections to it that did not come to speak it.
    pub failed_handshakes: Counter,
    /// How long the phases of its exchanges take.
    pub durations: Averages,
}

impl Clear for EndpointCounters {
    fn clear(&self, all: bool) {
        let Self {
            exchanges,
            connect_errors,
            response_errors,
            denied_responses,
            responses,
            bytes_in,
            bytes_out,
            retries,
            redispatches,
            client_aborts,
            server_aborts,
            connects,
            reuses,
            handshakes,
            resumed_handshakes,
            failed_handshakes,
            durations,
        } = self;
        durations.clear(all);
        if all {
            responses.iter().for_each(Counter::clear);
            let sums = [exchanges, connect_errors, response_errors, bytes_in, bytes_out, retries];
            let more = [redispatches, client_aborts, server_aborts, connects, reuses, denied_responses];
            let secure = [handshakes, resumed_handshakes, failed_handshakes];
            sums.into_iter().chain(more).chain(secure).for_each(Counter::clear);
        }
    }
}

/// What the process counts.
#[derive(Debug, Default)]
pub struct ProcessCounters {
    /// Connections accepted.
    pub connections: Counter,
    /// Requests, connections in TCP mode included.
    pub requests: Counter,
    /// Client connections closed, by [`CloseCause`].
    pub closes: [Counter; CloseCause::ALL.len()],
    /// Connection tasks that panicked.
    pub panics: Counter,
}

#[cfg(test)]
mod tests;
