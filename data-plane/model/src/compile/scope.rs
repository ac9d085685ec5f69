//! The place where a fault is found, and the list of faults.

use std::sync::Arc;

use bytes::Bytes;
use sluicegate_proto::hash::ContentHash;
use sluicegate_proto::id::{ObjectKey, kind_word};
use sluicegate_proto::limits::{MAX_DURATION_MS, MAX_ORDER_BYTES, MAX_TEXT_BYTES};
use sluicegate_proto::v1::{Kind, ObjectId, Origin, Resource};

use super::part::{Contents, Pools, Used};
use super::reason::{Fault, Reason, Rejected};
use crate::patterns::{ListUse, PatternList};

/// Faults kept for a NACK; what is over is counted.
const MAX_REJECTIONS: usize = 1_000;

/// All faults of a change.
#[derive(Default)]
pub(crate) struct Rejections {
    list: Vec<Rejected>,
    more: usize,
}

impl Rejections {
    /// A fault of a resource as a whole.
    pub(crate) fn whole<T>(&mut self, resource: &Resource, fault: Fault) -> Option<T> {
        let reason = Reason { place: Vec::new(), fault };
        self.push(Rejected {
            id: resource.id.clone().unwrap_or_default(),
            origin: resource.origin().cloned(),
            reason,
        });
        None
    }

    /// A fault of an id.
    pub(crate) fn bare(&mut self, id: &ObjectId, fault: Fault) {
        self.push(Rejected { id: id.clone(), origin: None, reason: Reason { place: Vec::new(), fault } });
    }

    fn push(&mut self, rejected: Rejected) {
        if self.list.len() < MAX_REJECTIONS { self.list.push(rejected) } else { self.more += 1 }
    }

    /// The faults, where there are any.
    pub(crate) fn into_result(mut self) -> Result<(), Vec<Rejected>> {
        if self.more > 0 {
            let reason = Reason { place: Vec::new(), fault: Fault::More(self.more) };
            self.list.push(Rejected { id: ObjectId::default(), origin: None, reason });
        }
        if self.list.is_empty() { Ok(()) } else { Err(self.list) }
    }
}

/// One resource while it is compiled: where in it we are, what was found wrong, what of others it uses.
pub(crate) struct Scope<'a> {
    resource: &'a Resource,
    contents: &'a Contents<'a>,
    /// What was compiled already.
    pub(crate) pools: &'a mut Pools,
    blobs: Vec<ContentHash>,
    lists: Vec<(ObjectKey, ListUse)>,
    places: Vec<String>,
    origins: Vec<&'a Origin>,
    faults: Vec<Rejected>,
}

impl<'a> Scope<'a> {
    pub(crate) fn new(resource: &'a Resource, contents: &'a Contents<'a>, pools: &'a mut Pools) -> Self {
        let (blobs, lists, places) = (Vec::new(), Vec::new(), Vec::new());
        Self { resource, contents, pools, blobs, lists, places, origins: Vec::new(), faults: Vec::new() }
    }

    /// Hands the faults over; without any, what is in use.
    pub(crate) fn finish(self, rejections: &mut Rejections) -> Option<Used> {
        if self.faults.is_empty() {
            return Some(Used { blobs: set(self.blobs), lists: set(self.lists) });
        }
        self.faults.into_iter().for_each(|fault| rejections.push(fault));
        None
    }

    /// Where a person wrote what is compiled here: the rule, where that is told, else the object.
    pub(crate) fn origin(&self) -> Origin {
        self.innermost().cloned().unwrap_or_default()
    }

    fn innermost(&self) -> Option<&Origin> {
        self.origins.last().copied().or(self.resource.origin())
    }

    /// Where a person wrote its rules, in their order; those of requests first. May be shorter than the rules are.
    pub(crate) fn rule_origins(&self) -> (&'a [Origin], &'a [Origin]) {
        let provenance = self.resource.provenance.as_ref();
        provenance.map_or((&[], &[]), |place| (&place.request_rules, &place.response_rules))
    }

