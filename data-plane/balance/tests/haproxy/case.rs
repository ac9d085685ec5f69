//! What is compared.

use sluicegate_balance::{Function, Hashing, Map, Ring, Uri, domain_only, url_param};

use crate::dice::{self, Ask, Dice};
use crate::fleet::{self, Host};

/// Keys of a case; fewer where one property of the list of servers is in question.
const MANY: usize = 10_000;
const FEW: usize = 1_000;

pub(crate) struct Case {
    /// Of the file, and of the listener.
    pub(crate) name: String,
    /// The lines of HAProxy's configuration.
    pub(crate) lines: String,
    fleet: &'static [Host],
    many: usize,
    ask: fn(&mut Dice) -> Ask,
    hash: fn(&Ask, Hashing) -> Option<u32>,
    hashing: Hashing,
    consistent: bool,
}

impl Case {
    /// Its listener.
    pub(crate) fn text(&self) -> String {
        let servers = fleet::lines(self.fleet, |_| "\"unix@${DIR}/server.sock\"".into());
        format!(
            "listen {}\n  bind \"unix@${{DIR}}/{}.sock\"\n  http-response set-header x-server %[srv_name]\n{}{servers}",
            self.name, self.name, self.lines,
        )
    }

    pub(crate) fn asks(&self) -> Vec<Ask> {
        let mut dice = Dice::new(0);
        (0..self.many).map(|_| (self.ask)(&mut dice)).collect()
    }

    /// The names of the servers that the crate chooses.
    pub(crate) fn choices(&self, asks: &[Ask]) -> Vec<char> {
        let (servers, divisor) = fleet::servers(self.fleet, self.lines.contains("allbackups"));
        let (map, ring) = (Map::new(&servers, divisor), Ring::new(&servers));
        let mut turns = 0..;
        let choice = |ask: &Ask| match ((self.hash)(ask, self.hashing), self.consistent) {
            (Some(hash), false) => map.at(hash, |_| true),
            (Some(hash), true) => ring.at(hash, |_| true),
            (None, false) => map.turn(turns.next()?, |_| true),
            (None, true) => ring.turn(turns.next()?, |_| true),
        };
        let name = |place: Option<u32>| self.fleet[place.unwrap() as usize].name;
        asks.iter().map(choice).map(name).collect()
    }
}

/// Methods, as they are called.
const METHODS: [(&str, bool); 2] = [("map-based", false), ("consistent", true)];
const FUNCTIONS: [(&str, Function); 4] =
    [("sdbm", Function::Sdbm), ("djb2", Function::Djb2), ("wt6", Function::Wt6), ("crc32", Function::Crc32)];
const MODIFIERS: [(&str, bool); 2] = [("", false), (" avalanche", true)];

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = functions();
    cases.extend(METHODS.into_iter().flat_map(by_default));
    cases.extend(sources());
    cases.extend(keys());
    cases.extend(fleets());
    cases
}

fn case(name: impl Into<String>, lines: impl Into<String>) -> Case {
    Case {
        name: name.into().replace([' ', '(', ')'], "-"),
        lines: lines.into(),
        fleet: fleet::MIXED,
        many: MANY,
        ask: dice::bytes,
        hash: |ask, hashing| Some(hashing.of(ask.key.as_deref()?)),
        hashing: Hashing::by_default(false),
        consistent: false,
    }
}

fn functions() -> Vec<Case> {
    let mut cases = Vec::new();
    for (method, consistent) in METHODS {
        for (word, function) in FUNCTIONS {
            for (modifier, avalanche) in MODIFIERS {
                let kind = format!("{method} {word}{modifier}");
                let lines = format!("  balance hash req.hdr(x-key)\n  hash-type {kind}\n");
                let hashing = Hashing { function, avalanche };
                cases.push(Case { hashing, consistent, ..case(kind, lines) });
            }
        }
    }
    cases
}

/// Nothing said of the function; fields that are not there.
fn by_default((method, consistent): (&str, bool)) -> [Case; 2] {
    let lines = format!("  balance hash req.hdr(x-key)\n  hash-type {method}\n");
    let defaults = |name: &str, ask| {
        let hashing = Hashing::by_default(consistent);
        Case { many: FEW, ask, hashing, consistent, ..case(format!("{method} {name}"), lines.clone()) }
    };
    [defaults("default", dice::bytes), defaults("key-missing", dice::sometimes)]
}

