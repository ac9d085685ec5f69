//! Endpoints of one backend by what requests call them.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHasher};
use sluicegate_model::BackendSettings;
use sluicegate_model::persistence::Cookie;

use super::alignment::Alignment;
use super::endpoint::LiveEndpoint;
use crate::cookie;

/// Stands for no place.
const NONE: u32 = u32::MAX;

/// What a backend needs that knows endpoints by more than their places.
#[derive(Debug, Default)]
pub(super) struct Names {
    names: Lookup,
    cookies: Lookup,
    /// Those whose cookie hangs on an address that they get later.
    late: Box<[u32]>,
}

impl Names {
    pub(super) fn of(settings: &BackendSettings, endpoints: &[Arc<LiveEndpoint>]) -> Self {
        let Some(persistence) = &settings.persistence else { return Self::default() };
        let mut made = Self::default();
        if !persistence.assignments.is_empty() {
            made.names = Lookup::new(endpoints.iter().map(|it| Some(it.name().as_bytes())));
        }
        if let Some(rule) = &persistence.cookie {
            let cookies: Vec<_> = endpoints.iter().map(|it| value(rule, it)).collect();
            made.cookies = Lookup::new(cookies.iter().map(|value| value.as_ref().map(cookie::Value::bytes)));
            let is_late = |it: &LiveEndpoint| it.config.cookie.is_none() && it.is_named();
            let late = (0..).zip(endpoints).filter(|(_, it)| rule.dynamic_key.is_some() && is_late(it));
            made.late = late.map(|(place, _)| place).collect();
        }
        made
    }

    /// Those of endpoints that follow from its own in this way, under the same settings; `None`: to be made anew.
    pub(super) fn followed(
        &self,
        settings: &BackendSettings,
        endpoints: &[Arc<LiveEndpoint>],
        alignment: &Alignment,
    ) -> Option<Self> {
        let Some(persistence) = &settings.persistence else { return Some(Self::default()) };
        let mut made = Self::default();
        if !persistence.assignments.is_empty() {
            made.names = self.names.followed(alignment, |place| {
                endpoints.get(place as usize).map(|it| hash(it.name().as_bytes()))
            })?;
        }
        if let Some(rule) = &persistence.cookie {
            if rule.dynamic_key.is_some() {
                return None;
            }
            made.cookies = self.cookies.followed(alignment, |place| {
                value(rule, endpoints.get(place as usize)?).map(|value| hash(value.bytes()))
            })?;
        }
        Some(made)
    }

    /// The place of an endpoint of that name.
    pub(super) fn named(&self, endpoints: &[Arc<LiveEndpoint>], name: &[u8]) -> Option<u32> {
        self.names.places(name).find(|&place| endpoints[place as usize].name().as_bytes() == name)
    }

    /// The places of endpoints that the cookie calls so, in their order.
    pub(super) fn with_cookie<'a>(
        &'a self,
        (rule, endpoints): (&'a Cookie, &'a [Arc<LiveEndpoint>]),
        called: &'a [u8],
    ) -> impl Iterator<Item = u32> + 'a {
        let is_called = move |&place: &u32| {
            value(rule, &endpoints[place as usize]).is_some_and(|value| value.bytes() == called)
        };
        self.cookies.places(called).chain(self.late.iter().copied()).filter(is_called)
    }
}

/// What the cookie calls an endpoint now.
pub(super) fn value<'a>(rule: &Cookie, endpoint: &'a LiveEndpoint) -> Option<cookie::Value<'a>> {
    match (&endpoint.config.cookie, &rule.dynamic_key) {
        (Some(value), _) => Some(cookie::Value::Written(value)),
        (None, Some(key)) => cookie::Value::of_address(key, endpoint.address_for(None)?),
        (None, None) => None,
    }
}

/// Places by a hash of bytes; who asks compares the bytes themselves.
#[derive(Debug, Default)]
struct Lookup {
    first: FxHashMap<u64, u32>,
    /// By place: the next one of the same hash.
    next: Box<[u32]>,
}

