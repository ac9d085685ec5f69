//! Sessions by who talks with whom, in the order of their last use. Bounded; pure.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};

/// Who talks with whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Flow {
    /// Who sends.
    pub client: SocketAddr,
    /// The address that was sent to, where the listener has more than one.
    pub local: Option<IpAddr>,
}

/// A place in the table; never that of another session, though the place is used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ticket {
    place: u32,
    serial: u64,
}

/// There is no place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the table of sessions is full")]
pub struct Full;

/// No place.
const NONE: u32 = u32::MAX;

/// Sessions of one listener on one worker. `T`: what is kept of each. Time is the caller's.
///
/// Keys are hashed with a secret: who sends datagrams chooses them.
#[derive(Debug)]
pub struct Table<T> {
    places: HashMap<Flow, u32>,
    slots: Vec<Slot<T>>,
    free: Vec<u32>,
    oldest: u32,
    newest: u32,
    serial: u64,
    limit: usize,
}

#[derive(Debug)]
struct Slot<T> {
    flow: Flow,
    /// `None`: the place is free.
    value: Option<T>,
    serial: u64,
    older: u32,
    newer: u32,
}

impl<T> Table<T> {
    /// Of at most so many sessions; grows as they come.
    pub fn new(limit: usize) -> Self {
        Self {
            places: HashMap::new(),
            slots: Vec::new(),
            free: Vec::new(),
            oldest: NONE,
            newest: NONE,
            serial: 0,
            limit: limit.min(NONE as usize),
        }
    }

    /// Sessions now.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// The session of a flow, which becomes the one used last.
    pub fn touch(&mut self, flow: &Flow) -> Option<&T> {
        let place = *self.places.get(flow)?;
        self.renew(place);
        self.slot(place)?.value.as_ref()
    }

    /// Makes a session the one used last.
    pub fn used(&mut self, ticket: Ticket) {
        if self.is_there(ticket) {
            self.renew(ticket.place);
        }
    }

    /// The session that was used longest ago.
    pub fn oldest(&self) -> Option<(Ticket, &T)> {
        let slot = self.slot(self.oldest)?;
        Some((Ticket { place: self.oldest, serial: slot.serial }, slot.value.as_ref()?))
    }

    /// Takes a new session in, as the one used last; one that the flow had before is given back.
    ///
    /// # Errors
    /// Where there are as many as may be.
    pub fn insert(&mut self, flow: Flow, value: T) -> Result<(Ticket, Option<T>), Full> {
        let before = self.places.get(&flow).copied().and_then(|place| self.free(place));
        if self.places.len() >= self.limit {
            return Err(Full);
        }
        self.serial += 1;
        let slot = Slot { flow, value: Some(value), serial: self.serial, older: NONE, newer: NONE };
        let place = match self.free.pop() {
            Some(place) => {
                self.slots[place as usize] = slot;
                place
            }
            None => {
                self.slots.push(slot);
                u32::try_from(self.slots.len() - 1).map_err(|_| Full)?
            }
        };
        self.places.insert(flow, place);
        self.append(place);
        Ok((Ticket { place, serial: self.serial }, before))
    }

    /// Takes a session out, if it is still there.
    pub fn remove(&mut self, ticket: Ticket) -> Option<T> {
        self.is_there(ticket).then(|| self.free(ticket.place)).flatten()
    }

    /// All sessions, the one used longest ago first.
    pub fn iter(&self) -> impl Iterator<Item = (&Flow, &T)> {
        let mut next = self.oldest;
        std::iter::from_fn(move || {
            let slot = self.slot(next)?;
            next = slot.newer;
            Some((&slot.flow, slot.value.as_ref()?))
        })
    }

    fn slot(&self, place: u32) -> Option<&Slot<T>> {
        self.slots.get(place as usize)
    }

    fn is_there(&self, ticket: Ticket) -> bool {
        self.slot(ticket.place).is_some_and(|slot| slot.serial == ticket.serial && slot.value.is_some())
    }

    fn free(&mut self, place: u32) -> Option<T> {
        self.unlink(place);
        let slot = self.slots.get_mut(place as usize)?;
        self.places.remove(&slot.flow);
        self.free.push(place);
        slot.value.take()
    }

    fn renew(&mut self, place: u32) {
        if place != self.newest {
            self.unlink(place);
            self.append(place);
        }
    }

    fn unlink(&mut self, place: u32) {
        let Some(slot) = self.slot(place) else { return };
        let (older, newer) = (slot.older, slot.newer);
        match self.slots.get_mut(older as usize) {
            Some(slot) => slot.newer = newer,
            None => self.oldest = newer,
        }
        match self.slots.get_mut(newer as usize) {
            Some(slot) => slot.older = older,
            None => self.newest = older,
        }
    }

    fn append(&mut self, place: u32) {
        let before = self.newest;
        if let Some(slot) = self.slots.get_mut(place as usize) {
            (slot.older, slot.newer) = (before, NONE);
        }
        match self.slots.get_mut(before as usize) {
            Some(slot) => slot.newer = place,
            None => self.oldest = place,
        }
        self.newest = place;
    }
}

#[cfg(test)]
mod tests;
