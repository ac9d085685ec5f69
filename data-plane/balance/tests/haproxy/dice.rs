//! Numbers that are the same on each run, and keys made of them.

use std::net::{Ipv4Addr, Ipv6Addr};

/// Sebastiano Vigna's splitmix64.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Below `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.roll() % end as u64) as usize
    }

    pub(crate) fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }

    fn many(&mut self, most: usize, of: &[&str]) -> String {
        (0..self.below(most + 1)).map(|_| self.one(of)).collect()
    }
}

/// What one request is made of.
pub(crate) struct Ask {
    pub(crate) target: String,
    /// The field `x-key`.
    pub(crate) key: Option<Vec<u8>>,
}

fn field(key: Vec<u8>) -> Ask {
    Ask { target: "/".into(), key: Some(key) }
}

/// Any bytes that a field takes without being two: a comma would part it, a blank at an end is none of it.
pub(crate) fn bytes(dice: &mut Dice) -> Ask {
    let byte = |dice: &mut Dice| match dice.roll() as u8 {
        byte @ (b'-'..=b'~' | 0x80..) => byte,
        byte => b'0' + byte % 10,
    };
    let many = 1 + dice.below(24);
    field((0..many).map(|_| byte(dice)).collect())
}

/// The field is missing now and then.
pub(crate) fn sometimes(dice: &mut Dice) -> Ask {
    let ask = bytes(dice);
    Ask { key: ask.key.filter(|_| dice.below(3) > 0), ..ask }
}

pub(crate) fn ipv4(dice: &mut Dice) -> Ask {
    field(Ipv4Addr::from_bits(dice.roll() as u32 | 1 << 24).to_string().into())
}

pub(crate) fn ipv6(dice: &mut Dice) -> Ask {
    let bits = u128::from(dice.roll()) << 64 | u128::from(dice.roll());
    field(Ipv6Addr::from_bits(bits | 1 << 125).to_string().into())
}

/// Paths, queries and targets that have an authority; not with port 80, which HAProxy takes away before it looks.
pub(crate) fn target(dice: &mut Dice) -> Ask {
    const PARTS: &[&str] = &["/", "/", "a", "bc", "def", ".", "%2f", ";x=1", "=", "&", "0123456789", ":"];
    let authority = dice.one(&["", "", "", "http://h", "http://h:8080", "http://h.example.org"]);
    let path = dice.many(10, PARTS);
    let query = match dice.below(2) {
        0 => String::new(),
        _ => format!("?{}", dice.many(6, &["?", "/", "x", "=", "&", "yz", "12"])),
    };
    Ask { target: format!("{authority}/{path}{query}"), key: None }
}

/// The parameter `id`, or what looks like it.
pub(crate) fn query(dice: &mut Dice) -> Ask {
    const PARTS: &[&str] =
        &["id=", "id=", "&id=", "&id=", "&", "&", "xid=", "id", "?", "=", "7", "89", "abc", "/", "ID="];
    let path = dice.one(&["/", "/a", "/id=1", "/a&id=1"]);
    let mark = dice.one(&["?", "?", "?", ""]);
    Ask { target: format!("{path}{mark}{}", dice.many(12, PARTS)), key: None }
}

/// Names of hosts, also such that are none.
pub(crate) fn host(dice: &mut Dice) -> Ask {
    let name = dice.many(6, &[".", ".", "www", "a", "example", "org", "co", "uk", "x-1", ":80", ","]);
    field(format!("{}{name}", dice.one(&["a", "bc", ".", ".."])).into())
}
