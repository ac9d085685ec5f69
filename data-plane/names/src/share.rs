//! Who of several endpoints with one name gets which record.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;

use crate::record::{Key, Record};

/// An endpoint that waits for a record, or has one.
pub struct Seat<'a> {
    /// What it has.
    pub has: Option<&'a Key>,
    /// It may have what another one has too.
    pub shares: bool,
    /// Whether an address goes before others.
    pub prefers: &'a dyn Fn(IpAddr) -> bool,
}

/// The record of each seat, as a place in `records`: what it has while it is there, else the first that nobody has,
/// preferred ones before others. Seats are served in their order; those for which nothing is left get nothing.
pub fn share(seats: &[Seat<'_>], records: &[Record]) -> Vec<Option<usize>> {
    let places: HashMap<&Key, usize> = records.iter().enumerate().map(|(at, it)| (&it.key, at)).collect();
    let mut taken = HashSet::new();
    let mut given: Vec<Option<usize>> = seats
        .iter()
        .map(|seat| {
            let place = *places.get(seat.has?)?;
            (seat.shares || taken.insert(place)).then_some(place)
        })
        .collect();
    for (seat, place) in seats.iter().zip(&mut given).filter(|(_, place)| place.is_none()) {
        *place = free(seat, records, &taken);
        if let Some(place) = *place
            && !seat.shares
        {
            taken.insert(place);
        }
    }
    given
}

fn free(seat: &Seat<'_>, records: &[Record], taken: &HashSet<usize>) -> Option<usize> {
    let mut free = (0..records.len()).filter(|place| seat.shares || !taken.contains(place));
    let first = free.next()?;
    let preferred = |place: &usize| records[*place].ip.is_some_and(seat.prefers);
    [first].into_iter().chain(free).find(preferred).or(Some(first))
}

#[cfg(test)]
mod tests;
