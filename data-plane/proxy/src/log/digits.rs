//! Numbers as text, without a loop for the short ones that logs are full of.

use std::net::Ipv4Addr;

/// `00` to `99`.
const PAIRS: [[u8; 2]; 100] = pairs();
/// `0.` to `255.`, filled with zero bytes.
const OCTETS: [[u8; 4]; 256] = octets();

const fn pairs() -> [[u8; 2]; 100] {
    let mut pairs = [[0; 2]; 100];
    let mut number = 0;
    while number < pairs.len() {
        pairs[number] = [digit(number / 10), digit(number)];
        number += 1;
    }
    pairs
}

const fn octets() -> [[u8; 4]; 256] {
    let mut octets = [[0; 4]; 256];
    let mut number = 0;
    while number < octets.len() {
        let (hundreds, tens, ones) = (digit(number / 100), digit(number / 10), digit(number));
        octets[number] = match number {
            0..10 => [ones, b'.', 0, 0],
            10..100 => [tens, ones, b'.', 0],
            _ => [hundreds, tens, ones, b'.'],
        };
        number += 1;
    }
    octets
}

const fn digit(number: usize) -> u8 {
    b'0' + (number % 10) as u8
}

/// The last two digits of a number.
pub(super) fn pair(number: u64) -> [u8; 2] {
    PAIRS[(number % 100) as usize]
}

/// Appends a number; most have three digits at most.
#[inline]
pub(super) fn number(number: u64, out: &mut Vec<u8>) {
    match number {
        0..10 => out.push(b'0' + number as u8),
        10..100 => out.extend_from_slice(&pair(number)),
        100..1000 => out.extend_from_slice(&thousandths(number)),
        _ => long(number, out),
    }
}

/// From four digits on.
#[inline(never)]
fn long(number: u64, out: &mut Vec<u8>) {
    match number {
        0..10_000 => {
            let ([a, b], [c, d]) = (pair(number / 100), pair(number));
            out.extend_from_slice(&[a, b, c, d]);
        }
        _ => out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes()),
    }
}

/// The last three digits of a number.
pub(super) fn thousandths(number: u64) -> [u8; 3] {
    let ([_, a], [b, c]) = (pair(number / 100), pair(number));
    [a, b, c]
}

/// Appends an address.
pub(super) fn ipv4(ip: Ipv4Addr, out: &mut Vec<u8>) {
    let mut text = [0; 16];
    let mut length = 0;
    for octet in ip.octets() {
        // What is too much of the four is overwritten by the next.
        text[length..length + 4].copy_from_slice(&OCTETS[usize::from(octet)]);
        length += match octet {
            0..10 => 2,
            10..100 => 3,
            _ => 4,
        };
    }
    out.extend_from_slice(&text[..length - 1]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_every_length_are_those_of_the_standard_library() {
        let powers = (0..20).map(|power| 10_u64.pow(power));
        let near = powers.flat_map(|power| [power - 1, power, power + 1, power + power / 2]);
        for expected in near.chain([65_535, u64::MAX]) {
            let mut out = b"x".to_vec();
            number(expected, &mut out);
            assert_eq!(String::from_utf8(out).unwrap(), format!("x{expected}"));
        }
        assert_eq!((thousandths(1_000), thousandths(7), thousandths(987)), (*b"000", *b"007", *b"987"));
    }

    #[test]
    fn addresses_are_those_of_the_standard_library() {
        for octet in 0..=u8::MAX {
            for ip in [Ipv4Addr::from([octet, 0, 99, 10]), Ipv4Addr::from([9, 100, 255, octet])] {
                let mut out = Vec::new();
                ipv4(ip, &mut out);
                assert_eq!(String::from_utf8(out).unwrap(), ip.to_string());
            }
        }
    }
}
