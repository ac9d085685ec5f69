//! The entries, by subject.

use super::{Keyword, Place, Places};

mod timeouts;

const D: Place = Place::Defaults;
const F: Place = Place::Frontend;
const L: Place = Place::Listen;
const B: Place = Place::Backend;

/// The proxies that have servers.
const DLB: Places = Places::of(&[D, L, B]);
/// The proxies that take connections.
const DFL: Places = Places::of(&[D, F, L]);
/// Every proxy.
const DFLB: Places = Places::of(&[D, F, L, B]);

/// Every entry.
pub(super) fn entries() -> impl Iterator<Item = &'static Keyword> {
    [timeouts::ENTRIES].into_iter().flatten()
}
