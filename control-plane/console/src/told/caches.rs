//! Caches, each with a line for what it has, in the form of HAProxy.

use std::fmt::Write as _;

use sluicegate_core::Told;

use super::{answers, key, plain};

/// HAProxy counts in blocks of so many bytes.
const BLOCK: u64 = 1024;

/// The caches of all proxies: each has its own.
pub(super) fn lines(told: &[Told]) -> String {
    // Writing to a String does not fail.
    let mut out = String::new();
    for (proxy, answer) in answers(told) {
        let proxy = plain(proxy);
        for cache in &answer.caches {
            let Some(name) = key(cache.cache.as_ref()) else { continue };
            let free = cache.total_bytes.saturating_sub(cache.used_bytes) / BLOCK;
            let _ = writeln!(out, "{proxy}: {} (available blocks:{free})", name.name());
            for response in &cache.responses {
                let _ = writeln!(
                    out,
                    "{proxy} hash:{} vary:{} size:{} ({} blocks), refcount:{}, expire:{}",
                    response.hash,
                    if response.varies { "yes" } else { "no" },
                    response.bytes,
                    response.bytes.div_ceil(BLOCK),
                    response.readers,
                    response.fresh_ms / 1_000,
                );
            }
        }
        if answer.omitted > 0 {
            let _ = writeln!(out, "# {} more responses of {proxy} are left out", answer.omitted);
        }
    }
    out
}