fn sources() -> Vec<Case> {
    let source = |ask: &Ask, hashing: Hashing| {
        let text = std::str::from_utf8(ask.key.as_deref()?).ok()?;
        Some(hashing.of_source(text.parse().ok()?))
    };
    let mut cases = Vec::new();
    for (method, consistent) in METHODS {
        for (modifier, avalanche) in MODIFIERS {
            for (version, ask) in [("ipv4", dice::ipv4 as fn(&mut Dice) -> Ask), ("ipv6", dice::ipv6)] {
                let lines = format!(
                    "  http-request set-src req.hdr(x-key)\n  balance source\n  hash-type {method} crc32{modifier}\n"
                );
                let hashing = Hashing { function: Function::Crc32, avalanche };
                let name = format!("source {version} {method}{modifier}");
                cases.push(Case { ask, hash: source, hashing, consistent, ..case(name, lines) });
            }
        }
    }
    cases
}

/// Which bytes are the key.
fn keys() -> Vec<Case> {
    let of = |balance: &str, ask, hash| {
        let lines = format!("  balance {balance}\n");
        Case { ask, hash, ..case(balance, lines) }
    };
    let uri = |words: &str, hash| of(&format!("uri{words}"), dice::target, hash);
    vec![
        uri("", |ask, hashing| Some(hashing.of(Uri::default().of(ask.target.as_bytes())))),
        uri(" whole", |ask, hashing| {
            Some(hashing.of(Uri { whole: true, ..Uri::default() }.of(ask.target.as_bytes())))
        }),
        uri(" len 12", |ask, hashing| {
            Some(hashing.of(Uri { len: 12.try_into().ok(), ..Uri::default() }.of(ask.target.as_bytes())))
        }),
        uri(" depth 1", |ask, hashing| {
            Some(hashing.of(Uri { depth: 1.try_into().ok(), ..Uri::default() }.of(ask.target.as_bytes())))
        }),
        uri(" depth 3 len 20 whole", |ask, hashing| {
            let uri =
                Uri { depth: 3.try_into().ok(), len: 20.try_into().ok(), whole: true, path_only: false };
            Some(hashing.of(uri.of(ask.target.as_bytes())))
        }),
        uri(" path-only", |ask, hashing| {
            Some(hashing.of(Uri { path_only: true, ..Uri::default() }.of(ask.target.as_bytes())))
        }),
        uri(" path-only whole len 16", |ask, hashing| {
            let uri = Uri { path_only: true, whole: true, len: 16.try_into().ok(), depth: None };
            Some(hashing.of(uri.of(ask.target.as_bytes())))
        }),
        of("url_param id", dice::query, |ask, hashing| {
            Some(hashing.of(url_param(ask.target.as_bytes(), b"id")?))
        }),
        of("hdr(x-key)", dice::host, |ask, hashing| Some(hashing.of(first(ask.key.as_deref()?)))),
        of("hdr(x-key) use_domain_only", dice::host, |ask, hashing| {
            Some(hashing.of(domain_only(first(ask.key.as_deref()?))))
        }),
        of("static-rr", dice::bytes, |_, _| None),
    ]
}

/// The first of a field's values.
fn first(field: &[u8]) -> &[u8] {
    field.split(|&byte| byte == b',').next().unwrap_or(field)
}

fn fleets() -> Vec<Case> {
    let fleets = [
        ("equal", fleet::EQUAL, ""),
        ("divisor", fleet::DIVISOR, ""),
        ("divisor-of-backup", fleet::DIVISOR_OF_BACKUP, ""),
        ("heaviest", fleet::HEAVIEST, ""),
        ("one-up", fleet::ONE_UP, ""),
        ("first-backup", fleet::FIRST_BACKUP, ""),
        ("all-backups", fleet::ALL_BACKUPS, "  option allbackups\n"),
    ];
    let both = |(name, fleet, option): (&str, &'static [Host], &str)| {
        METHODS.map(|(method, consistent)| {
            let lines = format!("  balance hash req.hdr(x-key)\n  hash-type {method}\n{option}");
            let hashing = Hashing::by_default(consistent);
            Case { fleet, many: FEW, hashing, consistent, ..case(format!("{method} {name}"), lines) }
        })
    };
    fleets.into_iter().flat_map(both).collect()
}
