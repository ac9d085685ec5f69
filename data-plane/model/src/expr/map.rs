use std::net::IpAddr;

use sluicegate_proto::catalog::ValueType;

use super::Lookup;

/// A converter that looks its value up (HAProxy: map and its like). Equal ones of one Runtime are one value.
#[derive(Debug)]
pub struct Map {
    /// Type that it takes.
    pub takes: ValueType,
    /// Finds the entry.
    pub lookup: Lookup,
    /// What entries give, by their place.
    pub outputs: Outputs,
    /// What there is without an entry; `None`: nothing.
    pub default: Option<Output>,
}

/// What the entries of a map give: all of one type.
#[derive(Debug)]
pub enum Outputs {
    /// Their values, or their keys.
    Text(Box<[Box<[u8]>]>),
    /// Values with `\0` to `\9` for what the groups of the expression matched.
    Template(Box<[Box<[u8]>]>),
    /// Numbers.
    Int(Box<[i64]>),
    /// Addresses.
    Ip(Box<[IpAddr]>),
}

/// What a map gives where it has no entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// Text.
    Text(Box<[u8]>),
    /// A number.
    Int(i64),
    /// An address.
    Ip(IpAddr),
}

impl PartialEq for Map {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

impl Eq for Map {}

impl Map {
    /// Type that it makes.
    pub fn yields(&self) -> ValueType {
        match self.outputs {
            Outputs::Text(_) | Outputs::Template(_) => ValueType::Str,
            Outputs::Int(_) => ValueType::Int,
            Outputs::Ip(_) => ValueType::Ip,
        }
    }
}
