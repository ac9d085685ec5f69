//! What containers say, read once.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::{Around, Said, Vocabularies, own};
use crate::container::{Container, Port};
use crate::problem::Reason;

/// Reads containers, and what has not changed no second time.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    vocabularies: Vocabularies,
    around: Around,
    /// By the ids of containers.
    read: HashMap<String, Read>,
}

/// What was read, and what it was read from, which hardly ever changes.
#[derive(Debug)]
struct Read {
    name: String,
    labels: BTreeMap<String, String>,
    environment: BTreeMap<String, String>,
    ports: Vec<Port>,
    said: Arc<Said>,
}

impl Reader {
    /// One that reads these vocabularies.
    pub(crate) fn new(vocabularies: Vocabularies) -> Self {
        Self { vocabularies, ..Self::default() }
    }

    /// What each says.
    pub(crate) fn all(&mut self, containers: &[&Container], around: Around) -> Vec<Arc<Said>> {
        let mut before = std::mem::take(&mut self.read);
        if self.around != around {
            before.clear();
            self.around = around;
        }
        let mut read = |container: &&Container| {
            let same = |read: &Read| read.is_of(container);
            let read = before.remove(&container.id).filter(same);
            let read = read.unwrap_or_else(|| Read::new(container, self.one(container)));
            let said = Arc::clone(&read.said);
            self.read.insert(container.id.clone(), read);
            said
        };
        containers.iter().map(&mut read).collect()
    }

    /// What one says that may have gone.
    pub(crate) fn one(&self, container: &Container) -> Said {
        match own(container) {
            Ok(said) => said,
            Err(errors) => {
                let wrong = errors.into_iter().map(Reason::from).collect();
                Said { wrong, ..Said::default() }
            }
        }
    }
}

impl Read {
    fn new(container: &Container, said: Said) -> Self {
        let Container { name, labels, environment, ports, .. } = container.clone();
        Self { name, labels, environment, ports, said: Arc::new(said) }
    }

    fn is_of(&self, container: &Container) -> bool {
        (&self.name, &self.labels, &self.environment, &self.ports)
            == (&container.name, &container.labels, &container.environment, &container.ports)
    }
}
