//! Byte classes and the searches for the first byte outside of one, sixteen bytes at a time.

use wide::u8x16;

const TOKEN: u8 = 1;
const TARGET: u8 = 2;
const VALUE: u8 = 4;
const HOST: u8 = 8;

/// One look-up for all classes. Built from RFC 9110 section 5.6.2 (token), section 5.5 (field-vchar, SP, HTAB,
/// obs-text) and RFC 3986 section 3.2.2 (reg-name).
static CLASS: [u8; 256] = classes();

const fn classes() -> [u8; 256] {
    let mut table = [0; 256];
    let mut at = 0;
    while at < 256 {
        let byte = at as u8;
        let alphanumeric = byte.is_ascii_alphanumeric();
        if alphanumeric
            || matches!(
                byte,
                b'!' | b'#'
                    | b'$'
                    | b'%'
                    | b'&'
                    | b'\''
                    | b'*'
                    | b'+'
                    | b'-'
                    | b'.'
                    | b'^'
                    | b'_'
                    | b'`'
                    | b'|'
                    | b'~'
            )
        {
            table[at] |= TOKEN;
        }
        if byte > 0x20 && byte < 0x7f && byte != b'#' {
            table[at] |= TARGET;
        }
        if byte == b'\t' || (byte >= 0x20 && byte != 0x7f) {
            table[at] |= VALUE;
        }
        // `%` is left out: its two hex digits are checked apart.
        if alphanumeric
            || matches!(
                byte,
                b'-' | b'.'
                    | b'_'
                    | b'~'
                    | b'!'
                    | b'$'
                    | b'&'
                    | b'\''
                    | b'('
                    | b')'
                    | b'*'
                    | b'+'
                    | b','
                    | b';'
                    | b'='
            )
        {
            table[at] |= HOST;
        }
        at += 1;
    }
    table
}

pub(super) fn is_token(byte: u8) -> bool {
    CLASS[usize::from(byte)] & TOKEN != 0
}

pub(super) fn is_target(byte: u8) -> bool {
    CLASS[usize::from(byte)] & TARGET != 0
}

pub(super) fn is_value(byte: u8) -> bool {
    CLASS[usize::from(byte)] & VALUE != 0
}

pub(super) fn is_host(byte: u8) -> bool {
    CLASS[usize::from(byte)] & HOST != 0
}

/// Sixteen neighbouring bytes. Questions are answered with a bit for each of them, the lowest for the first.
#[derive(Clone, Copy)]
struct Block(u8x16);

impl Block {
    const BYTES: usize = 16;

    /// Bytes that no field value has, and the tab.
    fn controls(self) -> u32 {
        (self.up_to(0x1f) | self.equal(0x7f)).to_bitmask()
    }

    /// Bytes that no request-target has.
    fn no_target(self) -> u32 {
        let high = self.0.max(u8x16::splat(0x7f)).simd_eq(self.0);
        (self.up_to(b' ') | self.equal(b'#') | high).to_bitmask()
    }

    /// Bytes that are neither a letter nor `-`.
    fn no_letter_or_dash(self) -> u32 {
        let from_a = Self((self.0 | u8x16::splat(0x20)) - u8x16::splat(b'a'));
        !(from_a.up_to(b'z' - b'a') | self.equal(b'-')).to_bitmask() & 0xffff
    }

    /// Bytes that are neither a letter nor a digit, a dot nor `-`.
    fn no_plain_name(self) -> u32 {
        let letter = Self((self.0 | u8x16::splat(0x20)) - u8x16::splat(b'a')).up_to(b'z' - b'a');
        // From `-` on: `-`, `.`, `/`, digits.
        let from_dash = Self(self.0 - u8x16::splat(b'-')).up_to(b'9' - b'-');
        (!(letter | from_dash).to_bitmask() | self.equal(b'/').to_bitmask()) & 0xffff
    }

    fn up_to(self, bound: u8) -> u8x16 {
        self.0.min(u8x16::splat(bound)).simd_eq(self.0)
    }

