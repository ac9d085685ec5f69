//! A value on its way from a fetch through converters to a test or a format.

use std::io::Write;
use std::net::IpAddr;
use std::ops::Range;

/// Longest text that a converter makes; what is longer is cut, as HAProxy cuts at its buffer.
pub(crate) const MAX_VALUE_BYTES: usize = 64 << 10;

/// A value, its text in the message or in the buffer of a [`crate::Scratch`].
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value<'a> {
    Bool(bool),
    Int(i64),
    Ip(IpAddr),
    /// Part of the message or of the configuration.
    Text(&'a [u8]),
    /// Part of the buffer.
    Buffered(Range<usize>),
}

impl<'a> Value<'a> {
    /// As text; what is no text is written to the buffer.
    pub(crate) fn into_text(self, buffer: &mut Vec<u8>) -> Self {
        match self {
            Self::Text(_) | Self::Buffered(_) => self,
            other => {
                let start = buffer.len();
                other.write_scalar(buffer);
                Self::Buffered(start..buffer.len())
            }
        }
    }

    /// Appends the decimal or dotted form of what is no text.
    pub(crate) fn write_scalar(&self, out: &mut Vec<u8>) {
        // Writing to a Vec cannot fail.
        let _infallible = match self {
            Self::Bool(truth) => out.write_all(if *truth { b"1" } else { b"0" }),
            Self::Int(number) => write!(out, "{number}"),
            Self::Ip(ip) => write!(out, "{ip}"),
            Self::Text(_) | Self::Buffered(_) => Ok(()),
        };
    }

    /// The bytes of a text, `None` for what is none.
    pub(crate) fn bytes<'b>(&self, buffer: &'b [u8]) -> Option<&'b [u8]>
    where
        'a: 'b,
    {
        match self {
            Self::Text(text) => Some(text),
            Self::Buffered(range) => buffer.get(range.clone()),
            Self::Bool(_) | Self::Int(_) | Self::Ip(_) => None,
        }
    }

    /// As a number: truth values are 0 and 1, text has to be a number and nothing else.
    pub(crate) fn integer(&self, buffer: &[u8]) -> Option<i64> {
        match self {
            Self::Bool(truth) => Some((*truth).into()),
            Self::Int(number) => Some(*number),
            Self::Ip(_) => None,
            text => std::str::from_utf8(text.bytes(buffer)?).ok()?.parse().ok(),
        }
    }

    /// As a truth value: every number but 0 is true.
    pub(crate) fn truth(&self, buffer: &[u8]) -> Option<bool> {
        self.integer(buffer).map(|number| number != 0)
    }

    /// As an address: text has to be one and nothing else.
    pub(crate) fn address(&self, buffer: &[u8]) -> Option<IpAddr> {
        match self {
            Self::Ip(ip) => Some(*ip),
            Self::Bool(_) | Self::Int(_) => None,
            text => std::str::from_utf8(text.bytes(buffer)?).ok()?.parse().ok(),
        }
    }
}
