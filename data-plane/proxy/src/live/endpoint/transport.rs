//! Keys of pooled connections, as numbers.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

use rustc_hash::{FxHashMap, FxHashSet};
use sluicegate_model::endpoint::TransportKey;

use crate::live::reserve::Reserve;

/// Number of a transport key ([`TransportKey`]) in this process, and a port in its 16 upper bits where that is not part of
/// the key. Equal keys have equal numbers. Beside it what comes with each connection: the place that a name led to, and the
/// server name that was asked for; 0: neither.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TransportId(pub u64, pub u64);

impl TransportId {
    /// The same at a place ([`place`]).
    pub(super) fn at_place(self, place: u64) -> Self {
        Self(self.0, place)
    }

    /// The same towards a port.
    pub(super) fn at_port(self, port: u16) -> Self {
        Self(self.0 | u64::from(port) << 48, self.1)
    }

    /// The same of connections that asked for a name with this hash.
    pub(crate) fn asking(self, name: u64) -> Self {
        Self(self.0, self.1.rotate_left(32) ^ name)
    }

    /// The same of connections in another version of HTTP than the endpoint's usual one.
    pub(crate) fn in_other_version(self) -> Self {
        Self(self.0, !self.1)
    }
}

/// The number of a place that a name leads to from now on; no two have the same.
pub(super) fn place() -> u64 {
    static LAST: AtomicU64 = AtomicU64::new(0);
    LAST.fetch_add(1, SeqCst) + 1
}

/// Numbers transport keys; a number is never used twice.
#[derive(Debug, Default)]
pub(in crate::live) struct Transports {
    known: FxHashMap<TransportKey, (TransportId, Arc<Reserve>)>,
    last: u64,
}

impl Transports {
    pub(in crate::live) fn number(&mut self, key: TransportKey) -> (TransportId, Arc<Reserve>) {
        if let Some((id, reserve)) = self.known.get(&key) {
            return (*id, Arc::clone(reserve));
        }
        self.last += 1;
        let new = (TransportId(self.last, 0), Arc::new(Reserve::new(key.pool)));
        self.known.insert(key, new.clone());
        new
    }

    pub(in crate::live) fn len(&self) -> usize {
        self.known.len()
    }

    /// Forgets keys that no endpoint has any more.
    pub(in crate::live) fn retain(&mut self, used: &FxHashSet<TransportId>) {
        self.known.retain(|_, (id, _)| used.contains(id));
    }
}
