//! What is worked out for each probe: values of expressions, and texts with such values in them.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;

use crate::answer::Read;
use crate::script::Particulars;

/// All that the variables of a probe hold, with their names, in bytes: what would be more is not kept.
pub const MAX_VARIABLE_BYTES: usize = 64 << 10;

/// What a format gives, in bytes: what is more is cut (HAProxy: tune.bufsize).
pub const MAX_MADE_BYTES: usize = 16 << 10;

/// An expression or a format. What it says is for [`Formulas`] to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Formula {
    /// Which one of those of its script.
    pub number: usize,
    /// Equal where it says the same.
    pub identity: Box<[u8]>,
}

/// Works formulas out.
pub trait Formulas: fmt::Debug + Send + Sync {
    /// The value of an expression; `None`: it has none.
    fn value(&self, formula: &Formula, known: &Known<'_>) -> Option<Value>;
    /// The text of a format; of one that is longer than [`MAX_MADE_BYTES`] the beginning counts.
    fn text(&self, formula: &Formula, known: &Known<'_>) -> Vec<u8>;
}

/// What a variable holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// True or false.
    Bool(bool),
    /// A number.
    Int(i64),
    /// An address.
    Ip(IpAddr),
    /// Bytes.
    Text(Box<[u8]>),
}

impl Value {
    /// As a number, where it is one or says one.
    pub fn integer(&self) -> Option<i64> {
        match self {
            Self::Bool(truth) => Some((*truth).into()),
            Self::Int(number) => Some(*number),
            Self::Ip(_) => None,
            Self::Text(text) => std::str::from_utf8(text).ok()?.parse().ok(),
        }
    }

    fn bytes(&self) -> usize {
        match self {
            Self::Bool(_) | Self::Int(_) | Self::Ip(_) => size_of::<Self>(),
            Self::Text(text) => text.len() + size_of::<Self>(),
        }
    }

    fn is_empty(&self) -> bool {
        matches!(self, Self::Text(text) if text.is_empty())
    }
}

/// What has to hold for a variable to be set (HAProxy: the conditions behind its name).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// Something set it in this probe, or would have but for another condition than this one and its opposite.
    Exists,
    /// The opposite.
    Missing,
    /// It holds a value.
    Set,
    /// It holds none.
    Unset,
    /// The new value is an empty text.
    Empty,
    /// It is none.
    Filled,
    /// The value that it holds is greater than the new one. Of others than two numbers it holds.
    Greater,
    /// It is less. Of others than two numbers it holds.
    Less,
}

impl When {
    /// Looked at before there is a place for the variable.
    fn allows_place(self, there: bool) -> bool {
        match self {
            Self::Exists => there,
            Self::Missing => !there,
            Self::Set | Self::Unset | Self::Empty | Self::Filled | Self::Greater | Self::Less => true,
        }
    }

    fn allows(self, old: Option<&Value>, new: &Value) -> bool {
        let compared = |is: fn(&i64, &i64) -> bool| match (old, new) {
            (Some(Value::Int(old)), Value::Int(new)) => is(old, new),
            _ => true,
        };
        match self {
            Self::Exists | Self::Missing => true,
            Self::Set => old.is_some(),
            Self::Unset => old.is_none(),
            Self::Empty => new.is_empty(),
            Self::Filled => !new.is_empty(),
            Self::Greater => compared(i64::gt),
            Self::Less => compared(i64::lt),
        }
    }
}

/// Variables of one probe, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Variables {
    /// Without a value: there is a place for it, and nothing was put there.
    all: BTreeMap<Box<str>, Option<Value>>,
    bytes: usize,
}

impl Variables {
    /// What it holds; `None`: nothing.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.all.get(name)?.as_ref()
    }

    pub(crate) fn set(&mut self, name: &str, value: Value, when: &[When]) {
        let there = self.all.contains_key(name);
        if !when.iter().all(|when| when.allows_place(there)) {
            return;
        }
        let allowed = when.iter().all(|when| when.allows(self.get(name), &value));
        let (kept, freed) = (self.get(name).cloned(), self.bytes_of(name));
        let value = if allowed { Some(value) } else { kept };
        let bytes = self.bytes - freed + name.len() + value.as_ref().map_or(0, Value::bytes);
        if bytes <= MAX_VARIABLE_BYTES {
            self.bytes = bytes;
            self.all.insert(name.into(), value);
        }
    }

    pub(crate) fn unset(&mut self, name: &str) {
        self.bytes -= self.bytes_of(name);
        self.all.remove(name);
    }

    fn bytes_of(&self, name: &str) -> usize {
        let held = self.all.get(name).map(|value| value.as_ref().map_or(0, Value::bytes));
        held.map_or(0, |bytes| bytes + name.len())
    }
}

/// What is known where a formula is worked out.
#[derive(Debug)]
pub struct Known<'a> {
    pub(crate) answer: &'a [u8],
    pub(crate) read: Option<Read<'a>>,
    pub(crate) variables: &'a Variables,
    pub(crate) particulars: &'a Particulars,
}

impl Known<'_> {
    /// What has come since the last thing was sent, as it came.
    pub fn answer(&self) -> &[u8] {
        self.answer
    }

    /// Status of an HTTP answer, once its head is there.
    pub fn status(&self) -> Option<u16> {
        self.read.as_ref().map(|read| read.code)
    }

    /// Version of an HTTP answer: `1.0`, `1.1`.
    pub fn version(&self) -> Option<&[u8]> {
        self.read.as_ref().map(|read| read.version)
    }

    /// Lines of a header of an HTTP answer, whatever the case of its name.
    pub fn header<'k>(&'k self, name: &'k [u8]) -> impl Iterator<Item = &'k [u8]> {
        let all = self.read.iter().flat_map(|read| &read.headers);
        all.filter(move |(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| &**value)
    }

    /// Body of an HTTP answer as far as it has come, without the framing of chunks.
    pub fn body(&self) -> Option<&[u8]> {
        self.read.as_ref().map(|read| &*read.body)
    }

    /// What a variable holds.
    pub fn variable(&self, name: &str) -> Option<&Value> {
        self.variables.get(name)
    }

    /// The endpoint that is probed.
    pub fn particulars(&self) -> &Particulars {
        self.particulars
    }
}

#[cfg(test)]
mod tests;
