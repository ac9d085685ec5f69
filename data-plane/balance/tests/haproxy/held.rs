//! Connections that stay open: who is chosen depends on who has how many.

use std::iter::repeat_with;
use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

use sluicegate_balance::{Bounds, Hashing, Map, NEVER, Ring, Server, Tournament, connections, rdp_cookie};

use crate::dice::Dice;
use crate::fleet::{self, Host};

pub(crate) struct Held {
    pub(crate) name: &'static str,
    pub(crate) lines: &'static str,
    fleet: &'static [Host],
    rule: Rule,
    /// How many are open at once.
    most: usize,
    /// What a client sends first; with a line of the PROXY protocol where it goes by an address.
    sent: fn(&mut Dice) -> Vec<u8>,
}

enum Rule {
    LeastConn,
    /// With this maxconn.
    First(u32),
    /// With this factor.
    Bounded(u32),
    RdpCookie,
}

pub(crate) enum Step {
    /// And send this.
    Open(Vec<u8>),
    /// The one at this place among those that are open, which the last takes over.
    Close(usize),
}

const STEPS: usize = 2_000;

pub(crate) const HELD: &[Held] = &[
    Held {
        name: "leastconn",
        lines: "balance leastconn",
        fleet: fleet::MIXED,
        rule: Rule::LeastConn,
        most: 150,
        sent: |_| b"12345678".into(),
    },
    Held {
        name: "leastconn-equal",
        lines: "balance leastconn",
        fleet: fleet::EQUAL,
        rule: Rule::LeastConn,
        most: 9,
        sent: |_| b"12345678".into(),
    },
    Held {
        name: "first",
        lines: "balance first\n  default-server maxconn 5",
        fleet: fleet::MIXED,
        rule: Rule::First(5),
        most: 25,
        sent: |_| b"12345678".into(),
    },
    Held {
        name: "hash-balance-factor",
        lines: "balance source\n  hash-type consistent\n  hash-balance-factor 125",
        fleet: fleet::MIXED,
        rule: Rule::Bounded(125),
        most: 100,
        sent: |dice| format!("PROXY TCP4 {} 10.0.0.1 7 7\r\n12345678", client(dice.roll())).into(),
    },
    Held {
        name: "rdp-cookie",
        lines: "balance rdp-cookie",
        fleet: fleet::MIXED,
        rule: Rule::RdpCookie,
        most: 1,
        sent: connection_request,
    },
];

impl Held {
    /// Its listener.
    pub(crate) fn text(&self) -> String {
        let address = |name| format!("\"unix@${{DIR}}/{name}.sock\"");
        format!(
            "listen {}\n  mode tcp\n  bind \"unix@${{DIR}}/{}.sock\"{}\n  tcp-request inspect-delay 10s\n  \
             tcp-request content accept if {{ req.len ge 8 }}\n  {}\n{}",
            self.name,
            self.name,
            if let Rule::Bounded(_) = self.rule { " accept-proxy" } else { "" },
            self.lines,
            fleet::lines(self.fleet, address)
        )
    }

    pub(crate) fn steps(&self) -> Vec<Step> {
        let mut dice = Dice::new(1);
        let mut open = 0;
        let step = || {
            let opens = open == 0 || (open < self.most && dice.below(100) < 55);
            open = if opens { open + 1 } else { open - 1 };
            if opens { Step::Open((self.sent)(&mut dice)) } else { Step::Close(dice.below(open + 1)) }
        };
        repeat_with(step).take(STEPS).collect()
    }

    /// The names of the servers that the crate chooses.
    pub(crate) fn choices(&self, steps: &[Step]) -> Vec<char> {
        let mut farm = Farm::new(self);
        let (mut open, mut choices) = (Vec::new(), Vec::new());
        for step in steps {
            match step {
                Step::Open(sent) => {
                    let place = farm.take(&self.rule, sent).unwrap();
                    choices.push(self.fleet[place as usize].name);
                    open.push(place);
                }
                Step::Close(at) => farm.release(&self.rule, open.swap_remove(*at)),
            }
        }
        choices
    }
}

