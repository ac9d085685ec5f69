//! The containers that are known, within a limit.

use std::collections::HashMap;

use crate::container::Container;

/// Containers by id, and how many more there are than may be known.
#[derive(Debug)]
pub(crate) struct Known {
    containers: HashMap<String, Container>,
    limit: usize,
    left_out: usize,
}

impl Known {
    /// None yet.
    pub(crate) fn new(limit: usize) -> Self {
        Self { containers: HashMap::new(), limit, left_out: 0 }
    }

    /// These are all that there are.
    pub(crate) fn replace(&mut self, found: Vec<Container>) {
        self.left_out = found.len().saturating_sub(self.limit);
        self.containers = found.into_iter().take(self.limit).map(|found| (found.id.clone(), found)).collect();
    }

    /// One has changed; `None`: it runs no more.
    pub(crate) fn change(&mut self, id: String, found: Option<Container>) {
        let full = self.containers.len() >= self.limit && !self.containers.contains_key(&id);
        match found {
            Some(_) if full => self.left_out += 1,
            Some(found) => drop(self.containers.insert(id, found)),
            None if self.containers.remove(&id).is_some() => {}
            None => self.left_out = self.left_out.saturating_sub(1),
        }
    }

    /// There is room for some that were left out: only a new list tells which.
    pub(crate) fn is_stale(&self) -> bool {
        self.left_out > 0 && self.containers.len() < self.limit
    }

    /// How many there are beyond the limit.
    pub(crate) fn left_out(&self) -> usize {
        self.left_out
    }

    /// Those that are known, in no order.
    pub(crate) fn containers(&self) -> Vec<Container> {
        self.containers.values().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn container(id: &str) -> Container {
        Container { id: id.to_owned(), ..Container::default() }
    }

    fn known(ids: &[&str]) -> Known {
        let mut known = Known::new(2);
        known.replace(ids.iter().map(|id| container(id)).collect());
        known
    }

    #[test]
    fn what_is_left_out_is_counted() {
        assert_eq!(known(&["a", "b"]).left_out(), 0);
        let mut known = known(&["a", "b", "c"]);
        assert_eq!((known.left_out(), known.containers().len()), (1, 2));
        known.change("d".to_owned(), Some(container("d")));
        known.change("a".to_owned(), Some(container("a")));
        assert_eq!((known.left_out(), known.containers().len()), (2, 2));
        known.change("c".to_owned(), None);
        assert_eq!((known.left_out(), known.is_stale()), (1, false));
    }

    #[test]
    fn room_for_one_that_was_left_out_asks_for_a_new_list() {
        let mut known = known(&["a", "b", "c"]);
        known.change("a".to_owned(), None);
        assert!(known.is_stale());
        known.replace(vec![container("b"), container("c")]);
        assert_eq!((known.left_out(), known.is_stale(), known.containers().len()), (0, false, 2));
    }
}
