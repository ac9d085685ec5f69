//! What the exchanges of an endpoint come to, for those who eject outliers.

use std::fmt;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::Relaxed, Ordering::SeqCst};

use sluicegate_model::outlier::{self, OutlierRule};

use super::observed::{ErrorRun, Sign};

/// What has failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failures {
    /// Any exchange.
    Any,
    /// Those that a gateway tells of: no connection, no whole answer, 502, 503 and 504.
    OfGateways,
}

/// Exchanges failed so often in a row that their endpoint is to be ejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FailureRun {
    /// What counted.
    pub failures: Failures,
    /// How many, and the last one.
    pub run: ErrorRun,
}

impl fmt::Display for FailureRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.failures {
            Failures::Any => "failures",
            Failures::OfGateways => "gateway failures",
        };
        write!(f, "{} consecutive {what}, last one was: {}", self.run.errors, self.run.last.words())
    }
}

/// The failures in a row of one endpoint, and its exchanges since they were last taken.
#[derive(Debug, Default)]
pub(super) struct Tally {
    on: AtomicBool,
    any: Row,
    of_gateways: Row,
    /// All exchanges are counted.
    rated: AtomicBool,
    exchanges: AtomicU64,
    failures: AtomicU64,
    /// Somebody has been told, and has not heard yet.
    pub(super) told: AtomicBool,
}

/// Failures of one kind in a row.
#[derive(Debug, Default)]
struct Row {
    /// 0: they are not counted.
    limit: AtomicU32,
    failures: AtomicU32,
}

impl Tally {
    /// What a generation asks. Rows go on where they count as before.
    pub(super) fn adopt(&self, rule: Option<&OutlierRule>) {
        self.any.adopt(rule.and_then(|rule| rule.failures));
        self.of_gateways.adopt(rule.and_then(|rule| rule.gateway_failures));
        let rated = rule.is_some_and(|rule| rule.success_rate.is_some());
        if self.rated.swap(rated, SeqCst) != rated {
            self.take();
        }
        self.on.store(rule.is_some(), SeqCst);
    }

    /// Whether anything counts.
    pub(super) fn is_on(&self) -> bool {
        self.on.load(SeqCst)
    }

    /// Counts a sign. The one that is too many begins its row anew.
    pub(super) fn count(&self, sign: Sign) -> Option<FailureRun> {
        // What comes of the connection follows.
        if sign == Sign::Connected {
            return None;
        }
        let good = sign.is_good();
        if self.rated.load(Relaxed) {
            self.exchanges.fetch_add(1, Relaxed);
            if !good {
                self.failures.fetch_add(1, Relaxed);
            }
        }
        let of_gateway = !matches!(sign, Sign::Answer(status) if !(502..=504).contains(&status));
        let any = self.any.count(!good);
        let of_gateways = self.of_gateways.count(!good && of_gateway);
        let run = |failures| move |errors| FailureRun { failures, run: ErrorRun { errors, last: sign } };
        any.map(run(Failures::Any)).or(of_gateways.map(run(Failures::OfGateways)))
    }

    /// The exchanges since this was asked last.
    pub(super) fn take(&self) -> outlier::Tally {
        outlier::Tally {
            failures: self.failures.swap(0, Relaxed),
            exchanges: self.exchanges.swap(0, Relaxed),
        }
    }

    /// Begins to count anew.
    pub(super) fn restart(&self) {
        self.any.failures.store(0, SeqCst);
        self.of_gateways.failures.store(0, SeqCst);
        self.take();
    }
}

impl Row {
    fn adopt(&self, limit: Option<NonZeroU32>) {
        let limit = limit.map_or(0, NonZeroU32::get);
        if self.limit.swap(limit, SeqCst) != limit {
            self.failures.store(0, SeqCst);
        }
    }

