//! The names of the expression language: one table each of fetches, converters and log-format aliases.
//!
//! Language front ends (the configuration parser, labels, manifests) check names and arguments here, the data plane's
//! `model` maps each name to what evaluates it, and its tests hold both to the same set. A name that is not here does
//! not exist for Sluicegate; names and meanings are HAProxy's (configuration manual, parts 7.3 and 8.2.6).

mod aliases;
mod converters;
mod fetches;
mod maps;

pub use aliases::{ALIASES, AliasSpec};
pub use converters::{CONVERTERS, ConverterSpec};
pub use fetches::{CHECK_FETCHES, FETCHES, FetchSpec, Phases};
pub use maps::{Gives, MapSpec, map_spec};

use crate::v1::Match;

/// HAProxy: `option httplog`.
pub const HTTP_LOG: &str = "%ci:%cp [%tr] %ft %b/%s %TR/%Tw/%Tc/%Tr/%Ta %ST %B %CC %CS %tsc %ac/%fc/%bc/%sc/%rc %sq/%bq %hr %hs %{+Q}r";

/// HAProxy: `option tcplog`.
pub const TCP_LOG: &str = "%ci:%cp [%t] %ft %b/%s %Tw/%Tc/%Tt %B %ts %ac/%fc/%bc/%sc/%rc %sq/%bq";

/// HAProxy: a frontend in HTTP mode that logs and names no format.
pub const CONNECT_LOG_HTTP: &str = "Connect from %ci:%cp to %fi:%fp (%f/HTTP)";

/// HAProxy: a frontend in TCP mode that logs and names no format.
pub const CONNECT_LOG_TCP: &str = "Connect from %ci:%cp to %fi:%fp (%f/TCP)";

/// Type of a value between a fetch, its converters and a match.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ValueType {
    /// True or false.
    Bool,
    /// Signed, 64 bits.
    Int,
    /// An IPv4 or IPv6 address.
    Ip,
    /// Bytes, text as a rule.
    Str,
}

impl ValueType {
    /// How a test compares such a value where it says nothing else (manual 7.1.1 ff.).
    pub fn default_match(self) -> Match {
        match self {
            Self::Bool => Match::Bool,
            Self::Int => Match::Int,
            Self::Ip => Match::Ip,
            Self::Str => Match::Str,
        }
    }
}

/// What an argument is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ArgumentType {
    /// Bytes; travels as `Argument.text`.
    Text,
    /// A signed integer; travels as `Argument.integer`.
    Integer,
    /// The name of a list that is a map; travels as `Argument.list`.
    Map,
    /// The name of a backend, of the provider and namespace of the resource that has the argument; travels as
    /// `Argument.text`, as do the next two.
    Backend,
    /// The name of a frontend.
    Frontend,
    /// The names of a backend and of one of its endpoints, with a slash between them.
    Server,
}

/// One argument of a fetch or a converter. Required arguments stand before optional ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ArgumentSpec {
    /// Its name in messages and documentation.
    pub name: &'static str,
    /// How it is written.
    pub kind: ArgumentType,
    /// Whether it may be left out.
    pub required: bool,
}

const fn text(name: &'static str) -> ArgumentSpec {
    ArgumentSpec { name, kind: ArgumentType::Text, required: true }
}

const fn integer(name: &'static str) -> ArgumentSpec {
    ArgumentSpec { name, kind: ArgumentType::Integer, required: true }
}

const fn map(name: &'static str) -> ArgumentSpec {
    ArgumentSpec { name, kind: ArgumentType::Map, required: true }
}

const fn named(name: &'static str, kind: ArgumentType) -> ArgumentSpec {
    ArgumentSpec { name, kind, required: true }
}

const fn optional(argument: ArgumentSpec) -> ArgumentSpec {
    ArgumentSpec { required: false, ..argument }
}

/// The fetch of this name, `None` where there is none.
pub fn fetch(name: &str) -> Option<&'static FetchSpec> {
    FETCHES.iter().find(|spec| spec.name == name)
}

/// The fetch of this name that only health checks have, `None` where there is none.
pub fn check_fetch(name: &str) -> Option<&'static FetchSpec> {
    CHECK_FETCHES.iter().find(|spec| spec.name == name)
}

/// The converter of this name, `None` where there is none.
pub fn converter(name: &str) -> Option<&'static ConverterSpec> {
    CONVERTERS.iter().find(|spec| spec.name == name)
}

/// The log-format alias of this name (without the percent sign), `None` where there is none.
pub fn alias(name: &str) -> Option<&'static AliasSpec> {
    ALIASES.iter().find(|spec| spec.name == name)
}

/// Names whose fetch and match ACLs write as one word (`path_beg` for `path -m beg`).
const SUFFIXED: [&str; 7] = ["base", "cook", "hdr", "path", "shdr", "url", "urlp"];

/// The fetch and match that an ACL keyword such as `path_beg` or `hdr_dom` stands for, `None` where it is none.
pub fn matched_fetch(name: &str) -> Option<(&'static FetchSpec, Match)> {
    let (base, suffix) = name.rsplit_once('_')?;
    let how = match suffix {
        "beg" => Match::Beg,
        "dir" => Match::Dir,
        "dom" => Match::Dom,
        "end" => Match::End,
        "len" => Match::Len,
        "reg" => Match::Reg,
        "sub" => Match::Sub,
        _ => return None,
    };
    SUFFIXED.contains(&base).then(|| fetch(base)).flatten().map(|spec| (spec, how))
}

#[cfg(test)]
mod tests;
