//! Certificates and the clock: what is new has to hold, what is shown already is told of when it ends.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use sluicegate_core::Rejected;
use sluicegate_model::tls::Certificate;
use sluicegate_model::{Listener, Runtime};

/// So long before its end a certificate is told of: time enough to ask for a new one, and less than the 30 days before
/// which those of 90 days are renewed.
const SOON_SECONDS: i64 = 14 * 24 * 3600;

/// A certificate that is shown to clients and is to be replaced.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Ending {
    /// What the configuration calls it.
    name: String,
    not_after: i64,
    over: bool,
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, until) = (&self.name, Date(self.not_after));
        match self.over {
            true => write!(
                f,
                "{name}: its certificate has expired on {until}; it is still shown, and clients refuse it"
            ),
            false => write!(f, "{name}: its certificate expires on {until}"),
        }
    }
}

/// Seconds since 1970 as people write them.
struct Date(i64);

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Timestamp::from_second(self.0) {
            Ok(time) => write!(f, "{}", time.strftime("%Y-%m-%d %H:%M:%S UTC")),
            Err(_) => write!(f, "second {} of 1970", self.0),
        }
    }
}

fn shown(runtime: &Runtime) -> impl Iterator<Item = (&Listener, &str, &Arc<Certificate>)> {
    runtime.listeners.values().flat_map(|listener| {
        let tls = listener.entry.as_ref().and_then(|entry| entry.tls.as_ref());
        let certificates = tls.into_iter().flat_map(|tls| tls.certificates());
        certificates.map(move |(name, certificate)| (&**listener, name, certificate))
    })
}

/// Refuses what does not hold at `now`, in seconds since 1970, and is not shown by `serving`.
pub(super) fn check(serving: &Runtime, candidate: &Runtime, now: i64) -> Result<(), Vec<Rejected>> {
    let mut bad: Vec<_> =
        shown(candidate).filter(|(_, _, it)| !(it.not_before..=it.not_after).contains(&now)).collect();
    if !bad.is_empty() {
        let before: BTreeSet<*const Certificate> = shown(serving).map(|(_, _, it)| Arc::as_ptr(it)).collect();
        bad.retain(|(_, _, certificate)| !before.contains(&Arc::as_ptr(certificate)));
    }
    if bad.is_empty() {
        return Ok(());
    }
    Err(bad
        .into_iter()
        .map(|(listener, name, certificate)| rejected(listener, name, certificate, now))
        .collect())
}

fn rejected(listener: &Listener, name: &str, certificate: &Certificate, now: i64) -> Rejected {
    let (from, until) = (Date(certificate.not_before), Date(certificate.not_after));
    let why = if now > certificate.not_after { "has expired" } else { "does not hold yet" };
    let reason = format!("{name}: its certificate {why}: it holds from {from} to {until}");
    Rejected { key: listener.key.clone(), origin: listener.origin.clone(), reason }
}

/// What is shown and ends soon, or has ended, at `now`.
pub(super) fn ending(runtime: &Runtime, now: i64) -> BTreeSet<Ending> {
    let near = shown(runtime).filter(|(_, _, it)| it.not_after < now.saturating_add(SOON_SECONDS));
    // Several listeners may show it.
    let named: BTreeMap<&str, i64> = near.map(|(_, name, it)| (name, it.not_after)).collect();
    let ending = named.into_iter().map(|(name, not_after)| Ending {
        name: name.to_owned(),
        not_after,
        over: not_after < now,
    });
    ending.collect()
}
