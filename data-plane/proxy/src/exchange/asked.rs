//! The name that an endpoint is asked for in its handshake.

use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, LazyLock};

use sluicegate_model::tls::TlsClient;
use sluicegate_rules::{Message, Scratch, bytes};

use super::Exchange;

/// Clients have a say in names: they cannot know which of them have equal hashes.
static HASHER: LazyLock<RandomState> = LazyLock::new(RandomState::new);

/// Longer names are none (RFC 1035 section 2.3.4).
const MAX_NAME: usize = 253;

/// A name, in memory that the next exchange uses again; empty: none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Asked(String);

impl Asked {
    /// Puts down what it is for an exchange, as far as a name can be long, and one byte more.
    pub(crate) fn write<M: Message>(&mut self, client: &TlsClient, message: &M, scratch: &mut Scratch) {
        self.0.clear();
        let Some(sample) = &client.server_name else { return };
        bytes(sample, message, scratch, |value| {
            let value = value.get(..=MAX_NAME).unwrap_or(value);
            self.0.extend(String::from_utf8_lossy(value).chars().map(|letter| letter.to_ascii_lowercase()));
        });
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    pub(crate) fn name(&self) -> Option<&str> {
        Some(self.0.as_str()).filter(|name| !name.is_empty())
    }

    /// What keeps connections that asked for one name from those that asked for another; 0 for none.
    pub(crate) fn hash(&self) -> u64 {
        self.name().map_or(0, |name| HASHER.hash_one(name))
    }
}

impl Exchange {
    /// What connections to its endpoint speak; `None`: they are in clear.
    pub(crate) fn tls_client(&self) -> Option<&Arc<TlsClient>> {
        self.endpoint.as_ref()?.tls()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_apart_and_no_name_is_its_own() {
        let [a, b, none] = ["a.test", "b.test", ""].map(|name| Asked(name.to_owned()));
        assert_eq!((a.hash(), none.hash()), (a.clone().hash(), 0));
        assert!(a.hash() != b.hash() && a.hash() != 0);
        assert_eq!((a.name(), none.name()), (Some("a.test"), None));
    }
}
