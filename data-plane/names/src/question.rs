//! What name servers are asked.

use hickory_proto::op::{Edns, Message, Query};
use hickory_proto::rr::{Name, RecordType};

/// The kind of record that is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Want {
    /// A
    V4,
    /// AAAA
    V6,
    /// SRV
    Service,
}

/// A name that cannot be asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no name: labels have 1 to 63 bytes, all together 253 at most")]
pub struct InvalidName(String);

/// A name, and what is wanted of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    pub(crate) name: Name,
    pub(crate) want: Want,
}

impl Question {
    /// The name is taken as it is: no search list is applied.
    ///
    /// # Errors
    /// Where a label or the whole is too long or empty (RFC 1035, section 2.3.4).
    pub fn new(name: &str, want: Want) -> Result<Self, InvalidName> {
        let invalid = || InvalidName(name.chars().take(300).collect());
        let mut parsed = Name::from_ascii(name).map_err(|_| invalid())?;
        if parsed.num_labels() == 0 {
            return Err(invalid());
        }
        parsed.set_fqdn(true);
        Ok(Self { name: parsed.to_lowercase(), want })
    }

    /// The same name with another want.
    #[must_use]
    pub fn wanting(&self, want: Want) -> Self {
        Self { name: self.name.clone(), want }
    }

    /// What is wanted.
    pub fn want(&self) -> Want {
        self.want
    }

    /// The query in wire form, recursion desired. `payload_bytes`: the longest answer over UDP (RFC 6891).
    ///
    /// # Errors
    /// Where the name cannot be written.
    pub fn write(&self, id: u16, payload_bytes: u16) -> Result<Vec<u8>, InvalidName> {
        let mut message = Message::query();
        message.metadata.id = id;
        message.metadata.recursion_desired = true;
        message.add_query(Query::query(self.name.clone(), self.record_type()));
        let mut edns = Edns::new();
        edns.set_max_payload(payload_bytes);
        message.set_edns(edns);
        message.to_vec().map_err(|_| InvalidName(self.name.to_ascii()))
    }

    pub(crate) fn record_type(&self) -> RecordType {
        match self.want {
            Want::V4 => RecordType::A,
            Want::V6 => RecordType::AAAA,
            Want::Service => RecordType::SRV,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_limits() {
        let label = "a".repeat(63);
        let longest = format!("{label}.{label}.{label}.{}", "b".repeat(61));
        assert_eq!(longest.len(), 253);
        assert!(Question::new(&longest, Want::V4).unwrap().write(1, 512).is_ok());
        for name in ["", ".", "a..b", &format!("{label}a.test"), &format!("{longest}c")] {
            assert!(Question::new(name, Want::V4).is_err(), "{name}");
        }
        assert!(Question::new("_http._tcp.example.", Want::Service).is_ok());
    }

    #[test]
    fn a_query_says_what_it_wants() {
        let query = Question::new("App.test", Want::V4).unwrap().write(0x1234, 1_232).unwrap();
        let expected = [
            &[0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1][..],
            b"\x03app\x04test\x00\x00\x01\x00\x01",
            &[0, 0, 41, 0x04, 0xd0, 0, 0, 0, 0, 0, 0],
        ];
        assert_eq!(query, expected.concat());
    }
}