/// The servers and what they have.
struct Farm {
    servers: Vec<Server>,
    /// By place.
    loads: Vec<AtomicU32>,
    /// By place: how many have a lower number.
    ranks: Vec<u32>,
    index: Tournament,
    ring: Ring,
    bounds: Bounds,
    map: Map,
    turns: u64,
}

impl Farm {
    fn new(held: &Held) -> Self {
        let (servers, divisor) = fleet::servers(held.fleet, false);
        let loads = held.fleet.iter().map(|_| AtomicU32::new(0)).collect();
        let (ring, bounds) = (Ring::new(&servers), Bounds::new(&servers));
        let map = Map::new(&servers, divisor);
        let (ranks, index) = (fleet::ranks(held.fleet), Tournament::new([]));
        let farm = Self { ranks, servers, loads, index, ring, bounds, map, turns: 0 };
        let costs: Vec<u32> = (0..).zip(held.fleet).map(|(place, _)| farm.cost(&held.rule, place)).collect();
        Self { index: Tournament::new(costs), ..farm }
    }

    fn load(&self, place: u32) -> u32 {
        self.loads[place as usize].load(SeqCst)
    }

    fn cost(&self, rule: &Rule, place: u32) -> u32 {
        let load = self.load(place);
        let weight =
            self.servers.iter().find(|server| server.place == place).map_or(0, |server| server.weight);
        match rule {
            Rule::First(most) if load < *most && weight > 0 => self.ranks[place as usize],
            Rule::First(_) => NEVER,
            _ => connections(load, weight),
        }
    }

    fn tell(&self, rule: &Rule, place: u32) {
        self.index.update(place, || self.cost(rule, place));
    }

    fn release(&self, rule: &Rule, place: u32) {
        if matches!(rule, Rule::RdpCookie) {
            return;
        }
        self.loads[place as usize].fetch_sub(1, SeqCst);
        self.tell(rule, place);
    }

    fn take(&mut self, rule: &Rule, sent: &[u8]) -> Option<u32> {
        match rule {
            Rule::LeastConn | Rule::First(_) => self.index.take(
                |place| self.cost(rule, place),
                |place, cost| {
                    let load = self.load(place);
                    self.cost(rule, place) == cost
                        && self.loads[place as usize].compare_exchange(load, load + 1, SeqCst, SeqCst).is_ok()
                },
            ),
            Rule::Bounded(factor) => {
                let all: u32 = self.loads.iter().map(|load| load.load(SeqCst)).sum();
                let may = |place| u64::from(self.load(place)) < self.bounds.most(place, all.into(), *factor);
                let address = std::str::from_utf8(sent).ok()?.split(' ').nth(2)?;
                let hash = Hashing::by_default(true).of_source(address.parse().ok()?);
                let place = self.ring.at(hash, may)?;
                self.loads[place as usize].fetch_add(1, SeqCst);
                Some(place)
            }
            Rule::RdpCookie => match rdp_cookie(sent, b"mstshash") {
                Some(value) => self.map.at(Hashing::by_default(false).of(value), |_| true),
                None => {
                    self.turns += 1;
                    self.map.turn(self.turns - 1, |_| true)
                }
            },
        }
    }
}

fn client(roll: u64) -> Ipv4Addr {
    Ipv4Addr::new(10, 0, 0, roll as u8 % 16)
}

/// What a remote desktop client sends first, or something like it.
fn connection_request(dice: &mut Dice) -> Vec<u8> {
    let name = dice.one(&["mstshash", "mstshash", "mstshash", "MSTShash", "msts", "other"]);
    let label =
        dice.one(&["Cookie: ", "Cookie: ", "Cookie: ", "cookie:  ", "Cookie:", "Cookie:\t", "Cookie"]);
    let end = dice.one(&["\r\n", "\r\n", "\r\n", "\r\n\r\n", "\r", "\n", ""]);
    let user = dice.one(&["", "a", "DOMAIN\\b", "x;17", "u v", "\rc", "38", "user-d", "e=f"]);
    let routing = format!("{label}{name}={user}{end}");
    let kind = if dice.below(10) > 0 { 0xe0 } else { 0xd0 };
    let version = if dice.below(10) > 0 { 3 } else { 4 };
    let tpdu = [version, 0, 0, 11, 6, kind, 0, 0, 0, 0, 0];
    tpdu.into_iter().chain(routing.bytes()).collect()
}
