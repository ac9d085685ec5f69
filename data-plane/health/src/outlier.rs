//! Endpoints whose exchanges go wrong and that are left out for a time (Envoy: outlier detection).

use std::fmt;
use std::num::NonZeroU32;
use std::time::Duration;

/// Parts of a whole in which rates are told apart.
const MILLION: u64 = 1_000_000;

/// When an endpoint is ejected, and for how long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutlierRule {
    /// So many failures in a row eject; `None`: none do.
    pub failures: Option<NonZeroU32>,
    /// The same of those that a gateway tells of: no connection, no whole answer, 502, 503 and 504.
    pub gateway_failures: Option<NonZeroU32>,
    /// From one look at all endpoints to the next.
    pub interval: Duration,
    /// How long the first ejection lasts; the second lasts twice as long, and so on.
    pub base: Duration,
    /// No ejection lasts longer.
    pub longest: Duration,
    /// Of the endpoints in service, 1 to 100.
    pub most_percent: u32,
    /// How endpoints are compared; `None`: they are not.
    pub success_rate: Option<SuccessRate>,
}

/// Who stands out from the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SuccessRate {
    /// There have to be so many to compare.
    pub minimum_hosts: NonZeroU32,
    /// Exchanges in the interval from which on an endpoint counts.
    pub request_volume: NonZeroU32,
    /// So many thousandths of the standard deviation below the mean are too many.
    pub factor_thousandths: u32,
}

/// The ejections of one endpoint.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Record {
    times: u32,
    until: Option<Duration>,
    /// Since when it is back.
    back: Duration,
}

impl Record {
    /// Ejects it at `now`, and says for how long.
    pub fn eject(&mut self, now: Duration, rule: &OutlierRule) -> Duration {
        // What lasts as long as it may grows no more, so that it is soon forgotten.
        if rule.base.saturating_mul(self.times) < rule.longest {
            self.times += 1;
        }
        let span = rule.base.saturating_mul(self.times).min(rule.longest);
        self.until = Some(now.saturating_add(span));
        span
    }

    /// When it is to come back; `None`: it is not ejected.
    pub fn until(&self) -> Option<Duration> {
        self.until
    }

    /// It is back.
    pub fn readmit(&mut self, now: Duration) {
        self.until = None;
        self.back = now;
    }

    /// An interval is over: where it was not ejected in it, its next ejection is shorter.
    pub fn forgive(&mut self, now: Duration, rule: &OutlierRule) {
        if self.until.is_none() && self.back.saturating_add(rule.interval) <= now {
            self.times = self.times.saturating_sub(1);
        }
    }

    /// Nothing is known of it.
    pub fn is_clean(&self) -> bool {
        self.times == 0 && self.until.is_none()
    }
}

/// The endpoints of a backend.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Population {
    /// In service, whatever their health is.
    pub members: usize,
    /// Of these, ejected.
    pub ejected: usize,
    /// Of these, taking traffic.
    pub usable: usize,
}

impl Population {
    /// Whether one that takes traffic may be ejected: one always, more within so many percent, and never the last.
    pub fn may_lose_one(self, most_percent: u32) -> bool {
        let share = self.members.saturating_mul(most_percent as usize) / 100;
        self.ejected < share.max(1) && self.usable > 1
    }
}

/// The exchanges of one endpoint in an interval.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// All that came to something.
    pub exchanges: u64,
    /// Those of them that failed.
    pub failures: u64,
}

impl Tally {
    /// The part that went well, in millionths.
    fn millionths(self) -> u64 {
        let good = u128::from(self.exchanges.saturating_sub(self.failures)) * u128::from(MILLION);
        u64::try_from(good / u128::from(self.exchanges.max(1))).unwrap_or(MILLION)
    }
}

/// One that stands out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outlier {
    /// Which of the tallies.
    pub place: usize,
    rate: u64,
    mean: u64,
    deviation: u64,
}

impl fmt::Display for Outlier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let percent = |rate: u64| format!("{}.{:02}%", rate / 10_000, rate % 10_000 / 100);
        let [rate, mean, deviation] = [self.rate, self.mean, self.deviation].map(percent);
        write!(f, "success rate {rate}, mean of all {mean}, standard deviation {deviation}")
    }
}

/// Those whose success rate is too far below that of all who had enough exchanges, the worst first. Computed without
/// rounding: endpoints that are alike are never outliers.
pub fn outliers(tallies: &[Tally], rule: &SuccessRate) -> Vec<Outlier> {
    let volume = u64::from(rule.request_volume.get());
    let places = tallies.iter().enumerate().filter(|(_, tally)| tally.exchanges >= volume);
    let rates: Vec<(usize, u64)> = places.map(|(place, tally)| (place, tally.millionths())).collect();
    let count = rates.len() as u128;
    if rates.is_empty() || count < u128::from(rule.minimum_hosts.get()) {
        return Vec::new();
    }
    let sum: u128 = rates.iter().map(|(_, rate)| u128::from(*rate)).sum();
    let squares: u128 = rates.iter().map(|(_, rate)| u128::from(*rate).pow(2)).sum();
    // All is multiplied by the count: its square times the variance, and its product with the distance from the mean.
    let variance = count * squares - sum * sum;
    let factor = u128::from(rule.factor_thousandths);
    let stands_out = |rate: u64| {
        let distance = sum.saturating_sub(count * u128::from(rate));
        (distance * 1_000).pow(2) > factor.pow(2).saturating_mul(variance)
    };
    let number = |value: u128| u64::try_from(value).unwrap_or(MILLION);
    let (mean, deviation) = (number(sum / count), number(variance.isqrt() / count));
    let far = rates.into_iter().filter(|(_, rate)| stands_out(*rate));
    let mut found: Vec<_> = far.map(|(place, rate)| Outlier { place, rate, mean, deviation }).collect();
    found.sort_by_key(|outlier| (outlier.rate, outlier.place));
    found
}

#[cfg(test)]
mod tests;
