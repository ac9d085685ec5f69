//! Who is at the other end of a mutually authenticated connection: the contract between certificates and Scopes.
//!
//! A certificate carries its holder's parts as URIs in its subjectAltName: `sluicegate://control` for a control plane,
//! `sluicegate://operator` for a person or program that reads the status, `sluicegate://scope/NAME` for a proxy of that
//! Scope. Whether the certificate is genuine is the TLS library's question, asked before this one.

use std::fmt;

/// Longest name of a Scope.
pub const MAX_SCOPE_BYTES: usize = 64;
/// The Scope of a proxy that names none.
pub const DEFAULT_SCOPE: &str = "default";

const SCHEME: &str = "sluicegate://";

/// One part that a certificate's holder may play. Displays as its URI.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Identity {
    /// Serves snapshots.
    Control,
    /// Reads the status of all Scopes.
    Operator,
    /// Receives the snapshots of this Scope.
    Scope(String),
}

impl Identity {
    /// Reads a URI; `None` where it is none of Sluicegate's.
    pub fn from_uri(uri: &str) -> Option<Self> {
        match uri.strip_prefix(SCHEME)? {
            "control" => Some(Self::Control),
            "operator" => Some(Self::Operator),
            path => {
                let scope = path.strip_prefix("scope/")?;
                is_scope(scope).then(|| Self::Scope(scope.to_owned()))
            }
        }
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Control => write!(f, "{SCHEME}control"),
            Self::Operator => write!(f, "{SCHEME}operator"),
            Self::Scope(scope) => write!(f, "{SCHEME}scope/{scope}"),
        }
    }
}

/// Whether `name` may name a Scope: 1 to 64 letters, digits, dots, dashes and underscores of ASCII.
pub fn is_scope(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    (1..=MAX_SCOPE_BYTES).contains(&name.len()) && name.bytes().all(allowed)
}

/// The parts of the holder of a certificate (DER). Empty where it has none, or the bytes are no certificate.
pub fn of_certificate(certificate: &[u8]) -> Vec<Identity> {
    let mut found = Vec::new();
    if let Some(mut names) = alternative_names(certificate) {
        while let Some((tag, name)) = element(&mut names) {
            // GeneralName: uniformResourceIdentifier [6] IA5String (RFC 5280, section 4.2.1.6)
            if tag == 0x86 {
                found.extend(std::str::from_utf8(name).ok().and_then(Identity::from_uri));
            }
        }
    }
    found
}

const SEQUENCE: u8 = 0x30;
const OBJECT_IDENTIFIER: u8 = 0x06;
const OCTET_STRING: u8 = 0x04;
/// `extensions [3] EXPLICIT` of TBSCertificate (RFC 5280, section 4.1).
const EXTENSIONS: u8 = 0xa3;
/// id-ce-subjectAltName, 2.5.29.17.
const SUBJECT_ALT_NAME: [u8; 3] = [0x55, 0x1d, 0x11];

/// The content of GeneralNames.
fn alternative_names(mut certificate: &[u8]) -> Option<&[u8]> {
    let mut whole = of(SEQUENCE, &mut certificate)?;
    let mut to_be_signed = of(SEQUENCE, &mut whole)?;
    let mut wrapped = loop {
        let (tag, content) = element(&mut to_be_signed)?;
        if tag == EXTENSIONS {
            break content;
        }
    };
    let mut extensions = of(SEQUENCE, &mut wrapped)?;
    loop {
        let mut extension = of(SEQUENCE, &mut extensions)?;
        if of(OBJECT_IDENTIFIER, &mut extension)? != SUBJECT_ALT_NAME {
            continue;
        }
        let mut value = loop {
            let (tag, content) = element(&mut extension)?;
            if tag == OCTET_STRING {
                break content;
            }
        };
        return of(SEQUENCE, &mut value);
    }
}

fn of<'a>(wanted: u8, from: &mut &'a [u8]) -> Option<&'a [u8]> {
    element(from).filter(|(tag, _)| *tag == wanted).map(|(_, content)| content)
}

/// Takes one element off the front: its tag and content (X.690, section 8.1; definite lengths, one-byte tags).
fn element<'a>(from: &mut &'a [u8]) -> Option<(u8, &'a [u8])> {
    let (&tag, rest) = from.split_first()?;
    let (&first, mut rest) = rest.split_first()?;
    let mut length = usize::from(first);
    if first & 0x80 != 0 {
        let octets = usize::from(first & 0x7f);
        if !(1..=4).contains(&octets) || rest.len() < octets {
            return None;
        }
        let (digits, after) = rest.split_at(octets);
        length = digits.iter().fold(0, |length, &digit| length << 8 | usize::from(digit));
        rest = after;
    }
    if rest.len() < length {
        return None;
    }
    let (content, after) = rest.split_at(length);
    *from = after;
    Some((tag, content))
}

#[cfg(test)]
mod tests;
