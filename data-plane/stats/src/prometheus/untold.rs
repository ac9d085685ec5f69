//! What HAProxy's exporter has, and this one does not.

use super::metrics::PROCESS;
use crate::info::UNTOLD_FACTS;

/// A metric that is not here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UntoldMetric {
    /// `haproxy_server_failed_header_rewriting_total`
    pub name: String,
    /// Why.
    pub reason: &'static str,
}

const COMPRESSORS: &str = "what compressors take has a limit, and is not told";
const REWRITES: &str = "headers that had no room are not counted";
const INTERNAL: &str = "they are logged with the cause `I`, and not counted";
const DENIED: &str = "they count as requests that were denied";

/// Names behind `haproxy_`, apart from those of facts that are not told either.
const METRICS: &[(&str, &str)] = &[
    ("process_current_zlib_memory", COMPRESSORS),
    ("process_max_zlib_memory", COMPRESSORS),
    ("frontend_denied_connections_total", DENIED),
    ("frontend_denied_sessions_total", DENIED),
    ("frontend_failed_header_rewriting_total", REWRITES),
    ("frontend_internal_errors_total", INTERNAL),
    ("backend_failed_header_rewriting_total", REWRITES),
    ("backend_internal_errors_total", INTERNAL),
    ("server_failed_header_rewriting_total", REWRITES),
    ("server_internal_errors_total", INTERNAL),
    ("server_need_connections_current", "how many connections will be needed is not estimated"),
];

/// All of them, those of the process first.
pub fn untold_metrics() -> Vec<UntoldMetric> {
    let reason = |fact: &str| UNTOLD_FACTS.iter().find(|(name, _)| *name == fact).map(|(_, reason)| *reason);
    let of_facts = PROCESS
        .iter()
        .filter_map(|(fact, suffix, _)| Some((format!("haproxy_process_{suffix}"), reason(fact)?)));
    let others = METRICS.iter().map(|(name, reason)| (format!("haproxy_{name}"), *reason));
    of_facts.chain(others).map(|(name, reason)| UntoldMetric { name, reason }).collect()
}
