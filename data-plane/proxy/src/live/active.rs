//! One generation in force.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use rustc_hash::FxHashMap;
use sluicegate_model::Runtime;
use sluicegate_model::listener::Entry;
use sluicegate_proto::id::ObjectKey;

use super::backend::LiveBackend;
use super::frontend::LiveFrontend;
use crate::cache::Store;
use crate::listen::ListenerId;

/// A generation as logs name it (alias `gen`): its number, a dash, eight digits of its hash.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Generation {
    /// For people.
    pub number: u64,
    /// The first bytes of its hash.
    pub hash: [u8; 4],
}

impl fmt::Display for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d] = self.hash;
        write!(f, "{}-{a:02x}{b:02x}{c:02x}{d:02x}", self.number)
    }
}

/// What the one pointer points to.
#[derive(Debug, Default)]
pub struct Active {
    /// Its name.
    pub generation: Generation,
    /// Counts commits of this process.
    pub serial: u64,
    /// As compiled.
    pub runtime: Arc<Runtime>,
    /// By identity.
    pub frontends: BTreeMap<ObjectKey, Arc<LiveFrontend>>,
    /// By identity.
    pub backends: BTreeMap<ObjectKey, Arc<LiveBackend>>,
    /// By identity.
    pub(crate) caches: BTreeMap<ObjectKey, Arc<Store>>,
    /// Those whose connections are opened ahead.
    pub(crate) warm: Box<[Arc<LiveBackend>]>,
    /// Who takes the connections of a bound socket.
    pub(crate) listeners: FxHashMap<ListenerId, Taking>,
}

/// What becomes of a bound socket's connections.
#[derive(Debug, Clone)]
pub(crate) struct Taking {
    pub(crate) frontend: Arc<LiveFrontend>,
    /// What they pass before; `None`: nothing.
    pub(crate) entry: Option<Arc<Entry>>,
}
