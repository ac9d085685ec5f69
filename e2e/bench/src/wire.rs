//! As much of HTTP/1.1 as the two ends of the bench need: where a head ends, how long its body is, whether the connection
//! lives on. They talk to proxies that were started for this, so nothing more is looked at.

use memchr::memmem;

/// A complete head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Head {
    /// Bytes, with the empty line.
    pub(crate) length: usize,
    /// Of the body.
    pub(crate) content_length: u64,
    /// `Connection: close` is there.
    pub(crate) close: bool,
}

/// Why bytes are no head that the bench can use.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("'{0}' is no Content-Length")]
pub(crate) struct InvalidLength(String);

/// Reads a head from the start of `bytes`; `None` until its last byte is there.
pub(crate) fn head(bytes: &[u8]) -> Result<Option<Head>, InvalidLength> {
    let Some(end) = memmem::find(bytes, b"\r\n\r\n") else {
        return Ok(None);
    };
    let mut head = Head { length: end + 4, content_length: 0, close: false };
    for at in memchr::memchr_iter(b'\n', &bytes[..end]) {
        let line = &bytes[at + 1..end];
        if let Some(value) = field(line, b"content-length:") {
            let text = String::from_utf8_lossy(value);
            head.content_length = text.trim().parse().map_err(|_| InvalidLength(text.trim().to_owned()))?;
        } else if let Some(value) = field(line, b"connection:") {
            head.close |= value.trim_ascii().eq_ignore_ascii_case(b"close");
        }
    }
    Ok(Some(head))
}

/// The value of the line that `rest` starts with, if its name is `name`, which is in small letters and has the colon.
fn field<'a>(rest: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let (start, value) = rest.split_at_checked(name.len())?;
    // Most lines differ in their first byte.
    if start[0] | 0x20 != name[0] || !start.eq_ignore_ascii_case(name) {
        return None;
    }
    Some(&value[..memchr::memchr(b'\r', value).unwrap_or(value.len())])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_when_its_last_byte_is_there() {
        let whole = b"HTTP/1.1 200 OK\r\nServer: x\r\nContent-Length: 128\r\n\r\nbody";
        for end in 0..whole.len() - 4 {
            assert_eq!(head(&whole[..end]), Ok(None), "{end}");
        }
        assert_eq!(
            head(whole),
            Ok(Some(Head { length: whole.len() - 4, content_length: 128, close: false }))
        );
    }

    #[test]
    fn names_have_any_case_and_values_any_space() {
        let text = b"POST / HTTP/1.1\r\nCONTENT-length:16384 \r\nconnection:  Close\r\n\r\n";
        assert_eq!(head(text), Ok(Some(Head { length: text.len(), content_length: 16384, close: true })));
    }

    #[test]
    fn similar_names_are_not_taken() {
        let text = b"GET / HTTP/1.1\r\nX-Content-Length: 5\r\nConnection-Id: close\r\nConnection: keep-alive\r\n\r\n";
        assert_eq!(head(text), Ok(Some(Head { length: text.len(), content_length: 0, close: false })));
    }

    #[test]
    fn a_length_that_is_no_number_is_told() {
        assert_eq!(head(b"A\r\nContent-Length: 1x\r\n\r\n"), Err(InvalidLength("1x".to_owned())));
    }
}
