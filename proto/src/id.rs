//! Identity of an object, owned and cheap to clone.

use std::fmt;
use std::sync::Arc;

use crate::limits::{MAX_NAME_BYTES, MAX_PROVIDER_BYTES};
use crate::v1::{Kind, ObjectId};

/// Provider, namespace, kind and name of one object: what names it in maps, logs and reports through its whole life.
///
/// A clone is a reference count. Displays as `provider/namespace/kind/name`, without the namespace where it is empty.
/// The order is that of its parts, first to last.
///
/// One text holds all parts, so that comparing two keys, which maps of a large configuration do millions of times,
/// reads one stretch of memory each: `provider NUL namespace NUL`, the kind as a character, and the name. No part has
/// control characters, so that the order of the texts is that of the parts.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectKey(Arc<str>);

/// Ends the provider and the namespace.
const END: char = '\0';

/// An identity that no object may have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidId {
    /// No provider.
    #[error("the id names no provider")]
    NoProvider,
    /// No name.
    #[error("the id has no name")]
    NoName,
    /// UNSPECIFIED or unknown to this build.
    #[error("the id has kind {0}, which this version does not know")]
    Kind(i32),
    /// A part over its limit.
    #[error("the {part} of the id is {bytes} bytes long, the limit is {limit}")]
    TooLong {
        /// provider, namespace or name.
        part: &'static str,
        /// Length found.
        bytes: usize,
        /// Length allowed.
        limit: usize,
    },
    /// A control character, which would break log lines and terminals.
    #[error("the {part} of the id has a control character: {value:?}")]
    Control {
        /// provider, namespace or name.
        part: &'static str,
        /// The whole part.
        value: String,
    },
}

impl ObjectKey {
    /// Makes the key of an object.
    ///
    /// # Errors
    /// Where a part is missing, over its limit, or has a control character.
    pub fn new(provider: &str, namespace: &str, kind: Kind, name: &str) -> Result<Self, InvalidId> {
        if provider.is_empty() {
            return Err(InvalidId::NoProvider);
        }
        if name.is_empty() {
            return Err(InvalidId::NoName);
        }
        if kind == Kind::Unspecified {
            return Err(InvalidId::Kind(kind as i32));
        }
        checked("provider", provider, MAX_PROVIDER_BYTES)?;
        checked("namespace", namespace, MAX_NAME_BYTES)?;
        checked("name", name, MAX_NAME_BYTES)?;
        let kind = u8::try_from(kind as i32).map_err(|_| InvalidId::Kind(kind as i32))?;
        let mut text = String::with_capacity(provider.len() + namespace.len() + name.len() + 4);
        text.push_str(provider);
        text.push(END);
        text.push_str(namespace);
        text.push(END);
        text.push(kind.into());
        text.push_str(name);
        Ok(Self(text.into()))
    }

    /// Provider, namespace, and the rest: the kind's character and the name.
    fn parts(&self) -> (&str, &str, &str) {
        let (provider, rest) = cut(&self.0);
        let (namespace, rest) = cut(rest);
        (provider, namespace, rest)
    }

    /// haproxy, docker, entrypoint ...
    pub fn provider(&self) -> &str {
        self.parts().0
    }

    /// Empty where the provider has one space of names.
    pub fn namespace(&self) -> &str {
        self.parts().1
    }

    /// What kind of object; never UNSPECIFIED.
    pub fn kind(&self) -> Kind {
        let kind = self.parts().2.chars().next().map_or(0, |kind| kind as i32);
        Kind::try_from(kind).unwrap_or(Kind::Unspecified)
    }

    /// The name that people gave it.
    pub fn name(&self) -> &str {
        let rest = self.parts().2;
        let kind = rest.chars().next().map_or(0, char::len_utf8);
        rest.get(kind..).unwrap_or_default()
    }
}

/// At the first [`END`]. Byte by byte: parts are short, and each line of a log asks for some.
fn cut(text: &str) -> (&str, &str) {
    let at = text.bytes().position(|byte| char::from(byte) == END);
    at.and_then(|at| Some((text.get(..at)?, text.get(at + END.len_utf8()..)?))).unwrap_or_default()
}

fn checked(part: &'static str, value: &str, limit: usize) -> Result<(), InvalidId> {
    if value.len() > limit {
        return Err(InvalidId::TooLong { part, bytes: value.len(), limit });
    }
    if value.chars().any(char::is_control) {
        return Err(InvalidId::Control { part, value: value.to_owned() });
    }
    Ok(())
}

impl TryFrom<&ObjectId> for ObjectKey {
    type Error = InvalidId;

    fn try_from(id: &ObjectId) -> Result<Self, InvalidId> {
        let kind = Kind::try_from(id.kind).map_err(|_| InvalidId::Kind(id.kind))?;
        Self::new(&id.provider, &id.namespace, kind, &id.name)
    }
}

impl From<&ObjectKey> for ObjectId {
    fn from(key: &ObjectKey) -> Self {
        Self {
            provider: key.provider().to_owned(),
            namespace: key.namespace().to_owned(),
            kind: key.kind() as i32,
            name: key.name().to_owned(),
        }
    }
}

/// The word for a kind in messages and ids.
pub fn kind_word(kind: Kind) -> &'static str {
    match kind {
        Kind::Unspecified => "unspecified",
        Kind::Process => "process",
        Kind::Listener => "listener",
        Kind::Frontend => "frontend",
        Kind::Route => "route",
        Kind::Backend => "backend",
        Kind::Endpoint => "endpoint",
        Kind::Blob => "blob",
        Kind::Patterns => "patterns",
        Kind::Resolvers => "resolvers",
        Kind::Cache => "cache",
    }
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/", self.provider())?;
        if !self.namespace().is_empty() {
            write!(f, "{}/", self.namespace())?;
        }
        write!(f, "{}/{}", kind_word(self.kind()), self.name())
    }
}

impl fmt::Debug for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests;