    fn equal(self, byte: u8) -> u8x16 {
        self.0.simd_eq(u8x16::splat(byte))
    }
}

/// Offset, from `from` on, of the first byte that no token can have, or the length of `bytes`.
pub(super) fn token_end(bytes: &[u8], from: usize) -> usize {
    // Most names are letters and dashes; the table decides about what else there is.
    search(bytes, from, Block::no_letter_or_dash, is_token)
}

/// Offset, from `from` on, of the first byte that is neither a letter nor a digit, a dot nor `-`, or the length of
/// `bytes`.
pub(super) fn plain_name_end(bytes: &[u8], from: usize) -> usize {
    search(bytes, from, Block::no_plain_name, |byte| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-')
    })
}

/// Offset, from `from` on, of the first byte that no request-target may have, or the length of `bytes`.
pub(super) fn target_end(bytes: &[u8], from: usize) -> usize {
    search(bytes, from, Block::no_target, is_target)
}

/// Offset, from `from` on, of the first byte that no field value may have (so of the CR that ends it), or the
/// length of `bytes`.
pub(super) fn value_end(bytes: &[u8], from: usize) -> usize {
    search(bytes, from, Block::controls, is_value)
}

/// Offset, from `from` on, of the first byte outside of `class`, or the length of `bytes`. `stops` tells bytes that may
/// be outside of it, and leaves none out.
#[inline(always)]
fn search(bytes: &[u8], from: usize, stops: fn(Block) -> u32, class: fn(u8) -> bool) -> usize {
    let mut rest = bytes.get(from..).unwrap_or_default();
    while let Some((block, behind)) = rest.split_first_chunk::<{ Block::BYTES }>() {
        let stops = stops(Block(u8x16::new(*block)));
        if stops == 0 {
            rest = behind;
            continue;
        }
        let stop = stops.trailing_zeros() as usize % Block::BYTES;
        if !class(block[stop]) {
            return bytes.len() - rest.len() + stop;
        }
        rest = rest.get(stop + 1..).unwrap_or_default();
    }
    let stop = rest.iter().position(|&byte| !class(byte)).unwrap_or(rest.len());
    bytes.len() - rest.len() + stop
}

/// Whether two tokens are the same name in any case. `known` has letters, digits and dashes only, for which setting
/// one bit folds the case; of token bytes no other becomes one of these by that.
pub(super) fn same_token(token: &[u8], known: &[u8]) -> bool {
    const FOLD: u64 = 0x2020_2020_2020_2020;
    fn chunk<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
        bytes.get(at..)?.first_chunk().copied()
    }
    let length = token.len();
    if length != known.len() {
        return false;
    }
    let Some(last) = length.checked_sub(8) else {
        return match length.checked_sub(4) {
            Some(last) => [0, last].into_iter().all(|at| {
                let word = |bytes| chunk(bytes, at).map(|word| u64::from(u32::from_le_bytes(word)) | FOLD);
                word(token) == word(known)
            }),
            None => token.iter().zip(known).all(|(left, right)| left | 0x20 == right | 0x20),
        };
    };
    // The last word may overlap the one before it.
    let mut at = 0;
    loop {
        let word = |bytes| chunk(bytes, at).map(|word| u64::from_le_bytes(word) | FOLD);
        if word(token) != word(known) {
            return false;
        }
        if at == last {
            return true;
        }
        at = last.min(at + 8);
    }
}

/// Whether every byte may stand in a field value.
pub(super) fn is_field_value(bytes: &[u8]) -> bool {
    value_end(bytes, 0) == bytes.len()
}

/// Whether `bytes` is a token (RFC 9110 section 5.6.2).
pub(super) fn is_field_name(bytes: &[u8]) -> bool {
    !bytes.is_empty() && token_end(bytes, 0) == bytes.len()
}

/// The members of a comma-separated list (RFC 9110 section 5.6.1), blanks trimmed, empty members left out.
pub(super) fn list(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value.split(|&byte| byte == b',').map(<[u8]>::trim_ascii).filter(|member| !member.is_empty())
}
