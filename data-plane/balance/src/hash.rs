//! Hashes of keys. (HAProxy: hash-type)

use std::net::IpAddr;

/// What makes 32 bits of a key's bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Function {
    /// Of the sdbm database library; HAProxy's default.
    #[default]
    Sdbm,
    /// Daniel J. Bernstein's, times 33.
    Djb2,
    /// Two words that rotate each other; designed for HAProxy.
    Wt6,
    /// The checksum of Ethernet and zlib.
    Crc32,
    /// The key is a decimal number and taken as it is. (HAProxy: none; younger than 2.6)
    Number,
}

/// How a key becomes the number that an endpoint is chosen by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Hashing {
    /// Of all keys but addresses.
    pub function: Function,
    /// Whether the number is mixed once more, so that similar keys go far from each other.
    pub avalanche: bool,
}

impl Hashing {
    /// What HAProxy does where `hash-type` names a method alone (or is not there, which is map-based).
    pub fn by_default(consistent: bool) -> Self {
        Self { function: Function::default(), avalanche: consistent }
    }

    /// The number of a key.
    pub fn of(self, key: &[u8]) -> u32 {
        self.mixed(match self.function {
            Function::Sdbm => sdbm(key),
            Function::Djb2 => djb2(key),
            Function::Wt6 => wt6(key),
            Function::Crc32 => crc32(key),
            Function::Number => number(key),
        })
    }

    /// The number of a client's address, whatever the function. (HAProxy: balance source)
    pub fn of_source(self, address: IpAddr) -> u32 {
        self.mixed(match address {
            IpAddr::V4(v4) => v4.to_bits(),
            IpAddr::V6(v6) => (0..4).fold(0, |sum, word| sum ^ (v6.to_bits() >> (32 * word)) as u32),
        })
    }

    fn mixed(self, number: u32) -> u32 {
        if self.avalanche { mix(number) } else { number }
    }
}

/// Bob Jenkins's integer hash of six shifts (<https://burtleburtle.net/bob/hash/integer.html>), then spread by a prime
/// near three quarters of the range: HAProxy's avalanche, and its keys of a ring.
pub(crate) fn mix(number: u32) -> u32 {
    const SPREAD: u32 = 3_221_225_473;
    let a = number.wrapping_add(0x7ed5_5d16).wrapping_add(number << 12);
    let a = (a ^ 0xc761_c23c) ^ (a >> 19);
    let a = a.wrapping_add(0x1656_67b1).wrapping_add(a << 5);
    let a = a.wrapping_add(0xd3a2_646c) ^ (a << 9);
    let a = a.wrapping_add(0xfd70_46c5).wrapping_add(a << 3);
    let a = (a ^ 0xb55a_4f09) ^ (a >> 16);
    a.wrapping_mul(SPREAD)
}

fn sdbm(key: &[u8]) -> u32 {
    key.iter().fold(0, |hash: u32, &byte| hash.wrapping_mul(65_599).wrapping_add(u32::from(byte)))
}

fn djb2(key: &[u8]) -> u32 {
    key.iter().fold(5381, |hash: u32, &byte| hash.wrapping_mul(33).wrapping_add(u32::from(byte)))
}

fn wt6(key: &[u8]) -> u32 {
    let (mut low, mut high) = (0xa53c_965a_u32, 0x5ca6_953a_u32);
    let (mut left, mut right) = (6, 18);
    for &byte in key {
        let byte = u32::from(byte);
        (low, high) = ((!high.wrapping_add(byte)).rotate_left(left), (!(low ^ byte)).rotate_left(right));
        let steps = ((low >> 16) ^ high) & 0xffff;
        (left, right) = (steps & 31, steps >> 11);
    }
    low ^ high
}

fn crc32(key: &[u8]) -> u32 {
    !key.iter().fold(!0, |crc: u32, &byte| (crc >> 8) ^ CRC[usize::from(crc as u8 ^ byte)])
}

/// Remainders of each byte by the polynomial of IEEE 802.3, bits reversed.
const CRC: [u32; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut crc = byte as u32;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 };
            bit += 1;
        }
        table[byte] = crc;
        byte += 1;
    }
    table
};

/// The number that the key starts with, of which the lowest 32 bits count; 0 where it starts with none.
fn number(key: &[u8]) -> u32 {
    let digits = key.iter().map_while(|byte| char::from(*byte).to_digit(10));
    digits.fold(0, |number: u32, digit| number.wrapping_mul(10).wrapping_add(digit))
}

#[cfg(test)]
mod tests;
