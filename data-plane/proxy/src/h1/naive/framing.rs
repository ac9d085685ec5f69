//! How a body ends (RFC 9112 section 6.3).

use super::{Delicate, Invalid, Role, Start, lines, values};

/// How the bytes behind a head are delimited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// There is none.
    None,
    /// So many bytes.
    Length(u64),
    /// Chunks.
    Chunked,
    /// All up to the end of the connection.
    Close,
    /// Another protocol.
    Tunnel,
}

/// What a response depends on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// With HEAD.
    pub head: bool,
    /// With CONNECT.
    pub connect: bool,
    /// For another protocol.
    pub upgrade: bool,
}

pub(super) fn of(
    start: &Start,
    minor: u8,
    fields: &[(Vec<u8>, Vec<u8>)],
    role: Role,
    delicate: &mut Vec<Delicate>,
) -> Result<Framing, Invalid> {
    let length = content_length(fields, delicate)?;
    let chunked = transfer_encoding(fields, role, delicate)?;
    if chunked.is_some() && (length.is_some() || minor == 0) {
        return Err(Invalid::TransferEncoding);
    }
    let declared = match (chunked, length) {
        (Some(true), _) => Some(Framing::Chunked),
        (Some(false), _) => Some(Framing::Close),
        (None, Some(0)) => Some(Framing::None),
        (None, Some(length)) => Some(Framing::Length(length)),
        (None, None) => None,
    };
    match (start, role) {
        (Start::Response(101, _), Role::Response(asked)) if !asked.upgrade => Err(Invalid::UnaskedUpgrade),
        (Start::Response(101, _), _) => Ok(Framing::Tunnel),
        (Start::Response(200..=299, _), Role::Response(Asked { connect: true, .. })) => Ok(Framing::Tunnel),
        (Start::Response(100..=199 | 204 | 304, _), _)
        | (Start::Response(..), Role::Response(Asked { head: true, .. })) => Ok(Framing::None),
        (Start::Response(..), _) => Ok(declared.unwrap_or(Framing::Close)),
        (Start::Request(method, _), _) => {
            let framing = declared.unwrap_or(Framing::None);
            let old = minor == 0 && [&b"GET"[..], b"HEAD", b"DELETE"].contains(&method.as_slice());
            if framing != Framing::None && (old || method == b"CONNECT") {
                delicate.push(Delicate::UnexpectedBody);
            }
            Ok(framing)
        }
    }
}

fn content_length(
    fields: &[(Vec<u8>, Vec<u8>)],
    delicate: &mut Vec<Delicate>,
) -> Result<Option<u64>, Invalid> {
    let given: Vec<&[u8]> = values(fields, "content-length").collect();
    let value = match given[..] {
        [] => return Ok(None),
        [value] => value,
        // A recipient may take equal ones for one. We never do.
        _ => return Err(Invalid::ContentLength),
    };
    if value.is_empty() || !value.iter().all(u8::is_ascii_digit) {
        return Err(Invalid::ContentLength);
    }
    let number = std::str::from_utf8(value).ok().and_then(|value| value.parse::<u64>().ok());
    if value.len() > 19 || number.is_none_or(|number| number >= 1 << 63) {
        delicate.push(Delicate::GreatLength);
    }
    Ok(Some(number.unwrap_or(u64::MAX)))
}

/// Whether `chunked` is the last coding. `None` without the field.
fn transfer_encoding(
    fields: &[(Vec<u8>, Vec<u8>)],
    role: Role,
    delicate: &mut Vec<Delicate>,
) -> Result<Option<bool>, Invalid> {
    let given: Vec<&[u8]> = values(fields, "transfer-encoding").collect();
    let value = match given[..] {
        [] => return Ok(None),
        [value] => value,
        // One list over several lines is legal; recipients that look at one line only are not rare.
        _ => return Err(Invalid::TransferEncoding),
    };
    let members: Vec<&[u8]> = value.split(|byte| *byte == b',').map(lines::trim).collect();
    let codings: Vec<&[u8]> = members.iter().copied().filter(|member| !member.is_empty()).collect();
    let chunked = codings.iter().filter(|coding| coding.eq_ignore_ascii_case(b"chunked")).count();
    let last = codings.last().is_some_and(|coding| coding.eq_ignore_ascii_case(b"chunked"));
    if codings.is_empty() || chunked > 1 || (!last && (chunked > 0 || role == Role::Request)) {
        return Err(Invalid::TransferEncoding);
    }
    if members.len() > 1 || !last {
        delicate.push(Delicate::Codings);
    }
    Ok(Some(last))
}
