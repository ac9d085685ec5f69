//! One generation, compiled.

use std::collections::BTreeMap;
use std::sync::Arc;

use sluicegate_proto::hash::ContentHash;
use sluicegate_proto::id::ObjectKey;

use crate::backend::Backend;
use crate::frontend::Frontend;
use crate::listener::Listener;
use crate::process::Process;

/// All that a proxy serves from, immutable. What two generations have in common is the same `Arc` in both, so that
/// `Arc::ptr_eq` tells "unchanged".
#[derive(Debug, Clone, Default)]
pub struct Runtime {
    /// Of the snapshot (`sluicegate_proto::hash::snapshot_hash`).
    pub hash: ContentHash,
    /// Settings of the process; the default where the snapshot has none.
    pub process: Arc<Process>,
    /// By identity.
    pub listeners: BTreeMap<ObjectKey, Arc<Listener>>,
    /// By identity.
    pub frontends: BTreeMap<ObjectKey, Arc<Frontend>>,
    /// By identity.
    pub backends: BTreeMap<ObjectKey, Arc<Backend>>,
}
