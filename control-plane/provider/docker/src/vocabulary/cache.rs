//! What containers say, read once.

use std::collections::HashMap;
use std::sync::Arc;

use super::traefik::{self, Definitions, Needs, Shared};
use super::{Around, Said, Vocabularies, Vocabulary, own};
use super::{caddy, flow_proxy, nginx_proxy};
use crate::container::Container;
use crate::problem::Reason;

/// Reads containers, and what has not changed no second time.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    vocabularies: Vocabularies,
    around: Around,
    /// What containers define for each other.
    shared: Shared,
    /// By the ids of containers.
    read: HashMap<String, Read>,
}

/// What was read, and what it was read from, which hardly ever changes.
#[derive(Debug)]
struct Read {
    container: Arc<Container>,
    defined: Option<Definitions>,
    needs: Needs,
    said: Option<Arc<Said>>,
}

impl Reader {
    /// One that reads these vocabularies.
    pub(crate) fn new(vocabularies: Vocabularies) -> Self {
        Self { vocabularies, ..Self::default() }
    }

    /// What each says, those that were there first before others.
    pub(crate) fn all(&mut self, containers: &[&Arc<Container>], around: Around) -> Vec<Arc<Said>> {
        let mut before = std::mem::take(&mut self.read);
        let known = |container: &&Arc<Container>| {
            let same = |read: &Read| read.is_of(container);
            let read = before.remove(&container.id).filter(same);
            read.unwrap_or_else(|| Read::new(container, self.defined(container)))
        };
        let mut reads: Vec<Read> = containers.iter().map(known).collect();
        let shared = Shared::of(reads.iter().filter_map(|read| read.defined.as_ref()));
        let moved = (self.around != around, self.shared != shared);
        (self.around, self.shared) = (around, shared);
        let mut all = Vec::with_capacity(reads.len());
        for (container, read) in containers.iter().zip(&mut reads) {
            let mut stale = moved.0 || read.said.is_none();
            let defined = read.defined.as_ref().filter(|_| moved.1 || stale);
            if let Some(needs) = defined.map(|defined| Needs::of(defined, &self.shared))
                && needs != read.needs
            {
                read.needs = needs;
                stale = true;
            }
            let said = match read.said.take() {
                Some(said) if !stale => said,
                before => {
                    let said = self.said(container, read.defined.as_ref());
                    // What is as before is the same in memory.
                    before.filter(|before| **before == said).unwrap_or_else(|| Arc::new(said))
                }
            };
            all.push(Arc::clone(&said));
            read.said = Some(said);
        }
        self.read = containers.iter().map(|container| container.id.clone()).zip(reads).collect();
        all
    }

    /// What each said last, by its id.
    pub(crate) fn last(&self) -> impl Iterator<Item = (&str, &Arc<Said>)> {
        self.read.iter().filter_map(|(id, read)| Some((id.as_str(), read.said.as_ref()?)))
    }

    /// What one says, also where it was not among them.
    pub(crate) fn of(&self, container: &Container) -> Arc<Said> {
        let read = self.read.get(&container.id).and_then(|read| read.said.as_ref());
        read.map_or_else(|| Arc::new(self.said(container, self.defined(container).as_ref())), Arc::clone)
    }

    fn defined(&self, container: &Container) -> Option<Definitions> {
        self.vocabularies.has(Vocabulary::Traefik).then(|| Definitions::of(container)).flatten()
    }

    fn said(&self, container: &Container, defined: Option<&Definitions>) -> Said {
        let mut said = match own(container) {
            Ok(said) => said,
            Err(errors) => {
                let wrong = errors.into_iter().map(Reason::from).collect();
                return Said { wrong, ..Said::default() };
            }
        };
        let has = |vocabulary| self.vocabularies.has(vocabulary);
        let others = [
            defined.map(|defined| traefik::read(defined, &self.shared, container)),
            has(Vocabulary::NginxProxy).then(|| nginx_proxy::read(container, self.around)),
            has(Vocabulary::FlowProxy).then(|| flow_proxy::read(container, self.around)),
            has(Vocabulary::Caddy).then(|| caddy::read(container, self.around)),
        ];
        for other in others.into_iter().flatten() {
            said.wanted.extend(other.wanted);
            said.wrong.extend(other.wrong);
        }
        said
    }
}

impl Read {
    fn new(container: &Arc<Container>, defined: Option<Definitions>) -> Self {
        Self { container: Arc::clone(container), defined, needs: Needs::default(), said: None }
    }

    fn is_of(&self, container: &Arc<Container>) -> bool {
        let (was, is) = (&*self.container, &**container);
        Arc::ptr_eq(&self.container, container)
            || (&was.name, &was.labels, &was.environment, &was.ports)
                == (&is.name, &is.labels, &is.environment, &is.ports)
    }
}
