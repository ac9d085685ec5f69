//! Lines and field lines (RFC 9112 sections 2.2 and 5).

use super::Invalid;

/// Fields, and where what follows the empty line starts.
type Fields = (Vec<(Vec<u8>, Vec<u8>)>, usize);

/// The line at `at` without its CRLF, and where the next one starts. `None` while it does not end.
pub(super) fn line(bytes: &[u8], at: usize) -> Result<Option<(&[u8], usize)>, Invalid> {
    let Some(length) = bytes[at..].iter().position(|byte| *byte == b'\n') else { return Ok(None) };
    let Some(line) = bytes[at..at + length].strip_suffix(b"\r") else { return Err(Invalid::BareLineFeed) };
    if line.contains(&b'\r') { Err(Invalid::BareCarriageReturn) } else { Ok(Some((line, at + length + 1))) }
}

/// Field lines from `at` on up to the empty line.
pub(super) fn fields(bytes: &[u8], at: usize) -> Result<Option<Fields>, Invalid> {
    let (mut fields, mut at) = (Vec::new(), at);
    loop {
        let Some((line, next)) = line(bytes, at)? else { return Ok(None) };
        if line.is_empty() {
            return Ok(Some((fields, next)));
        }
        fields.push(field(line).ok_or(Invalid::FieldLine)?);
        at = next;
    }
}

/// `field-name ":" OWS field-value OWS`
fn field(line: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let colon = line.iter().position(|byte| *byte == b':')?;
    let (name, value) = (&line[..colon], trim(&line[colon + 1..]));
    let sound = is_token(name) && value.iter().all(|byte| is_text(*byte));
    sound.then(|| (name.to_vec(), value.to_vec()))
}

/// Without the OWS (RFC 9110 section 5.6.3) around it.
pub(super) fn trim(mut value: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] = value {
        value = rest;
    }
    while let [rest @ .., b' ' | b'\t'] = value {
        value = rest;
    }
    value
}

/// RFC 9110 section 5.6.2.
pub(super) fn is_token(bytes: &[u8]) -> bool {
    !bytes.is_empty()
        && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte))
}

/// RFC 9110 section 5.5: VCHAR, obs-text, SP, HTAB.
pub(super) fn is_text(byte: u8) -> bool {
    matches!(byte, b'\t' | b' '..=b'~' | 0x80..=0xff)
}
