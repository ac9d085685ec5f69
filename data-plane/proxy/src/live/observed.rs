//! Exchanges of an endpoint that count as checks do (HAProxy: observe).

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, Ordering::Relaxed, Ordering::SeqCst};

use sluicegate_model::observation::{Layer, Observation};

/// What an exchange shows of its endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    /// A connection stands.
    Connected,
    /// It does not come to stand.
    Unconnected,
    /// An answer, of this status.
    Answer(u16),
    /// What came is no answer.
    Garbled,
    /// No answer in time.
    Silence,
    /// The connection ended before an answer.
    Closed,
    /// In TCP mode, the endpoint reset the connection before its first byte.
    Reset,
    /// In TCP mode, the endpoint's first bytes came, or the connection ended otherwise.
    Served,
}

impl Sign {
    /// In HAProxy's words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Connected => "L4 successful connection",
            Self::Unconnected => "L4 unsuccessful connection",
            Self::Answer(_) if self.is_good() => "Correct http response",
            Self::Answer(_) => "Wrong http response",
            Self::Garbled => "Invalid http response (headers)",
            Self::Silence => "Read timeout (http)",
            Self::Closed => "Close from server (http)",
            Self::Reset => "L4 connection reset before the first byte",
            Self::Served => "L4 connection served",
        }
    }

    /// Statuses 501 and 505 are the client's doing.
    pub(super) fn is_good(self) -> bool {
        match self {
            Self::Connected | Self::Served => true,
            Self::Answer(status) => (100..500).contains(&status) || status == 501 || status == 505,
            Self::Unconnected | Self::Garbled | Self::Silence | Self::Closed | Self::Reset => false,
        }
    }

    fn counts(self, layer: u8) -> bool {
        match self {
            Self::Unconnected => true,
            Self::Connected => layer == CONNECTIONS,
            Self::Answer(_) | Self::Garbled | Self::Silence | Self::Closed => layer == ANSWERS,
            Self::Reset | Self::Served => false,
        }
    }
}

/// Too many exchanges in a row went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ErrorRun {
    /// So many.
    pub errors: u32,
    /// What the last one showed.
    pub last: Sign,
}

const NOTHING: u8 = 0;
const CONNECTIONS: u8 = 1;
const ANSWERS: u8 = 2;

/// The errors in a row of one endpoint.
#[derive(Debug, Default)]
pub(super) struct Observed {
    layer: AtomicU8,
    limit: AtomicU32,
    errors: AtomicU32,
    runs: AtomicU64,
    /// Somebody has been told, and has not heard yet.
    pub(super) told: AtomicBool,
}

impl Observed {
    /// What a generation asks.
    pub(super) fn adopt(&self, observation: Option<&Observation>) {
        let layer = match observation.map(|it| it.layer) {
            None => NOTHING,
            Some(Layer::Connections) => CONNECTIONS,
            Some(Layer::Answers) => ANSWERS,
        };
        self.limit.store(observation.map_or(0, |it| it.error_limit.get()), SeqCst);
        if self.layer.swap(layer, SeqCst) != layer {
            self.errors.store(0, SeqCst);
        }
    }

    /// Whether anything counts.
    pub(super) fn is_on(&self) -> bool {
        self.layer.load(Relaxed) != NOTHING
    }

    /// Counts a sign. The one that is too many begins anew.
    pub(super) fn count(&self, sign: Sign) -> Option<ErrorRun> {
        if !sign.counts(self.layer.load(Relaxed)) {
            return None;
        }
        if sign.is_good() {
            // Mostly it is 0 already, and stays in every worker's cache.
            if self.errors.load(Relaxed) != 0 {
                self.errors.store(0, Relaxed);
            }
            return None;
        }
        let errors = self.errors.fetch_add(1, SeqCst) + 1;
        if errors != self.limit.load(SeqCst) {
            return None;
        }
        self.errors.store(0, SeqCst);
        self.runs.fetch_add(1, SeqCst);
        Some(ErrorRun { errors, last: sign })
    }

    /// How often it was too many.
    pub(super) fn runs(&self) -> u64 {
        self.runs.load(SeqCst)
    }

    /// Begins to count anew how often it was.
    pub(super) fn restart(&self) {
        self.runs.store(0, SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use sluicegate_model::observation::OnError;

    use super::*;

    fn watching(layer: Layer, limit: u32) -> Observed {
        let observed = Observed::default();
        let error_limit = NonZeroU32::new(limit).unwrap();
        observed.adopt(Some(&Observation { layer, error_limit, on_error: OnError::FailCheck }));
        observed
    }

    #[test]
    fn errors_count_in_a_row() {
        let observed = watching(Layer::Answers, 3);
        let bad = Sign::Answer(503);
        let good = [Sign::Answer(200), Sign::Answer(404), Sign::Answer(501), Sign::Answer(505)];
        for good in good {
            assert_eq!([observed.count(bad), observed.count(bad), observed.count(good)], [None; 3]);
        }
        assert_eq!([observed.count(Sign::Closed), observed.count(Sign::Garbled)], [None; 2]);
        assert_eq!(observed.count(Sign::Silence), Some(ErrorRun { errors: 3, last: Sign::Silence }));
        assert_eq!(observed.count(bad), None, "and begin anew");
        assert_eq!(observed.runs(), 1);
    }

    #[test]
    fn each_layer_has_its_signs() {
        let connections = watching(Layer::Connections, 2);
        assert_eq!([Sign::Answer(500), Sign::Closed].map(|sign| connections.count(sign)), [None; 2]);
        assert_eq!(connections.count(Sign::Unconnected), None);
        assert_eq!(connections.count(Sign::Connected), None);
        assert_eq!(connections.count(Sign::Unconnected), None);
        assert!(connections.count(Sign::Unconnected).is_some());
        let answers = watching(Layer::Answers, 2);
        assert_eq!(answers.count(Sign::Unconnected), None);
        assert_eq!(answers.count(Sign::Connected), None, "says nothing of answers");
        assert!(answers.count(Sign::Unconnected).is_some());
    }

    #[test]
    fn what_nobody_asks_for_is_off() {
        let observed = watching(Layer::Answers, 1);
        assert!(observed.is_on());
        observed.adopt(None);
        assert!(!observed.is_on());
    }
}
