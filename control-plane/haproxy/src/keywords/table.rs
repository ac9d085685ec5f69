//! The entries, by subject.
//!
//! How a keyword that does nothing yet is classed: refused where a configuration that ignored it would send traffic
//! to someone else or guard less than written; degraded where something visible is missing; inert where there is
//! nothing for it to act on.

use super::{Keyword, Place, Places};

mod actions;
mod bind;
mod caches;
mod checks;
mod compression;
mod converters;
mod crt_store;
mod fetches;
mod global;
mod legacy;
mod options;
mod proxy;
mod resolvers;
mod ring;
mod rules;
mod server;
mod timeouts;
mod tuning;
mod variables;

pub(super) use converters::CONVERTERS;
pub(super) use fetches::FETCHES;
pub(super) use variables::VARIABLES;

const D: Place = Place::Defaults;
const F: Place = Place::Frontend;
const L: Place = Place::Listen;
const B: Place = Place::Backend;

const G: Places = Places::of(&[Place::Global]);
const GDFLB: Places = Places::of(&[Place::Global, D, F, L, B]);
/// The proxies that take connections.
const DFL: Places = Places::of(&[D, F, L]);
const FL: Places = Places::of(&[F, L]);
/// The proxies that have servers.
const DLB: Places = Places::of(&[D, L, B]);
const LB: Places = Places::of(&[L, B]);
/// Every proxy.
const DFLB: Places = Places::of(&[D, F, L, B]);
const FLB: Places = Places::of(&[F, L, B]);

const OPENSSL: &str = "it tunes OpenSSL, which is not in this program";

/// Every entry of lines.
pub(super) fn entries() -> impl Iterator<Item = &'static Keyword> {
    let groups: [&[&'static [Keyword]]; 16] = [
        global::GROUPS,
        proxy::GROUPS,
        compression::GROUPS,
        timeouts::GROUPS,
        options::GROUPS,
        rules::GROUPS,
        checks::GROUPS,
        bind::GROUPS,
        server::GROUPS,
        actions::GROUPS,
        legacy::GROUPS,
        tuning::GROUPS,
        crt_store::GROUPS,
        ring::GROUPS,
        resolvers::GROUPS,
        caches::GROUPS,
    ];
    groups.into_iter().flatten().copied().flatten()
}
