//! How a list of one generation follows from that of the one before.

use std::sync::Arc;

use rustc_hash::FxHashMap;

/// Stands for no place.
const NONE: u32 = u32::MAX;

/// What became of the members of a list, by what is the same `Arc` in both: two passes over pointers, none over what they
/// lead to.
#[derive(Debug)]
pub(super) struct Alignment {
    /// By new place: the old one, or [`NONE`].
    sources: Box<[u32]>,
    came: Vec<u32>,
    gone: Vec<u32>,
    shifts: bool,
}

impl Alignment {
    pub(super) fn of<T>(before: &[Arc<T>], after: &[Arc<T>]) -> Self {
        let same = |(a, b): (&Arc<T>, &Arc<T>)| Arc::ptr_eq(a, b);
        let head = before.iter().zip(after).take_while(|&pair| same(pair)).count();
        let (rest_before, rest_after) = (&before[head..], &after[head..]);
        let tail =
            rest_before.iter().rev().zip(rest_after.iter().rev()).take_while(|&pair| same(pair)).count();
        let in_place = |at: usize| before.len() == after.len() && Arc::ptr_eq(&before[at], &after[at]);

        let mut sources: Box<[u32]> = (0..number(after.len())).collect();
        let mut left: FxHashMap<*const T, u32> = (head..before.len() - tail)
            .filter(|&at| !in_place(at))
            .map(|at| (Arc::as_ptr(&before[at]), number(at)))
            .collect();
        let middle = head..after.len() - tail;
        let mut came = Vec::new();
        for at in middle.clone().filter(|&at| !in_place(at)) {
            sources[at] = left.remove(&Arc::as_ptr(&after[at])).unwrap_or(NONE);
            if sources[at] == NONE {
                came.push(number(at));
            }
        }
        (1..=tail).for_each(|back| sources[after.len() - back] = number(before.len() - back));
        let mut gone: Vec<u32> = left.into_values().collect();
        gone.sort_unstable();
        let moved = |at: usize| sources[at] != NONE && sources[at] != number(at);
        let shifts = (tail > 0 && before.len() != after.len()) || middle.into_iter().any(moved);
        Self { sources, came, gone, shifts }
    }

    /// Where it was; `None`: it is new.
    pub(super) fn source(&self, place: u32) -> Option<u32> {
        self.sources.get(place as usize).copied().filter(|&source| source != NONE)
    }

    /// How many there are now.
    pub(super) fn len(&self) -> usize {
        self.sources.len()
    }

    /// By old place, of so many: the new one, or `u32::MAX` for what is gone. `None`: those that stay have changed their order.
    pub(super) fn destinations(&self, before: usize) -> Option<Box<[u32]>> {
        let mut destinations = vec![NONE; before];
        let stay = || (0..).zip(&self.sources).filter(|(_, source)| **source != NONE);
        for (place, &source) in stay() {
            *destinations.get_mut(source as usize)? = place;
        }
        stay().is_sorted_by_key(|(_, source)| *source).then(|| destinations.into())
    }

    /// New places of what is new, in order.
    pub(super) fn came(&self) -> &[u32] {
        &self.came
    }

    /// Old places of what is gone, in order.
    pub(super) fn gone(&self) -> &[u32] {
        &self.gone
    }

    /// New places of what stays and was elsewhere.
    pub(super) fn shifted(&self) -> impl Iterator<Item = u32> {
        let sources = if self.shifts { &*self.sources } else { &[] };
        (0..)
            .zip(sources)
            .filter(|&(place, &source)| source != NONE && source != place)
            .map(|(place, _)| place)
    }

    /// Whether what is new takes the places of what is gone, and all else has its own.
    pub(super) fn replaces(&self) -> bool {
        !self.shifts && self.came == self.gone
    }
}

/// A backend has fewer endpoints than that.
fn number(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(NONE)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn list(values: &[u8]) -> Vec<Arc<u8>> {
        values.iter().map(|&value| Arc::new(value)).collect()
    }

    #[test]
    fn a_member_that_is_replaced_moves_nobody() {
        let before = list(&[1, 2, 3]);
        let mut after = before.clone();
        after[1] = Arc::new(2);
        let alignment = Alignment::of(&before, &after);
        assert!(alignment.replaces());
        assert_eq!((alignment.came(), alignment.gone()), (&[1][..], &[1][..]));
        assert_eq!([0, 1, 2].map(|place| alignment.source(place)), [Some(0), None, Some(2)]);
        assert_eq!(alignment.shifted().count(), 0);
    }

    proptest! {
        #[test]
        fn it_tells_of_each_member_what_became_of_it(
            members in 0..12_u8,
            after in prop::collection::vec(0..16_usize, 0..16),
        ) {
            let before = list(&(0..members).collect::<Vec<_>>());
            let mut seen = std::collections::BTreeSet::new();
            let after: Vec<_> = after
                .into_iter()
                .filter(|&member| seen.insert(member))
                .map(|member| before.get(member).cloned().unwrap_or_else(|| Arc::new(0)))
                .collect();
            let find = |all: &[Arc<u8>], one: &Arc<u8>| all.iter().position(|it| Arc::ptr_eq(it, one)).map(number);
            let alignment = Alignment::of(&before, &after);
            let places = || (0..).zip(&after);
            for (place, member) in places() {
                prop_assert_eq!(alignment.source(place), find(&before, member));
            }
            let came: Vec<u32> = places().filter(|(_, it)| find(&before, it).is_none()).map(|(at, _)| at).collect();
            let gone: Vec<u32> =
                (0..).zip(&before).filter(|(_, it)| find(&after, it).is_none()).map(|(at, _)| at).collect();
            let shifted: Vec<u32> = places()
                .filter(|(at, it)| find(&before, it).is_some_and(|source| source != *at))
                .map(|(at, _)| at)
                .collect();
            prop_assert_eq!(alignment.came(), &came[..]);
            prop_assert_eq!(alignment.gone(), &gone[..]);
            prop_assert_eq!(alignment.shifted().collect::<Vec<_>>(), shifted);
        }
    }
}