    /// The same of the rules of its inspection.
    pub(crate) fn inspection_origins(&self) -> &'a [Origin] {
        self.resource.provenance.as_ref().map_or(&[], |place| &place.inspection_rules)
    }

    /// The same of those over what endpoints say first.
    pub(crate) fn response_inspection_origins(&self) -> &'a [Origin] {
        self.resource.provenance.as_ref().map_or(&[], |place| &place.response_inspection_rules)
    }

    /// The key of another object where this one's names are looked up: of its provider and namespace.
    pub(crate) fn neighbour(&mut self, kind: Kind, name: &str) -> Option<ObjectKey> {
        let (provider, namespace) = match &self.resource.id {
            Some(id) => (id.provider.as_str(), id.namespace.as_str()),
            None => ("", ""),
        };
        ObjectKey::new(provider, namespace, kind, name).map_or_else(|invalid| self.fault(invalid), Some)
    }

    /// The key of the order among siblings.
    pub(crate) fn order(&mut self) -> Option<Box<str>> {
        let order = &self.resource.order;
        if order.len() > MAX_ORDER_BYTES {
            return self.fault(Fault::TooLong { what: "order", bytes: order.len(), limit: MAX_ORDER_BYTES });
        }
        Some(order.as_str().into())
    }

    /// Notes a fault here.
    pub(crate) fn fault<T>(&mut self, fault: impl Into<Fault>) -> Option<T> {
        let reason = Reason { place: self.places.clone(), fault: fault.into() };
        let origin = self.innermost().cloned();
        self.faults.push(Rejected { id: self.resource.id.clone().unwrap_or_default(), origin, reason });
        None
    }

    /// Goes one place deeper.
    pub(crate) fn at<T>(&mut self, place: impl Into<String>, then: impl FnOnce(&mut Self) -> T) -> T {
        self.places.push(place.into());
        let result = then(self);
        self.places.pop();
        result
    }

    /// Goes one place deeper, to what has an origin of its own.
    pub(crate) fn at_origin<T>(
        &mut self,
        place: impl Into<String>,
        origin: Option<&'a Origin>,
        then: impl FnOnce(&mut Self) -> T,
    ) -> T {
        self.origins.extend(origin);
        let result = self.at(place, then);
        if origin.is_some() {
            self.origins.pop();
        }
        result
    }

    /// All of a list, each under its number from 1; `None` where one has a fault, after all were looked at.
    pub(crate) fn each<I, T>(
        &mut self,
        what: &str,
        items: &[I],
        mut then: impl FnMut(&mut Self, &I) -> Option<T>,
    ) -> Option<Vec<T>> {
        let compiled: Vec<Option<T>> = items
            .iter()
            .enumerate()
            .map(|(index, item)| self.at(format!("{what} {}", index + 1), |scope| then(scope, item)))
            .collect();
        compiled.into_iter().collect()
    }

    /// A list within its limit.
    pub(crate) fn count(&mut self, what: &'static str, count: usize, limit: usize) -> Option<()> {
        if count > limit { self.fault(Fault::TooMany { what, count, limit }) } else { Some(()) }
    }

    /// A number within its range.
    pub(crate) fn range(
        &mut self,
        what: &'static str,
        value: impl Into<i64>,
        least: i64,
        most: i64,
    ) -> Option<i64> {
        let value = value.into();
        if (least..=most).contains(&value) {
            Some(value)
        } else {
            self.fault(Fault::Range { what, value, least, most })
        }
    }

    /// A time span from 1 ms to the longest.
    pub(crate) fn milliseconds(&mut self, what: &'static str, ms: u64) -> Option<std::time::Duration> {
        let value = i64::try_from(ms).unwrap_or(i64::MAX);
        self.range(what, value, 1, MAX_DURATION_MS as i64)?;
        Some(std::time::Duration::from_millis(ms))
    }

    /// Bytes within the limit of texts.
    pub(crate) fn length(&mut self, what: &'static str, bytes: &[u8]) -> Option<()> {
        let limit = MAX_TEXT_BYTES;
        if bytes.len() > limit {
            self.fault(Fault::TooLong { what, bytes: bytes.len(), limit })
        } else {
            Some(())
        }
    }

    /// Text within its limit and without control characters; empty text is `Some(None)`.
    pub(crate) fn text(&mut self, what: &'static str, text: &str) -> Option<Option<Box<str>>> {
        self.length(what, text.as_bytes())?;
        if text.chars().any(char::is_control) {
            return self.fault(Fault::Character { what, value: text.to_owned() });
        }
        Some(Some(text).filter(|text| !text.is_empty()).map(Into::into))
    }

    /// A reference to an object of a kind.
    pub(crate) fn reference(
        &mut self,
        what: &'static str,
        id: Option<&ObjectId>,
        kind: Kind,
    ) -> Option<ObjectKey> {
        let Some(id) = id else { return self.fault(Fault::Unset(what)) };
        match ObjectKey::try_from(id) {
            Ok(key) if key.kind() == kind => Some(key),
            Ok(key) => {
                let (expected, found) = (kind_word(kind), kind_word(key.kind()));
                self.fault(Fault::Kind { what, expected, found })
            }
            Err(invalid) => self.at(what, |scope| scope.fault(invalid)),
        }
    }

    /// A known, set value of an enum.
    pub(crate) fn value<E: TryFrom<i32>>(&mut self, what: &'static str, value: i32) -> Option<E> {
        match E::try_from(value) {
            Ok(known) => Some(known),
            Err(_) => self.fault(Fault::Unknown { what, value }),
        }
    }

    /// The same, where 0 says that nothing was chosen.
    pub(crate) fn known<E: TryFrom<i32> + Into<i32> + Copy>(
        &mut self,
        what: &'static str,
        value: i32,
    ) -> Option<E> {
        match E::try_from(value) {
            Ok(known) if value != 0 => Some(known),
            Ok(_) => self.fault(Fault::Unset(what)),
            Err(_) => self.fault(Fault::Unknown { what, value }),
        }
    }

    /// The contents of a blob.
    pub(crate) fn blob(&mut self, hex: &str) -> Option<Bytes> {
        let Ok(hash) = ContentHash::from_hex(hex) else {
            return self.fault(Fault::BlobHash(hex.chars().take(64).collect()));
        };
        match self.contents.blobs.get(&hash) {
            Some(data) => {
                self.blobs.push(hash);
                Some(data.clone())
            }
            None => self.fault(Fault::MissingBlob(hash.to_string())),
        }
    }

    /// A list, and the hash of what it holds.
    pub(crate) fn list(
        &mut self,
        id: Option<&ObjectId>,
        used: ListUse,
    ) -> Option<(ContentHash, Arc<PatternList>)> {
        let key = self.reference("list", id, Kind::Patterns)?;
        match self.contents.lists.get(&key) {
            Some(found) => {
                self.lists.push((key, used));
                Some(found.clone())
            }
            None => self.fault(Fault::MissingList(key.to_string())),
        }
    }
}

fn set<T: Ord>(mut all: Vec<T>) -> Box<[T]> {
    all.sort_unstable();
    all.dedup();
    all.into_boxed_slice()
}