    /// How many there were, where they are too many now.
    fn count(&self, failed: bool) -> Option<u32> {
        let limit = self.limit.load(Relaxed);
        if limit == 0 {
            return None;
        }
        if !failed {
            // Mostly it is 0 already, and stays in every worker's cache.
            if self.failures.load(Relaxed) != 0 {
                self.failures.store(0, Relaxed);
            }
            return None;
        }
        let failures = self.failures.fetch_add(1, SeqCst) + 1;
        if failures < limit {
            return None;
        }
        self.failures.store(0, SeqCst);
        Some(failures)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use sluicegate_model::outlier::SuccessRate;

    use super::*;

    fn tally(failures: u32, gateway_failures: u32, rated: bool) -> Tally {
        let one = NonZeroU32::MIN;
        let compared = SuccessRate { minimum_hosts: one, request_volume: one, factor_thousandths: 1 };
        let tally = Tally::default();
        tally.adopt(Some(&OutlierRule {
            failures: NonZeroU32::new(failures),
            gateway_failures: NonZeroU32::new(gateway_failures),
            interval: Duration::from_secs(1),
            base: Duration::from_secs(1),
            longest: Duration::from_secs(1),
            most_percent: 100,
            success_rate: rated.then_some(compared),
        }));
        tally
    }

    #[test]
    fn failures_count_in_a_row_whatever_they_are() {
        let tally = tally(3, 0, false);
        for good in [Sign::Answer(200), Sign::Answer(404), Sign::Answer(501), Sign::Answer(505), Sign::Served]
        {
            let row = [Sign::Answer(500), Sign::Unconnected, good].map(|sign| tally.count(sign));
            assert_eq!(row, [None; 3], "{good:?}");
        }
        let row = [Sign::Unconnected, Sign::Connected, Sign::Closed].map(|sign| tally.count(sign));
        assert_eq!(row, [None; 3]);
        let run = tally.count(Sign::Answer(503)).unwrap();
        assert_eq!(run.to_string(), "3 consecutive failures, last one was: Wrong http response");
        assert_eq!(tally.count(Sign::Reset), None, "and begin anew");
    }

    #[test]
    fn answers_of_the_application_are_no_failures_of_gateways() {
        let tally = tally(0, 2, false);
        let row = [Sign::Answer(502), Sign::Answer(500), Sign::Silence].map(|sign| tally.count(sign));
        assert_eq!(row, [None; 3], "500 begins the row anew");
        let run = tally.count(Sign::Answer(504)).unwrap();
        assert_eq!(run.failures, Failures::OfGateways);
        assert_eq!(run.to_string(), "2 consecutive gateway failures, last one was: Wrong http response");
    }

    #[test]
    fn exchanges_are_counted_where_they_are_compared() {
        let compared = tally(0, 0, true);
        let signs = [Sign::Connected, Sign::Answer(200), Sign::Answer(500), Sign::Garbled, Sign::Served];
        assert!(signs.into_iter().all(|sign| compared.count(sign).is_none()));
        assert_eq!(compared.take(), outlier::Tally { exchanges: 4, failures: 2 });
        assert_eq!(compared.take(), outlier::Tally::default());
        let alone = tally(9, 9, false);
        alone.count(Sign::Answer(500));
        assert_eq!(alone.take(), outlier::Tally::default());
    }

    #[test]
    fn a_rule_that_stays_keeps_the_row_and_another_one_begins_it_anew() {
        let tally = tally(2, 0, false);
        let rule = |failures| OutlierRule {
            failures: NonZeroU32::new(failures),
            gateway_failures: None,
            interval: Duration::from_secs(9),
            base: Duration::from_secs(9),
            longest: Duration::from_secs(9),
            most_percent: 1,
            success_rate: None,
        };
        assert_eq!(tally.count(Sign::Closed), None);
        tally.adopt(Some(&rule(2)));
        assert!(tally.count(Sign::Closed).is_some());
        assert_eq!(tally.count(Sign::Closed), None);
        tally.adopt(Some(&rule(1)));
        assert!(tally.count(Sign::Closed).is_some());
        tally.adopt(None);
        assert!(!tally.is_on());
    }
}
