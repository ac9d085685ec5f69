//! Lists of servers, as HAProxy's configuration has them and as the crate does.

use sluicegate_balance::{Candidate, NodeKey, Server, divisor, eligible, node_key};

pub(crate) struct Host {
    pub(crate) name: char,
    id: Option<u32>,
    weight: u16,
    backup: bool,
    down: bool,
}

const fn host(name: char, weight: u16) -> Host {
    Host { name, id: None, weight, backup: false, down: false }
}

const fn down(host: Host) -> Host {
    Host { down: true, ..host }
}

const fn backup(host: Host) -> Host {
    Host { backup: true, ..host }
}

const fn id(id: u32, host: Host) -> Host {
    Host { id: Some(id), ..host }
}

/// All that can matter at once.
pub(crate) const MIXED: &[Host] = &[
    host('a', 1),
    id(17, host('b', 10)),
    down(host('c', 5)),
    host('d', 20),
    host('e', 40),
    host('f', 0),
    id(4_000_000, host('g', 3)),
    host('h', 27),
    backup(host('i', 50)),
];
pub(crate) const EQUAL: &[Host] = &[host('a', 100), host('b', 100), host('c', 100), host('d', 100)];
/// The divisor is 2, and would be 4 without who is down.
pub(crate) const DIVISOR: &[Host] = &[host('a', 4), host('b', 8), down(host('c', 2)), host('d', 12)];
/// The divisor is 1 by the weight of a backup.
pub(crate) const DIVISOR_OF_BACKUP: &[Host] = &[host('a', 4), host('b', 8), backup(host('c', 1))];
pub(crate) const HEAVIEST: &[Host] = &[host('a', 256), host('b', 255), host('c', 1)];
pub(crate) const ONE_UP: &[Host] = &[down(host('a', 4)), host('b', 8), host('c', 0)];
/// The weights are equal: of other ones HAProxy's map-based hash takes another than the first, against its manual.
pub(crate) const FIRST_BACKUP: &[Host] = &[down(host('a', 4)), backup(host('b', 5)), backup(host('c', 5))];
pub(crate) const ALL_BACKUPS: &[Host] =
    &[down(host('a', 4)), backup(host('b', 2)), backup(down(host('c', 6))), backup(host('d', 5))];

/// The lines of the configuration; all lead to what listens at `address`.
pub(crate) fn lines(fleet: &[Host], address: impl Fn(char) -> String) -> String {
    let line = |host: &Host| {
        let id = host.id.map(|id| format!(" id {id}")).unwrap_or_default();
        let word = |is: bool, word: &'static str| if is { word } else { "" };
        let (down, backup) = (word(host.down, " disabled"), word(host.backup, " backup"));
        format!("  server {} {} weight {}{id}{backup}{down}\n", host.name, address(host.name), host.weight)
    };
    fleet.iter().map(line).collect()
}

/// By place, how many have a lower number.
pub(crate) fn ranks(fleet: &[Host]) -> Vec<u32> {
    let ids: Vec<u32> = (0..).zip(fleet).map(number).collect();
    let below = |id: &u32| ids.iter().filter(|&other| other < id).count();
    ids.iter().map(|id| u32::try_from(below(id)).unwrap()).collect()
}

/// Whoever has no number of its own has that of its line.
fn number((place, host): (u32, &Host)) -> u32 {
    host.id.unwrap_or(place + 1)
}

/// Who takes traffic, and the divisor of all weights.
pub(crate) fn servers(fleet: &[Host], all_backups: bool) -> (Vec<Server>, u16) {
    let candidate =
        |host: &Host| Candidate { weight: host.weight * 16, backup: host.backup, usable: !host.down };
    let server = |(place, weight): (u32, u16)| {
        let id = number((place, &fleet[place as usize]));
        Server { place, key: node_key(NodeKey::Id(id)), weight }
    };
    let eligible = eligible(fleet.iter().map(candidate), all_backups);
    (eligible.into_iter().map(server).collect(), divisor(fleet.iter().map(|host| host.weight * 16)))
}
