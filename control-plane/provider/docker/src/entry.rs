//! Where routes may attach: entry points of the command line, and frontends of files.

use std::collections::{BTreeMap, BTreeSet};

use sluicegate_proto::v1;

use crate::wanted::Mode;

/// The provider of entry points: the frontends that routes attach to.
pub const ENTRYPOINT_PROVIDER: &str = "entrypoint";

/// Those that there are, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EntryPoints(BTreeMap<String, EntryPoint>);

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryPoint {
    /// Whose frontend it is.
    pub provider: String,
    /// What it speaks.
    pub mode: Mode,
}

impl EntryPoints {
    /// Adds one, unless there is one of that name.
    pub fn add(&mut self, name: &str, entry: EntryPoint) {
        self.0.entry(name.to_owned()).or_insert(entry);
    }

    /// The one of that name.
    pub(crate) fn get(&self, name: &str) -> Option<&EntryPoint> {
        self.0.get(name)
    }

    /// All names.
    pub(crate) fn names(&self) -> BTreeSet<String> {
        self.0.keys().cloned().collect()
    }
}

impl EntryPoint {
    /// Its frontend.
    pub(crate) fn frontend(&self, name: &str) -> v1::ObjectId {
        v1::ObjectId {
            provider: self.provider.clone(),
            namespace: String::new(),
            kind: v1::Kind::Frontend.into(),
            name: name.to_owned(),
        }
    }
}
