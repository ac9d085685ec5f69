//! Files that a configuration names.

use std::cell::RefCell;

use sluicegate_haproxy::expr::{FileLoader, Load, LoadError};

use crate::watch::Seen;

/// Reads them from this process's folder, and remembers what was asked for, so that it is watched too.
#[derive(Debug)]
pub struct Recording {
    inner: FileLoader,
    seen: RefCell<Seen>,
}

impl Recording {
    /// Adds to what was seen already.
    pub fn after(seen: Seen) -> Self {
        Self { inner: FileLoader::new("."), seen: RefCell::new(seen) }
    }

    /// What was asked for, and before.
    pub fn seen(self) -> Seen {
        self.seen.into_inner()
    }
}

impl Load for Recording {
    fn load(&self, path: &str, limit: usize) -> Result<Vec<u8>, LoadError> {
        self.seen.borrow_mut().note(path.as_ref());
        self.inner.load(path, limit)
    }

    fn list(&self, path: &str, limit: usize) -> Result<Vec<String>, LoadError> {
        self.seen.borrow_mut().note(path.as_ref());
        self.inner.list(path, limit)
    }
}