impl Lookup {
    fn new<'a>(keys: impl ExactSizeIterator<Item = Option<&'a [u8]>> + DoubleEndedIterator) -> Self {
        let mut next = vec![NONE; keys.len()];
        let mut first = FxHashMap::with_capacity_and_hasher(keys.len(), rustc_hash::FxBuildHasher);
        for (place, key) in (0..keys.len()).zip(keys).rev() {
            let Some(key) = key else { continue };
            let place_number = u32::try_from(place).unwrap_or(NONE);
            next[place] = first.insert(hash(key), place_number).unwrap_or(NONE);
        }
        Self { first, next: next.into() }
    }

    /// That of a list that follows from its own in this way; `None`: those that stay have changed their order. `hashed` is asked
    /// about what is new.
    fn followed(&self, alignment: &Alignment, hashed: impl Fn(u32) -> Option<u64>) -> Option<Self> {
        let destinations = alignment.destinations(self.next.len())?;
        let destination = |place: u32| destinations.get(place as usize).copied().unwrap_or(NONE);
        let after = |place: u32| self.next.get(place as usize).copied().unwrap_or(NONE);
        // The new place of the first, from this one on, that stays.
        let stays = |mut place: u32| {
            while place != NONE && destination(place) == NONE {
                place = after(place);
            }
            destination(place)
        };
        let mut first = self.first.clone();
        first.retain(|_, place| {
            *place = stays(*place);
            *place != NONE
        });
        let mut next = vec![NONE; alignment.len()];
        for (place, &to) in (0..).zip(&destinations).filter(|(_, to)| **to != NONE) {
            next[to as usize] = stays(after(place));
        }
        let mut made = Self { first, next: next.into() };
        for &place in alignment.came() {
            if let Some(hash) = hashed(place) {
                made.insert(place, hash);
            }
        }
        Some(made)
    }

    fn insert(&mut self, place: u32, hash: u64) {
        let first = self.first.entry(hash).or_insert(NONE);
        if *first > place {
            self.next[place as usize] = std::mem::replace(first, place);
            return;
        }
        let mut before = *first;
        while self.next[before as usize] < place {
            before = self.next[before as usize];
        }
        self.next[place as usize] = std::mem::replace(&mut self.next[before as usize], place);
    }

    fn places(&self, key: &[u8]) -> impl Iterator<Item = u32> {
        let first = self.first.get(&hash(key)).copied();
        std::iter::successors(first, |&place| {
            self.next.get(place as usize).copied().filter(|&next| next != NONE)
        })
    }
}

fn hash(key: &[u8]) -> u64 {
    let mut hasher = FxHasher::default();
    key.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn lookup(keys: &[Option<u8>]) -> Lookup {
        let bytes: Vec<[u8; 1]> = keys.iter().map(|key| [key.unwrap_or_default()]).collect();
        Lookup::new(keys.iter().zip(&bytes).map(|(key, bytes)| key.is_some().then_some(&bytes[..])))
    }

    #[test]
    fn places_of_a_key_are_in_their_order() {
        let lookup = lookup(&[Some(b'b'), None, Some(b'a'), Some(b'b'), Some(b'c'), Some(b'b')]);
        assert_eq!(lookup.places(b"b").collect::<Vec<_>>(), [0, 3, 5]);
        assert_eq!(lookup.places(b"a").collect::<Vec<_>>(), [2]);
        assert_eq!(lookup.places(b"x").count(), 0);
    }

    proptest! {
        #[test]
        fn what_follows_is_what_would_be_made(
            members in prop::collection::vec((prop::option::of(0..4_u8), 0..4_u8), 0..12),
            new in prop::option::of(0..4_u8),
        ) {
            let all: Vec<Arc<Option<u8>>> = members.iter().map(|(key, _)| Arc::new(*key)).collect();
            let mut after = Vec::new();
            for (member, (_, what)) in all.iter().zip(&members) {
                match what {
                    0 => {}
                    1 => after.extend([Arc::new(new), Arc::clone(member)]),
                    2 => after.push(Arc::new(new)),
                    _ => after.push(Arc::clone(member)),
                }
            }
            let keys = |list: &[Arc<Option<u8>>]| list.iter().map(|key| **key).collect::<Vec<_>>();
            let hashed = |place: u32| after[place as usize].map(|key| hash(&[key]));
            let followed = lookup(&keys(&all)).followed(&Alignment::of(&all, &after), hashed).unwrap();
            let made = lookup(&keys(&after));
            for key in 0..4_u8 {
                let places = |lookup: &Lookup| lookup.places(&[key]).collect::<Vec<_>>();
                prop_assert_eq!(places(&followed), places(&made));
            }
        }
    }
}
