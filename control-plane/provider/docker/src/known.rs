//! The containers that are known, within a limit.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use tokio::time::Instant;

use crate::container::{Container, State};
use crate::vocabulary::Vocabularies;

/// Containers by id, and how many more there are than may be known.
#[derive(Debug)]
pub(crate) struct Known {
    /// Shared with what is made of them: one that did not change stays the same.
    containers: HashMap<String, Arc<Container>>,
    /// Those that were told to stop, and when that should have come about.
    stopping: HashMap<String, Instant>,
    limit: usize,
    /// Which labels are looked at.
    vocabularies: Vocabularies,
    left_out: usize,
    /// Something is other than when that was asked last.
    changed: bool,
}

/// What the engine says of a container besides how it lists it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sign {
    /// Nothing.
    None,
    /// It was told to stop, and should have by then.
    Stopping(Instant),
    /// It ended by itself, with an error.
    Crashed,
}

impl Known {
    /// None yet.
    pub(crate) fn new(limit: usize, vocabularies: Vocabularies) -> Self {
        Self {
            containers: HashMap::new(),
            stopping: HashMap::new(),
            limit,
            vocabularies,
            left_out: 0,
            changed: true,
        }
    }

    /// These are all that there are.
    pub(crate) fn replace(&mut self, found: Vec<Container>) {
        let before = std::mem::take(&mut self.containers);
        let of_use = |container: &Container| {
            let crashed = before.get(&container.id).is_some_and(|before| before.state == State::Crashed);
            container.state != State::Stopped || crashed
        };
        let found: Vec<Container> = found.into_iter().filter(of_use).collect();
        let left_out = found.len().saturating_sub(self.limit);
        self.changed |= left_out != self.left_out;
        self.left_out = left_out;
        for mut container in found.into_iter().take(self.limit) {
            if container.state == State::Stopped {
                let was = before.get(&container.id);
                container = crashed(container, was.map(|was| &**was));
            }
            let was = before.get(&container.id).cloned();
            self.insert(container, was);
        }
        self.make_way();
        self.changed |= before.keys().any(|id| !self.containers.contains_key(id));
        self.stopping.retain(|id, _| self.containers.contains_key(id));
    }

    /// One has changed; `None`: it is there no more.
    pub(crate) fn change(&mut self, id: &str, found: Option<Container>, sign: Sign) {
        let known = self.containers.contains_key(id);
        match sign {
            Sign::Stopping(by) if known => drop(self.stopping.insert(id.to_owned(), by)),
            Sign::Stopping(_) => {}
            Sign::None | Sign::Crashed => drop(self.stopping.remove(id)),
        }
        let found = found.and_then(|found| match (found.state, sign) {
            (State::Stopped, Sign::Crashed) if known => {
                let before = self.containers.get(id).map(|before| &**before);
                Some(crashed(found, before))
            }
            (State::Stopped, _) => None,
            _ => Some(found),
        });
        let full = self.containers.len() >= self.limit && !known;
        match found {
            Some(_) if full => {
                self.left_out += 1;
                self.changed = true;
            }
            Some(found) => {
                let was = self.containers.get(id).cloned();
                self.insert(found, was);
                self.make_way();
            }
            None if self.containers.remove(id).is_some() => {
                self.stopping.remove(id);
                self.changed = true;
            }
            None if self.left_out > 0 => {
                self.left_out -= 1;
                self.changed = true;
            }
            None => {}
        }
    }

    /// `was`: what is known of it already.
    fn insert(&mut self, mut container: Container, was: Option<Arc<Container>>) {
        container.labels.retain(|label, _| self.vocabularies.keeps(label));
        if let Some(was) = &was {
            container.environment.clone_from(&was.environment);
        }
        if self.stopping.contains_key(&container.id) && container.state != State::Crashed {
            container.state = State::Stopping;
        }
        let same = was.filter(|was| **was == container);
        self.changed |= same.is_none();
        let container = same.unwrap_or_else(|| Arc::new(container));
        self.containers.insert(container.id.clone(), container);
    }

    /// Who crashed is forgotten where another one has its address now.
    fn make_way(&mut self) {
        let (crashed, others): (Vec<_>, Vec<_>) =
            self.containers.values().partition(|container| container.state == State::Crashed);
        if crashed.is_empty() {
            return;
        }
        let taken: HashSet<_> = others.iter().flat_map(|container| &container.networks).collect();
        let gone = crashed.iter().filter(|container| container.networks.iter().any(|at| taken.contains(&at)));
        let gone: Vec<String> = gone.map(|container| container.id.clone()).collect();
        self.containers.retain(|id, _| !gone.contains(id));
    }

    /// Those that were to stop by now, and have not.
    pub(crate) fn overdue(&self, now: Instant) -> Vec<String> {
        self.stopping.iter().filter(|(_, by)| **by <= now).map(|(id, _)| id.clone()).collect()
    }

    /// When the first of them should have stopped.
    pub(crate) fn next_due(&self) -> Option<Instant> {
        self.stopping.values().min().copied()
    }

    /// Whether it was told to stop.
    pub(crate) fn is_stopping(&self, id: &str) -> Option<Instant> {
        self.stopping.get(id).copied()
    }

    /// Whether it ended by itself, with an error.
    pub(crate) fn has_crashed(&self, id: &str) -> bool {
        self.containers.get(id).is_some_and(|container| container.state == State::Crashed)
    }

