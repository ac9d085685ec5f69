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
const LOWS: u64 = !HIGHS;

/// High bit set in the first byte of `word` that is below `bound` or DEL, and perhaps in some behind it.
/// Bytes from 0x80 up never are.
const fn below_or_del(word: u64, bound: u8) -> u64 {
    let below = word.wrapping_sub(ONES * bound as u64);
    let del = (word ^ (ONES * 0x7f)).wrapping_sub(ONES);
    (below | del) & !word & HIGHS
}

/// High bit set in the first byte of `word` that is `byte`, and perhaps in some behind it.
const fn equal(word: u64, byte: u8) -> u64 {
    let folded = word ^ (ONES * byte as u64);
    folded.wrapping_sub(ONES) & !folded & HIGHS
}

/// High bit set in exactly the bytes of `word` that are neither a letter nor `-`.
const fn no_letter_or_dash(word: u64) -> u64 {
    // All sums stay below 0x100 per byte, so nothing carries into a neighbour.
    let lower = (word | (ONES * 0x20)) & LOWS;
    let letter = (lower + ONES * (0x80 - b'a' as u64)) & !(lower + ONES * (0x7f - b'z' as u64));
    let no_dash = (((word & LOWS) ^ (ONES * b'-' as u64)) + LOWS) | word;
    (!letter & no_dash | word) & HIGHS
}

/// The eight bytes from `at` on, if there are so many.
fn word(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..)?.first_chunk::<8>().map(|chunk| u64::from_le_bytes(*chunk))
}

fn first(stops: u64) -> usize {
    (stops.trailing_zeros() / 8) as usize
}

/// Offset, from `from` on, of the first byte that is no token byte, or the length of `bytes`.
pub(super) fn token_end(bytes: &[u8], from: usize) -> usize {
    let mut at = from;
    // Most names are letters and dashes; the table decides about what else there is.
    while let Some(word) = word(bytes, at) {
        let stops = no_letter_or_dash(word);
        if stops == 0 {
            at += 8;
            continue;
        }
        at += first(stops);
        match bytes.get(at) {
            Some(b':') => return at,
            Some(&byte) if is_token(byte) => at += 1,
            _ => return at,
        }
    }
    let rest = bytes.get(at..).unwrap_or_default();
    at + rest.iter().position(|&byte| !is_token(byte)).unwrap_or(rest.len())
}

/// Offset, from `from` on, of the first byte that no request-target may have, or the length of `bytes`.
pub(super) fn target_end(bytes: &[u8], from: usize) -> usize {
    let mut at = from;
    while let Some(word) = word(bytes, at) {
        let stops = below_or_del(word, 0x21) | equal(word, b'#') | (word & HIGHS);
        if stops != 0 {
            return at + first(stops);
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
    while let Some(word) = word(bytes, at) {
        let stops = below_or_del(word, 0x20);
        if stops == 0 {
            at += 8;
            continue;
        }
        let stop = at + first(stops);
        if bytes.get(stop) != Some(&b'\t') {
            return stop;
        }
        at = stop + 1;
    }
    let rest = bytes.get(at..).unwrap_or_default();
    at + rest.iter().position(|&byte| !is_value(byte)).unwrap_or(rest.len())
}

/// Whether two tokens are the same name in any case. `known` has letters, digits and dashes only, for which setting
/// one bit folds the case; of token bytes no other becomes one of these by that.
pub(super) fn same_token(token: &[u8], known: &[u8]) -> bool {
    const FOLD: u64 = ONES * 0x20;
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
