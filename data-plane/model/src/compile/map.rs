//! Converters that look values up.

use std::net::IpAddr;
use std::sync::{Arc, Weak};

use prost::Message;
use sluicegate_proto::catalog::{ConverterSpec, Gives, MapSpec, ValueType, map_spec};
use sluicegate_proto::hash::ContentHash;
use sluicegate_proto::v1::{self, Match, argument};

use super::call::shown;
use super::matcher::{each_network, each_range, regex, regexes, substrings};
use super::reason::Fault;
use super::scope::Scope;
use crate::expr::{Exact, Lookup, Map, Networks, Output, Outputs, Ranges, Ranked, Side, Words};
use crate::patterns::PatternList;

/// What a message says where the lists that it names hold this: equal ones mean the same.
pub(super) fn said<'a>(message: &impl Message, lists: impl Iterator<Item = &'a ContentHash>) -> ContentHash {
    let mut said = message.encode_to_vec();
    lists.for_each(|hash| said.extend_from_slice(&hash.0));
    ContentHash::of(&said)
}

pub(super) fn map(call: &v1::Call, spec: &ConverterSpec, scope: &mut Scope<'_>) -> Option<Arc<Map>> {
    let Some(kind) = map_spec(spec.name) else {
        return scope.fault(Fault::UnknownConverter(shown(call.name.as_bytes())));
    };
    let (hash, list) = scope.list(super::call::map_of(call))?;
    if !list.map {
        return scope.fault(Fault::NoMap(list.key.to_string()));
    }
    let said = said(call, std::iter::once(&hash));
    if let Some(map) = scope.pools.maps.get(&said).and_then(Weak::upgrade) {
        return Some(map);
    }
    let default = match call.arguments.get(1).and_then(|argument| argument.value.as_ref()) {
        Some(argument::Value::Text(text)) => Some(output(b"", text, spec.yields, scope)?),
        _ => None,
    };
    let keys: Vec<Vec<u8>> = list.entries().map(|entry| entry.pattern.to_vec()).collect();
    let lookup = lookup(kind, &keys, scope);
    let outputs = outputs(&list, kind.gives, spec.yields, scope);
    let map = Arc::new(Map { takes: spec.takes, lookup: lookup?, outputs: outputs?, default });
    scope.pools.maps.insert(said, Arc::downgrade(&map));
    Some(map)
}

fn lookup(kind: MapSpec, keys: &[Vec<u8>], scope: &mut Scope<'_>) -> Option<Lookup> {
    Some(match kind.how {
        Match::Beg => Lookup::Affixes(Ranked::new(keys, Side::Start, false)),
        Match::End => Lookup::Affixes(Ranked::new(keys, Side::End, false)),
        Match::Sub => Lookup::Contains(substrings(keys, false, scope)?),
        Match::Dir => Lookup::Words(Words::new(keys, Words::PATH_DELIMITERS, false)),
        Match::Dom => Lookup::Words(Words::new(keys, Words::DOMAIN_DELIMITERS, false)),
        Match::Int => Lookup::Int(Ranges::new(&each_range(keys, scope)?)),
        Match::Ip => Lookup::Ip(Networks::new(&each_network(keys, scope)?)),
        Match::Reg => {
            let set = regexes(keys, false, scope)?;
            let each: Option<Vec<_>> = match kind.gives {
                Gives::Template => scope.each("key", keys, |scope, key| regex(key, false, scope)),
                Gives::Value | Gives::Key => Some(Vec::new()),
            };
            Lookup::Regex { set, each: each?.into_boxed_slice() }
        }
        _ => Lookup::Exact(Exact::new(keys, false)),
    })
}

fn outputs(list: &PatternList, gives: Gives, yields: ValueType, scope: &mut Scope<'_>) -> Option<Outputs> {
    let text = |bytes: &[u8]| -> Box<[u8]> { bytes.into() };
    let entries = list.entries();
    Some(match (gives, yields) {
        (Gives::Key, _) => Outputs::Text(entries.map(|entry| text(entry.pattern)).collect()),
        (Gives::Template, _) => Outputs::Template(entries.map(|entry| text(entry.value)).collect()),
        (Gives::Value, ValueType::Int | ValueType::Bool) => {
            let numbers: Vec<_> = entries
                .map(|entry| {
                    number(entry.value).or_else(|| wrong(entry.pattern, entry.value, "a number", scope))
                })
                .collect();
            Outputs::Int(numbers.into_iter().collect::<Option<_>>()?)
        }
        (Gives::Value, ValueType::Ip) => {
            let addresses: Vec<_> = entries
                .map(|entry| {
                    address(entry.value).or_else(|| wrong(entry.pattern, entry.value, "an address", scope))
                })
                .collect();
            Outputs::Ip(addresses.into_iter().collect::<Option<_>>()?)
        }
        (Gives::Value, ValueType::Str) => Outputs::Text(entries.map(|entry| text(entry.value)).collect()),
    })
}

fn output(key: &[u8], value: &[u8], yields: ValueType, scope: &mut Scope<'_>) -> Option<Output> {
    match yields {
        ValueType::Str => Some(Output::Text(value.into())),
        ValueType::Ip => address(value).map(Output::Ip).or_else(|| wrong(key, value, "an address", scope)),
        ValueType::Int | ValueType::Bool => {
            number(value).map(Output::Int).or_else(|| wrong(key, value, "a number", scope))
        }
    }
}

fn wrong<T>(key: &[u8], value: &[u8], wanted: &'static str, scope: &mut Scope<'_>) -> Option<T> {
    scope.fault(Fault::MapValue { key: shown(key), value: shown(value), wanted })
}

fn number(text: &[u8]) -> Option<i64> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

fn address(text: &[u8]) -> Option<IpAddr> {
    std::str::from_utf8(text).ok()?.parse().ok()
}