    /// There is room for some that were left out: only a new list tells which.
    pub(crate) fn is_stale(&self) -> bool {
        self.left_out > 0 && self.containers.len() < self.limit
    }

    /// Tells what the engine does not list.
    pub(crate) fn set_environment(&mut self, id: &str, environment: BTreeMap<String, String>) {
        if let Some(container) = self.containers.get_mut(id)
            && container.environment != environment
        {
            Arc::make_mut(container).environment = environment;
            self.changed = true;
        }
    }

    /// Whether something is other than when this was asked last.
    pub(crate) fn has_changed(&mut self) -> bool {
        std::mem::take(&mut self.changed)
    }

    /// How many there are beyond the limit.
    pub(crate) fn left_out(&self) -> usize {
        self.left_out
    }

    /// Those that are known, in no order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Container> {
        self.containers.values().map(|container| &**container)
    }

    /// The same, shared.
    pub(crate) fn containers(&self) -> Vec<Arc<Container>> {
        self.containers.values().cloned().collect()
    }
}

/// One that ended has no address any more; it comes back to the one that it had, as a rule.
fn crashed(found: Container, before: Option<&Container>) -> Container {
    let networks = before.map(|before| before.networks.clone()).unwrap_or_default();
    let ports = before.map(|before| before.ports.clone()).unwrap_or_default();
    Container { state: State::Crashed, networks, ports, ..found }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn container(id: &str) -> Container {
        Container { id: id.to_owned(), ..Container::default() }
    }

    fn ended(id: &str) -> Container {
        Container { state: State::Stopped, ..container(id) }
    }

    fn known(ids: &[&str]) -> Known {
        let mut known = Known::new(2, Vocabularies::default());
        known.replace(ids.iter().map(|id| container(id)).collect());
        known
    }

    fn state(known: &Known, id: &str) -> Option<State> {
        known.containers.get(id).map(|container| container.state)
    }

    #[test]
    fn what_is_left_out_is_counted() {
        assert_eq!(known(&["a", "b"]).left_out(), 0);
        let mut known = known(&["a", "b", "c"]);
        assert_eq!((known.left_out(), known.containers().len()), (1, 2));
        known.change("d", Some(container("d")), Sign::None);
        known.change("a", Some(container("a")), Sign::None);
        assert_eq!((known.left_out(), known.containers().len()), (2, 2));
        known.change("c", None, Sign::None);
        assert_eq!((known.left_out(), known.is_stale()), (1, false));
    }

    #[test]
    fn room_for_one_that_was_left_out_asks_for_a_new_list() {
        let mut known = known(&["a", "b", "c"]);
        known.change("a", None, Sign::None);
        assert!(known.is_stale());
        known.replace(vec![container("b"), container("c")]);
        assert_eq!((known.left_out(), known.is_stale(), known.containers().len()), (0, false, 2));
    }

    #[test]
    fn who_is_as_before_has_not_changed() {
        let mut known = known(&["a", "b"]);
        let shared = |known: &Known| Arc::as_ptr(&known.containers["a"]);
        let before = shared(&known);
        assert!(known.has_changed() && !known.has_changed());
        known.replace(vec![container("b"), container("a")]);
        known.change("a", Some(container("a")), Sign::None);
        known.change("c", Some(ended("c")), Sign::None);
        assert_eq!((known.has_changed(), shared(&known)), (false, before));
        known.change("a", Some(container("a")), Sign::Stopping(Instant::now()));
        assert!(known.has_changed());
        known.replace(vec![container("b")]);
        assert!(known.has_changed());
    }

    #[test]
    fn who_was_told_to_stop_drains_until_it_has_or_should_have() {
        let mut known = known(&["a"]);
        let by = Instant::now();
        known.change("a", Some(container("a")), Sign::Stopping(by));
        assert_eq!((state(&known, "a"), known.next_due()), (Some(State::Stopping), Some(by)));
        assert_eq!(known.overdue(by), ["a"]);
        // A new list does not make it forget.
        known.replace(vec![container("a")]);
        assert_eq!(state(&known, "a"), Some(State::Stopping));
        known.change("a", Some(container("a")), Sign::None);
        assert_eq!((state(&known, "a"), known.next_due()), (Some(State::Running), None));
        known.change("a", Some(ended("a")), Sign::None);
        assert_eq!(state(&known, "a"), None);
    }

    #[test]
    fn who_crashed_keeps_its_place_until_another_has_its_address() {
        let at = |id: &str| {
            let addresses = crate::container::Addresses { v4: Some([172, 17, 0, 2].into()), v6: None };
            Container { networks: [("bridge".to_owned(), addresses)].into(), ..container(id) }
        };
        let mut known = Known::new(10, Vocabularies::default());
        known.replace(vec![at("a")]);
        known.change("a", Some(ended("a")), Sign::Crashed);
        assert_eq!(state(&known, "a"), Some(State::Crashed));
        assert_eq!(known.containers()[0].networks.len(), 1);
        known.replace(vec![ended("a")]);
        assert_eq!(state(&known, "a"), Some(State::Crashed));
        known.change("b", Some(at("b")), Sign::None);
        assert_eq!((state(&known, "a"), state(&known, "b")), (None, Some(State::Running)));
    }
}
