//! When the certificates end that clients are shown.

use std::collections::BTreeMap;

use sluicegate_model::Runtime;

use super::metrics::Form;
use super::{escaped, head};

/// Samples at most: listeners may have a hundred thousand certificates. Those that end first are told of.
const MOST_SAMPLES: usize = 1_000;

/// A sample for each certificate of each frontend, and how many there are.
pub(super) fn certificates(runtime: &Runtime, out: &mut String) {
    let ends = ends(runtime);
    if ends.is_empty() {
        return;
    }
    let name = "sluicegate_certificates";
    head(name, Form::Gauge, out);
    out.push_str(&format!("{name} {}\n", ends.len()));
    let mut soonest: Vec<_> = ends.into_iter().map(|(shown, not_after)| (not_after, shown)).collect();
    soonest.sort_unstable();
    let name = "sluicegate_certificate_not_after_timestamp_seconds";
    head(name, Form::Gauge, out);
    for (not_after, (frontend, certificate)) in soonest.into_iter().take(MOST_SAMPLES) {
        let (proxy, certificate) = (escaped(frontend), escaped(certificate));
        out.push_str(&format!("{name}{{proxy=\"{proxy}\",certificate=\"{certificate}\"}} {not_after}\n"));
    }
}

/// By the frontend and what the configuration calls them; of several with one name the first end counts.
fn ends(runtime: &Runtime) -> BTreeMap<(&str, &str), i64> {
    let mut ends = BTreeMap::new();
    for listener in runtime.listeners.values() {
        let tls = listener.entry.as_ref().and_then(|entry| entry.tls.as_ref());
        for (name, certificate) in tls.into_iter().flat_map(|tls| tls.certificates()) {
            let end = ends.entry((listener.frontend.name(), name)).or_insert(certificate.not_after);
            *end = certificate.not_after.min(*end);
        }
    }
    ends
}
