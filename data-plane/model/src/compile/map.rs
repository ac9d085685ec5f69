//! Converters that look values up.

use std::net::IpAddr;
use std::sync::{Arc, Weak};

use prost::Message;
use sluicegate_proto::catalog::{self, ConverterSpec, Gives, ValueType, map_spec};
use sluicegate_proto::hash::ContentHash;
use sluicegate_proto::v1::{self, Match, argument};

use super::call::shown;
use super::matcher::{each_network, each_range, hexadecimal, regex, regexes, substrings};
use super::part::{Blobs, Contents, Lists, Pools};
use super::reason::Fault;
use super::scope::{Rejections, Scope};
use crate::expr::{Exact, Lookup, Map, Networks, Output, Outputs, Ranges, Ranked, Side, Words};
use crate::patterns::{Entry, ListUse, PatternList};

/// What a message says where the lists that it names hold this: equal ones mean the same.
pub(super) fn said<'a>(message: &impl Message, lists: impl Iterator<Item = &'a ContentHash>) -> ContentHash {
    let mut said = message.encode_to_vec();
    lists.for_each(|hash| said.extend_from_slice(&hash.0));
    ContentHash::of(&said)
}

/// How a converter uses the list that it names; `None`: it is none that does.
pub(super) fn used(call: &v1::Call) -> Option<ListUse> {
    let how = map_spec(&call.name)?.how;
    let gives = catalog::converter(&call.name).map(|spec| spec.yields);
    Some(ListUse { how, ignore_case: false, gives })
}

pub(super) fn map(call: &v1::Call, spec: &ConverterSpec, scope: &mut Scope<'_>) -> Option<Arc<Map>> {
    let (Some(kind), Some(used)) = (map_spec(spec.name), used(call)) else {
        return scope.fault(Fault::UnknownConverter(shown(call.name.as_bytes())));
    };
    let (hash, list) = scope.list(super::call::map_of(call), used)?;
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
    let each = kind.gives == Gives::Template;
    let lookup = lookup(used, each, &keys, scope);
    let outputs = outputs(&list, kind.gives, spec.yields, scope);
    let map = Arc::new(Map { takes: spec.takes, lookup: lookup?, outputs: outputs?, default });
    scope.pools.maps.insert(said, Arc::downgrade(&map));
    Some(map)
}

/// `each`: expressions one by one too.
fn lookup(used: ListUse, each: bool, keys: &[Vec<u8>], scope: &mut Scope<'_>) -> Option<Lookup> {
    let fold = used.ignore_case;
    Some(match used.how {
        Match::Beg => Lookup::Affixes(Ranked::new(keys, Side::Start, fold)),
        Match::End => Lookup::Affixes(Ranked::new(keys, Side::End, fold)),
        Match::Sub => Lookup::Contains(substrings(keys, fold, scope)?),
        Match::Dir => Lookup::Words(Words::new(keys, Words::PATH_DELIMITERS, fold)),
        Match::Dom => Lookup::Words(Words::new(keys, Words::DOMAIN_DELIMITERS, fold)),
        Match::Int | Match::Len => Lookup::Int(Ranges::new(&each_range(keys, scope)?)),
        Match::Ip => Lookup::Ip(Networks::new(&each_network(keys, scope)?)),
        Match::Reg => {
            let set = regexes(keys, fold, scope)?;
            let each = if each { keys } else { &[] };
            let each = scope.each("key", each, |scope, key| regex(key, fold, scope))?;
            Lookup::Regex { set, each: each.into_boxed_slice() }
        }
        Match::Bin => Lookup::Exact(Exact::new(
            &scope.each("key", keys, |scope, key| {
                hexadecimal(key).or_else(|| scope.fault(Fault::BadHex(shown(key))))
            })?,
            false,
        )),
        _ => Lookup::Exact(Exact::new(keys, fold)),
    })
}

/// The entry of a list that a value matches, and whether it was looked up in a table: else entries are compared one
/// after the other. What is asked on the console, once: the list is indexed for it.
pub fn find<'l>(list: &'l PatternList, used: ListUse, value: &[u8]) -> Option<Entry<'l>> {
    let keys: Vec<Vec<u8>> = list.entries().map(|entry| entry.pattern.to_vec()).collect();
    let lookup = alone(|scope| lookup(used, false, &keys, scope)).ok()?;
    let place = match used.how {
        Match::Int => lookup.find_number(number(value)?),
        Match::Len => lookup.find_number(i64::try_from(value.len()).ok()?),
        Match::Ip => lookup.find_address(address(value)?),
        _ => lookup.find(value),
    }?;
    list.entries().nth(place)
}

/// Whether an entry can stand in a list that is used so.
///
/// # Errors
/// What is wrong with its pattern, or with its value.
pub fn fits(used: ListUse, pattern: &[u8], value: &[u8]) -> Result<(), Fault> {
    alone(|scope| lookup(used, false, &[pattern.to_vec()], scope))?;
    let Some(gives) = used.gives else { return Ok(()) };
    alone(|scope| output(pattern, value, gives, scope)).map(drop)
}

/// Something compiled for itself, of no resource.
fn alone<T>(compile: impl FnOnce(&mut Scope<'_>) -> Option<T>) -> Result<T, Fault> {
    let (resource, mut pools) = (v1::Resource::default(), Pools::default());
    let (blobs, lists) = (Blobs::default(), Lists::default());
    let contents = Contents { blobs: &blobs, lists: &lists };
    let mut scope = Scope::new(&resource, &contents, &mut pools);
    let compiled = compile(&mut scope);
    let mut rejections = Rejections::default();
    scope.finish(&mut rejections);
    match (compiled, rejections.into_result()) {
        (Some(compiled), Ok(())) => Ok(compiled),
        (_, Err(mut rejected)) if !rejected.is_empty() => Err(rejected.swap_remove(0).reason.fault),
        _ => Err(Fault::NoPatterns),
    }
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
