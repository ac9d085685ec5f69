//! Where the control plane is, as an operator writes it.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// `unix:PATH`, `https://HOST:PORT` (mutual TLS) or `http://HOST:PORT` (plain).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ControlAddress {
    /// A stream socket in the file system.
    Unix(PathBuf),
    /// TCP.
    Tcp {
        /// A name or an address, without brackets.
        host: String,
        /// Never 0.
        port: u16,
        /// Mutual TLS; else nothing is encrypted.
        tls: bool,
    },
    /// The same process ([`crate::connect::Door`]); has no written form that could be read back.
    Inside,
}

/// A text that is no address of a control plane.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no address of a control plane: write unix:PATH, https://HOST:PORT or http://HOST:PORT")]
pub struct InvalidControlAddress(String);

impl FromStr for ControlAddress {
    type Err = InvalidControlAddress;

    fn from_str(text: &str) -> Result<Self, InvalidControlAddress> {
        let invalid = || InvalidControlAddress(text.to_owned());
        if let Some(path) = text.strip_prefix("unix:").filter(|path| !path.is_empty()) {
            return Ok(Self::Unix(path.into()));
        }
        let (tls, rest) = match text.split_once("://") {
            Some(("https", rest)) => (true, rest),
            Some(("http", rest)) => (false, rest),
            _ => return Err(invalid()),
        };
        let (host, port) = rest.trim_end_matches('/').rsplit_once(':').ok_or_else(invalid)?;
        let bracketed = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        let host = match bracketed {
            Some(host) if host.parse::<std::net::Ipv6Addr>().is_ok() => host,
            None if !host.is_empty() && host.bytes().all(is_host_byte) => host,
            _ => return Err(invalid()),
        };
        let port = port.parse().ok().filter(|&port| port != 0).ok_or_else(invalid)?;
        Ok(Self::Tcp { host: host.to_owned(), port, tls })
    }
}

fn is_host_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_')
}

impl fmt::Display for ControlAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
            Self::Inside => f.write_str("this process"),
            Self::Tcp { host, port, tls } => {
                let scheme = if *tls { "https" } else { "http" };
                if host.contains(':') {
                    write!(f, "{scheme}://[{host}]:{port}")
                } else {
                    write!(f, "{scheme}://{host}:{port}")
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_come_back() {
        for text in [
            "unix:/run/sluicegate.sock",
            "https://control.example:8402",
            "http://127.0.0.1:1",
            "https://[::1]:8402",
        ] {
            assert_eq!(text.parse::<ControlAddress>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn others_are_refused() {
        for text in [
            "",
            "unix:",
            "control:8402",
            "https://control",
            "https://:8402",
            "https://a:0",
            "https://a:70000",
            "https://::1:80",
            "https://[a]:80",
            "https://a/b:80",
            "ftp://a:80",
        ] {
            assert!(text.parse::<ControlAddress>().is_err(), "{text}");
        }
    }
}
