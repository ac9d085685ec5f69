//! Endpoints of one backend by what requests call them.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHasher};
use sluicegate_model::BackendSettings;
use sluicegate_model::persistence::Cookie;

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
    use super::*;

    #[test]
    fn places_of_a_key_are_in_their_order() {
        let keys = [Some("b"), None, Some("a"), Some("b"), Some("c"), Some("b")];
        let lookup = Lookup::new(keys.iter().map(|key| key.map(str::as_bytes)));
        assert_eq!(lookup.places(b"b").collect::<Vec<_>>(), [0, 3, 5]);
        assert_eq!(lookup.places(b"a").collect::<Vec<_>>(), [2]);
        assert_eq!(lookup.places(b"x").count(), 0);
    }
}
