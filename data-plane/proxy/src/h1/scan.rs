//! Byte classes and the searches for the first byte outside of one, eight bytes at a time.

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

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGHS: u64 = 0x8080_8080_8080_8080;

/// High bit set in the lowest byte of `word` below `bound` (bytes from 0x80 up never are), and perhaps above it.
const fn below(word: u64, bound: u8) -> u64 {
    word.wrapping_sub(ONES * bound as u64) & !word & HIGHS
}

const fn equal(word: u64, byte: u8) -> u64 {
    let folded = word ^ (ONES * byte as u64);
    folded.wrapping_sub(ONES) & !folded & HIGHS
}

/// Offset, from `from` on, of the first byte that is no token byte, or the length of `bytes`.
pub(super) fn token_end(bytes: &[u8], from: usize) -> usize {
    let rest = bytes.get(from..).unwrap_or_default();
    from + rest.iter().position(|&byte| !is_token(byte)).unwrap_or(rest.len())
}

/// Offset, from `from` on, of the first byte that no request-target may have, or the length of `bytes`.
pub(super) fn target_end(bytes: &[u8], from: usize) -> usize {
    let mut at = from;
    while let Some(chunk) = bytes.get(at..).and_then(<[u8]>::first_chunk::<8>) {
        let word = u64::from_le_bytes(*chunk);
        let stops = below(word, 0x21) | equal(word, 0x7f) | equal(word, b'#') | (word & HIGHS);
        if stops != 0 {
            return at + (stops.trailing_zeros() / 8) as usize;
        }
        at += 8;
    }
    let rest = bytes.get(at..).unwrap_or_default();
    at + rest.iter().position(|&byte| !is_target(byte)).unwrap_or(rest.len())
}

/// Offset, from `from` on, of the first byte that no field value may have (so of the CR that ends it), or the
/// length of `bytes`.
pub(super) fn value_end(bytes: &[u8], from: usize) -> usize {
    let mut at = from;
    while let Some(chunk) = bytes.get(at..).and_then(<[u8]>::first_chunk::<8>) {
        let word = u64::from_le_bytes(*chunk);
        let stops = below(word, 0x20) | equal(word, 0x7f);
        if stops == 0 {
            at += 8;
            continue;
        }
        let stop = at + (stops.trailing_zeros() / 8) as usize;
        if bytes.get(stop) != Some(&b'\t') {
            return stop;
        }
        at = stop + 1;
    }
    let rest = bytes.get(at..).unwrap_or_default();
    at + rest.iter().position(|&byte| !is_value(byte)).unwrap_or(rest.len())
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
