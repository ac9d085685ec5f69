//! Keys of pooled connections, as numbers.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

use rustc_hash::{FxHashMap, FxHashSet};
use sluicegate_model::endpoint::TransportKey;

use crate::live::reserve::Reserve;

/// Number of a transport key ([`TransportKey`]) in this process, and a port in its 16 upper bits where that is not part of
/// the key. Equal keys have equal numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TransportId(pub u64);

impl TransportId {
    /// A number of its own, which no key has.
    pub(super) fn own() -> Self {
        static LAST: AtomicU64 = AtomicU64::new(0);
        /// Set in these numbers alone.
        const OWN: u64 = 1 << 47;
        Self(OWN | (LAST.fetch_add(1, SeqCst) + 1))
    }

    /// The same towards a port.
    pub(super) fn at_port(self, port: u16) -> Self {
        Self(self.0 | u64::from(port) << 48)
    }
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
        let new = (TransportId(self.last), Arc::new(Reserve::new(key.pool)));
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
