//! Bytes that are no text.
//!
//! HAProxy takes any byte but NUL in a word: old files are often written in ISO 8859-1, and `"\xff"` gives what it says.
//! Words are text here, so a byte that is not part of UTF-8 stands in them as one character of a private range, and
//! turns into that byte again where bytes go on the wire: header values, bodies, patterns, regular expressions, formats.
//! Characters of that range in a file are taken apart into their bytes, so that nothing is taken for what it is not.

use std::borrow::Cow;

/// The character of the byte 0; only those of 0x80 and above are in use.
const BASE: u32 = 0xf700;

/// The byte that each of these characters begins with in UTF-8.
const LEAD: u8 = 0xef;

/// The character that stands for a byte; a byte of ASCII is one itself.
pub(crate) fn character(byte: u8) -> char {
    if byte.is_ascii() {
        byte.into()
    } else {
        char::from_u32(BASE + u32::from(byte)).unwrap_or(char::REPLACEMENT_CHARACTER)
    }
}

/// The byte that a character stands for.
fn byte(c: char) -> Option<u8> {
    u8::try_from(u32::from(c).checked_sub(BASE)?).ok().filter(|byte| !byte.is_ascii())
}

/// Whether a text has bytes that are none, and where the first is.
pub(crate) fn find(text: &str) -> Option<usize> {
    if !text.as_bytes().contains(&LEAD) {
        return None;
    }
    text.char_indices().find(|(_, c)| byte(*c).is_some()).map(|(at, _)| at)
}

/// Bytes as text; nothing of them is lost.
pub(crate) fn read(bytes: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(bytes)
        && find(text).is_none()
    {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(bytes.len() * 2);
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match byte(c) {
                None => out.push(c),
                Some(_) => out.extend(c.encode_utf8(&mut [0; 4]).bytes().map(character)),
            }
        }
        out.extend(chunk.invalid().iter().map(|byte| character(*byte)));
    }
    Cow::Owned(out)
}

/// The bytes that a text was read from.
pub fn bytes(text: &str) -> Cow<'_, [u8]> {
    if find(text).is_none() {
        return Cow::Borrowed(text.as_bytes());
    }
    let mut out = Vec::with_capacity(text.len());
    for c in text.chars() {
        match byte(c) {
            Some(byte) => out.push(byte),
            None => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    Cow::Owned(out)
}

/// A text where only text may stand, on the wire and in messages: what is not UTF-8 is read as ISO 8859-1.
pub(crate) fn text(text: &str) -> Cow<'_, str> {
    if find(text).is_none() {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    for chunk in bytes(text).utf8_chunks() {
        out.push_str(chunk.valid());
        out.extend(chunk.invalid().iter().map(|byte| char::from(*byte)));
    }
    Cow::Owned(out)
}

/// A text as it is drawn, character for character, so that what points at it stays below it.
pub(crate) fn drawn(text: String) -> String {
    if find(&text).is_none() {
        return text;
    }
    text.chars().map(|c| byte(c).map_or(c, char::from)).collect()
}

/// A regular expression of text alone that matches the bytes.
pub(crate) fn regex(pattern: &str) -> Cow<'_, str> {
    if find(pattern).is_none() {
        return Cow::Borrowed(pattern);
    }
    let mut out = String::with_capacity(pattern.len() + 4);
    for c in pattern.chars() {
        match byte(c) {
            Some(byte) => out.push_str(&format!("\\x{byte:02x}")),
            None => out.push(c),
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_back_as_they_were() {
        for given in
            [&b"plain"[..], "\u{e9}".as_bytes(), b"caf\xe9", b"\xff\xfe", "a\u{f7e9}b".as_bytes(), b"\xc3"]
        {
            let text = read(given);
            assert_eq!(bytes(&text), given, "{given:?}");
        }
    }

    #[test]
    fn every_byte_is_told_apart_from_every_text() {
        let all: Vec<u8> = (1..=255).collect();
        assert_eq!(*bytes(&read(&all)), *all);
        assert_eq!(find(&read("\u{f7e9}".as_bytes())), Some(0));
    }

    #[test]
    fn text_is_read_as_latin_1_where_it_is_not_utf_8() {
        assert_eq!(text(&read(b"caf\xe9")), "caf\u{e9}");
        let escaped: String = [0xc3, 0xa9].map(character).iter().collect();
        assert_eq!(text(&escaped), "\u{e9}");
        assert_eq!(drawn(escaped), "\u{c3}\u{a9}");
    }

    #[test]
    fn a_regular_expression_names_the_byte() {
        assert_eq!(regex(&read(b"[a\xe9]+")), "[a\\xe9]+");
        let built = ::regex::bytes::RegexBuilder::new(&regex(&read(b"^[a\xe9]+$"))).unicode(false).build();
        assert!(built.unwrap().is_match(b"a\xe9a"));
    }
}
