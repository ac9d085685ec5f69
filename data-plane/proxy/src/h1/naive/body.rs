//! Bodies and chunks (RFC 9112 sections 6 and 7.1).

use super::{Delicate, End, Framing, Invalid, lines};

/// Names that recipients act on in heads.
const HEAD_ONLY: [&str; 14] = [
    "authorization",
    "connection",
    "content-encoding",
    "content-length",
    "content-range",
    "content-type",
    "expect",
    "host",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// The content that is there, and where the body ends.
pub(super) fn read(bytes: &[u8], framing: Framing, delicate: &mut Vec<Delicate>) -> (Vec<u8>, End) {
    match framing {
        Framing::None => (Vec::new(), End::At(0)),
        Framing::Close | Framing::Tunnel => (bytes.to_vec(), End::Later),
        Framing::Length(length) => match usize::try_from(length) {
            Ok(length) if length <= bytes.len() => (bytes[..length].to_vec(), End::At(length)),
            _ => (bytes.to_vec(), End::Later),
        },
        Framing::Chunked => {
            let mut content = Vec::new();
            let end = match chunks(bytes, &mut content, delicate) {
                Ok(Some(length)) => End::At(length),
                Ok(None) => End::Later,
                Err(invalid) => End::Never(invalid),
            };
            (content, end)
        }
    }
}

fn chunks(
    bytes: &[u8],
    content: &mut Vec<u8>,
    delicate: &mut Vec<Delicate>,
) -> Result<Option<usize>, Invalid> {
    let mut at = 0;
    loop {
        let Some((line, next)) = lines::line(bytes, at)? else { return Ok(None) };
        let size = size(line, delicate)?;
        at = next;
        if size == 0 {
            return trailers(bytes, at, delicate);
        }
        let end = usize::try_from(size).ok().and_then(|size| at.checked_add(size));
        let Some(end) = end.filter(|end| *end <= bytes.len()) else {
            content.extend_from_slice(&bytes[at..]);
            return Ok(None);
        };
        content.extend_from_slice(&bytes[at..end]);
        match bytes[end..] {
            [] | [b'\r'] => return Ok(None),
            [b'\r', b'\n', ..] => at = end + 2,
            _ => return Err(Invalid::Chunk),
        }
    }
}

/// `chunk-size [ chunk-ext ]`
fn size(line: &[u8], delicate: &mut Vec<Delicate>) -> Result<u64, Invalid> {
    let digits = line.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
    let (size, extensions) = line.split_at(digits);
    if size.is_empty() {
        return Err(Invalid::Chunk);
    }
    if size.len() > 16 {
        delicate.push(Delicate::GreatChunk);
    }
    let size = std::str::from_utf8(size).ok().and_then(|size| u64::from_str_radix(size, 16).ok());
    let mut rest = extensions;
    while !rest.is_empty() {
        rest = extension(rest, delicate).ok_or(Invalid::ChunkExtension)?;
    }
    Ok(size.unwrap_or(u64::MAX))
}

/// `BWS ";" BWS chunk-ext-name [ BWS "=" BWS chunk-ext-val ]`: what follows it.
fn extension<'a>(rest: &'a [u8], delicate: &mut Vec<Delicate>) -> Option<&'a [u8]> {
    let rest = blanks(rest, delicate).strip_prefix(b";")?;
    let rest = token(blanks(rest, delicate))?;
    let mut before_blanks = Vec::new();
    let Some(value) = blanks(rest, &mut before_blanks).strip_prefix(b"=") else { return Some(rest) };
    delicate.append(&mut before_blanks);
    let value = blanks(value, delicate);
    match value.strip_prefix(b"\"") {
        Some(quoted) => quoted_end(quoted),
        None => token(value),
    }
}

fn blanks<'a>(mut rest: &'a [u8], delicate: &mut Vec<Delicate>) -> &'a [u8] {
    while let [b' ' | b'\t', behind @ ..] = rest {
        delicate.push(Delicate::BlankInExtension);
        rest = behind;
    }
    rest
}

/// What follows the token.
fn token(rest: &[u8]) -> Option<&[u8]> {
    let length = rest.iter().take_while(|byte| lines::is_token(&[**byte])).count();
    if length == 0 { None } else { Some(&rest[length..]) }
}

/// What follows the quoted-string whose opening quote was taken (RFC 9110 section 5.6.4).
fn quoted_end(mut rest: &[u8]) -> Option<&[u8]> {
    loop {
        match rest {
            [b'"', behind @ ..] => return Some(behind),
            [b'\\', escaped, behind @ ..] if lines::is_text(*escaped) => rest = behind,
            [b'\\', ..] => return None,
            [byte, behind @ ..] if lines::is_text(*byte) => rest = behind,
            _ => return None,
        }
    }
}

fn trailers(bytes: &[u8], at: usize, delicate: &mut Vec<Delicate>) -> Result<Option<usize>, Invalid> {
    let section = lines::fields(bytes, at);
    let section =
        section.map_err(|invalid| if invalid == Invalid::FieldLine { Invalid::Trailer } else { invalid });
    let Some((fields, end)) = section? else { return Ok(None) };
    let named = |(name, _): &(Vec<u8>, Vec<u8>)| {
        HEAD_ONLY.iter().any(|forbidden| name.eq_ignore_ascii_case(forbidden.as_bytes()))
    };
    if fields.iter().any(named) {
        delicate.push(Delicate::TrailerName);
    }
    Ok(Some(end))
}
