//! What the algorithms know of an endpoint.

use std::net::{IpAddr, SocketAddr};

use crate::hash::mix;

/// Parts of a unit of weight that count, so that an endpoint of weight 1 can begin with less. (HAProxy: `BE_WEIGHT_SCALE`)
pub const SIXTEENTHS: u8 = 16;

/// Keys that belong to one endpoint in a ring: as many as the heaviest has nodes.
const KEYS: u32 = 4096;

/// An endpoint that takes new traffic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Server {
    /// Where its owner has it: what a choice answers with.
    pub place: u32,
    /// What hashes know it by, made by [`node_key`]. The same key has the same share of keys in any list and process.
    pub key: u32,
    /// In sixteenths of a unit ([`SIXTEENTHS`]); 0 takes no traffic.
    pub weight: u16,
}

/// What tells an endpoint from the others where keys are hashed to it. (HAProxy: hash-key)
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NodeKey {
    /// Its number in the configuration.
    Id(u32),
    /// Its address, so that lists in another order agree.
    Addr(IpAddr),
    /// Its address and port.
    AddrPort(SocketAddr),
}

/// The [`Server::key`] of an endpoint; that of a number is what HAProxy makes of it.
pub fn node_key(key: NodeKey) -> u32 {
    match key {
        NodeKey::Id(id) => id.wrapping_mul(KEYS),
        NodeKey::Addr(address) => address_key(address, 0),
        NodeKey::AddrPort(socket) => address_key(socket.ip(), mix(u32::from(socket.port()))),
    }
}

fn address_key(address: IpAddr, seed: u32) -> u32 {
    let words = |bits: u128| (0..4).rev().map(move |word| (bits >> (32 * word)) as u32);
    let fold = |key: u32, word: u32| mix(key ^ word);
    match address.to_canonical() {
        IpAddr::V4(v4) => fold(seed, v4.to_bits()),
        IpAddr::V6(v6) => words(v6.to_bits()).fold(seed, fold),
    }
}

/// The greatest common divisor of weights; 1 of none.
pub fn divisor(weights: impl IntoIterator<Item = u16>) -> u16 {
    weights.into_iter().fold(0, gcd).max(1)
}

fn gcd(a: u16, b: u16) -> u16 {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests;
