//! Name servers, a paragraph for each, as HAProxy writes it.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt::Write as _;

use sluicegate_core::Told;
use sluicegate_proto::id::ObjectKey;
use sluicegate_proto::v1::NameServerStats;

use super::{answers, key, plain};

/// The sums of all proxies: sections by their names, name servers in the order in which they were told first.
pub(super) fn lines(told: &[Told]) -> String {
    let (mut sums, mut known): (Vec<(ObjectKey, NameServerStats)>, HashMap<_, usize>) = Default::default();
    // Writing to a String does not fail.
    let mut out = String::new();
    for (proxy, answer) in answers(told) {
        if answer.omitted > 0 {
            let _ = writeln!(out, "# {} more name servers of {proxy} are left out", answer.omitted);
        }
        for stats in &answer.name_servers {
            let Some(section) = key(stats.section.as_ref()) else { continue };
            match known.entry((section.clone(), stats.name.as_str())) {
                Entry::Occupied(place) => add(&mut sums[*place.get()].1, stats),
                Entry::Vacant(place) => {
                    place.insert(sums.len());
                    sums.push((section, stats.clone()));
                }
            }
        }
    }
    sums.sort_by(|(one, _), (other, _)| one.cmp(other));
    let mut last = None;
    for (section, sum) in &sums {
        if last.replace(section) != Some(section) {
            let _ = writeln!(out, "Resolvers section {}", section.name());
        }
        let _ = writeln!(out, " nameserver {}:", plain(&sum.name));
        for (name, count) in counts(sum) {
            let _ = writeln!(out, "  {:<12} {count}", format!("{name}:"));
        }
    }
    out
}

/// In HAProxy's words and order. It never counts `cname`.
fn counts(stats: &NameServerStats) -> [(&'static str, u64); 15] {
    [
        ("sent", stats.sent),
        ("snd_error", stats.send_errors),
        ("valid", stats.valid),
        ("update", stats.updates),
        ("cname", 0),
        ("cname_error", stats.alias_errors),
        ("any_err", stats.empty),
        ("nx", stats.nx),
        ("timeout", stats.timeouts),
        ("refused", stats.refused),
        ("other", stats.other),
        ("invalid", stats.invalid),
        ("too_big", stats.too_big),
        ("truncated", stats.truncated),
        ("outdated", stats.outdated),
    ]
}

fn add(sum: &mut NameServerStats, of: &NameServerStats) {
    for (sum, of) in [
        (&mut sum.sent, of.sent),
        (&mut sum.send_errors, of.send_errors),
        (&mut sum.valid, of.valid),
        (&mut sum.updates, of.updates),
        (&mut sum.alias_errors, of.alias_errors),
        (&mut sum.empty, of.empty),
        (&mut sum.nx, of.nx),
        (&mut sum.timeouts, of.timeouts),
        (&mut sum.refused, of.refused),
        (&mut sum.other, of.other),
        (&mut sum.invalid, of.invalid),
        (&mut sum.too_big, of.too_big),
        (&mut sum.truncated, of.truncated),
        (&mut sum.outdated, of.outdated),
    ] {
        *sum = sum.saturating_add(of);
    }
}
